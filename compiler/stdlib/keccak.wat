;; Keccak-256 with its original padding, as Ethereum has it.
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))

  ;; The constants of the rounds; the offsets of lanes in the order in which they move on to one
  ;; another, and how far each is rotated.
  (global $rounds i32 (i32.const 64))
  (data (i32.const 64)
    "\01\00\00\00\00\00\00\00\82\80\00\00\00\00\00\00"
    "\8a\80\00\00\00\00\00\80\00\80\00\80\00\00\00\80"
    "\8b\80\00\00\00\00\00\00\01\00\00\80\00\00\00\00"
    "\81\80\00\80\00\00\00\80\09\80\00\00\00\00\00\80"
    "\8a\00\00\00\00\00\00\00\88\00\00\00\00\00\00\00"
    "\09\80\00\80\00\00\00\00\0a\00\00\80\00\00\00\00"
    "\8b\80\00\80\00\00\00\00\8b\00\00\00\00\00\00\80"
    "\89\80\00\00\00\00\00\80\03\80\00\00\00\00\00\80"
    "\02\80\00\00\00\00\00\80\80\00\00\00\00\00\00\80"
    "\0a\80\00\00\00\00\00\00\0a\00\00\80\00\00\00\80"
    "\81\80\00\80\00\00\00\80\80\80\00\00\00\00\00\80"
    "\01\00\00\80\00\00\00\00\08\80\00\80\00\00\00\80")
  (global $places i32 (i32.const 256))
  (data (i32.const 256)
    "\50\38\58\88\90\18\28\80\40\a8\c0\20"
    "\78\b8\98\68\60\10\a0\70\b0\48\30\08")
  (global $turns i32 (i32.const 280))
  (data (i32.const 280)
    "\01\03\06\0a\0f\15\1c\24\2d\37\02\0e"
    "\1b\29\38\08\19\2b\3e\12\27\3d\14\2c")

  ;; (data, length, 32 bytes for the hash)
  (func (export "keccak256") (param $data i32) (param $length i32) (param $out i32)
    (local $state i32) (local $last i32)
    ;; 25 lanes and the last block of 136 bytes, at the heap's end, which stays where it is
    (local.set $state (call $alloc (i32.const 336)))
    (i32.store offset=0x60 (i32.const 0) (local.get $state))
    (memory.fill (local.get $state) (i32.const 0) (i32.const 336))
    (local.set $last (i32.add (local.get $state) (i32.const 200)))
    (block $short
      (loop $again
        (br_if $short (i32.lt_u (local.get $length) (i32.const 136)))
        (call $absorb (local.get $state) (local.get $data))
        (local.set $data (i32.add (local.get $data) (i32.const 136)))
        (local.set $length (i32.sub (local.get $length) (i32.const 136)))
        (br $again)))
    (memory.copy (local.get $last) (local.get $data) (local.get $length))
    (i32.store8 (i32.add (local.get $last) (local.get $length)) (i32.const 1))
    (i32.store8 offset=135 (local.get $last)
      (i32.or (i32.load8_u offset=135 (local.get $last)) (i32.const 0x80)))
    (call $absorb (local.get $state) (local.get $last))
    (memory.copy (local.get $out) (local.get $state) (i32.const 32)))

  (func $absorb (param $state i32) (param $block i32)
    (local $at i32)
    (loop $again
      (i64.store (i32.add (local.get $state) (local.get $at))
        (i64.xor
          (i64.load (i32.add (local.get $state) (local.get $at)))
          (i64.load (i32.add (local.get $block) (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 136))))
    (call $permute (local.get $state)))

  ;; What the parities of its neighbours do to a column.
  (func $mixed (param $before i64) (param $after i64) (result i64)
    (i64.xor (local.get $before) (i64.rotl (local.get $after) (i64.const 1))))

  ;; Keccak-f[1600]
  (func $permute (param $state i32)
    (local $round i32) (local $at i32) (local $end i32) (local $i i32)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64)
    (local $t i64) (local $u i64)
    (local.set $end (i32.add (local.get $state) (i32.const 200)))
    (loop $next
      ;; theta: the parities of the five columns, mixed into every row
      (local.set $a (call $parity (local.get $state) (i32.const 0)))
      (local.set $b (call $parity (local.get $state) (i32.const 8)))
      (local.set $c (call $parity (local.get $state) (i32.const 16)))
      (local.set $d (call $parity (local.get $state) (i32.const 24)))
      (local.set $e (call $parity (local.get $state) (i32.const 32)))
      (local.set $at (local.get $state))
      (loop $row
        (i64.store offset=0 (local.get $at)
          (i64.xor (i64.load offset=0 (local.get $at))
            (call $mixed (local.get $e) (local.get $b))))
        (i64.store offset=8 (local.get $at)
          (i64.xor (i64.load offset=8 (local.get $at))
            (call $mixed (local.get $a) (local.get $c))))
        (i64.store offset=16 (local.get $at)
          (i64.xor (i64.load offset=16 (local.get $at))
            (call $mixed (local.get $b) (local.get $d))))
        (i64.store offset=24 (local.get $at)
          (i64.xor (i64.load offset=24 (local.get $at))
            (call $mixed (local.get $c) (local.get $e))))
        (i64.store offset=32 (local.get $at)
          (i64.xor (i64.load offset=32 (local.get $at))
            (call $mixed (local.get $d) (local.get $a))))
        (local.set $at (i32.add (local.get $at) (i32.const 40)))
        (br_if $row (i32.lt_u (local.get $at) (local.get $end))))
      ;; rho and pi: each lane is rotated and takes another's place
      (local.set $t (i64.load offset=8 (local.get $state)))
      (local.set $i (i32.const 0))
      (loop $lane
        (local.set $at
          (i32.add (local.get $state)
            (i32.load8_u (i32.add (global.get $places) (local.get $i)))))
        (local.set $u (i64.load (local.get $at)))
        (i64.store (local.get $at)
          (i64.rotl (local.get $t)
            (i64.load8_u (i32.add (global.get $turns) (local.get $i)))))
        (local.set $t (local.get $u))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $lane (i32.lt_u (local.get $i) (i32.const 24))))
      ;; chi: each lane changes with the two behind it in its row
      (local.set $at (local.get $state))
      (loop $row
        (local.set $a (i64.load offset=0 (local.get $at)))
        (local.set $b (i64.load offset=8 (local.get $at)))
        (local.set $c (i64.load offset=16 (local.get $at)))
        (local.set $d (i64.load offset=24 (local.get $at)))
        (local.set $e (i64.load offset=32 (local.get $at)))
        (i64.store offset=0 (local.get $at)
          (i64.xor (local.get $a)
            (i64.and (i64.xor (local.get $b) (i64.const -1)) (local.get $c))))
        (i64.store offset=8 (local.get $at)
          (i64.xor (local.get $b)
            (i64.and (i64.xor (local.get $c) (i64.const -1)) (local.get $d))))
        (i64.store offset=16 (local.get $at)
          (i64.xor (local.get $c)
            (i64.and (i64.xor (local.get $d) (i64.const -1)) (local.get $e))))
        (i64.store offset=24 (local.get $at)
          (i64.xor (local.get $d)
            (i64.and (i64.xor (local.get $e) (i64.const -1)) (local.get $a))))
        (i64.store offset=32 (local.get $at)
          (i64.xor (local.get $e)
            (i64.and (i64.xor (local.get $a) (i64.const -1)) (local.get $b))))
        (local.set $at (i32.add (local.get $at) (i32.const 40)))
        (br_if $row (i32.lt_u (local.get $at) (local.get $end))))
      ;; iota
      (i64.store (local.get $state)
        (i64.xor (i64.load (local.get $state))
          (i64.load (i32.add (global.get $rounds) (i32.shl (local.get $round) (i32.const 3))))))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $round) (i32.const 24)))))

  (func $parity (param $state i32) (param $column i32) (result i64)
    (local.set $state (i32.add (local.get $state) (local.get $column)))
    (i64.xor
      (i64.load offset=160 (local.get $state))
      (i64.xor
        (i64.xor (i64.load (local.get $state)) (i64.load offset=40 (local.get $state)))
        (i64.xor (i64.load offset=80 (local.get $state)) (i64.load offset=120 (local.get $state)))))))
