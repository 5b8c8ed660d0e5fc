;; SHA-256 (FIPS 180-4).
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))
  (import "std" "swap_bytes" (func $swap_bytes (param i64) (result i64)))
  (import "std" "swap_bytes_32" (func $swap_bytes_32 (param i32) (result i32)))

  ;; The fractions of the square roots of the first primes, and of the cube roots of 64 of them.
  (global $initial i32 (i32.const 64))
  (data (i32.const 64)
    "\67\e6\09\6a\85\ae\67\bb\72\f3\6e\3c\3a\f5\4f\a5"
    "\7f\52\0e\51\8c\68\05\9b\ab\d9\83\1f\19\cd\e0\5b")
  (global $k_256 i32 (i32.const 96))
  (data (i32.const 96)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9"
    "\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55"
    "\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24"
    "\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf"
    "\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53"
    "\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7"
    "\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34"
    "\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c"
    "\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")

  ;; (data, length, 32 bytes for the hash)
  (func (export "sha256") (param $data i32) (param $length i32) (param $out i32)
    (memory.copy
      (local.get $out)
      (call $hash_256 (local.get $data) (local.get $length) (global.get $initial))
      (i32.const 32)))

  ;; The hash of $length bytes at $data, as its eight words, big-endian, at the heap's end, which
  ;; stays where it is: the caller copies what it wants of them at once. $initial are the words
  ;; that the hash begins with.
  (func $hash_256 (param $data i32) (param $length i32) (param $initial i32) (result i32)
    (local $state i32) (local $w i32) (local $tail i32) (local $left i32) (local $end i32)
    (local.set $state (call $alloc (i32.const 416)))
    (i32.store offset=0x60 (i32.const 0) (local.get $state))
    (local.set $w (i32.add (local.get $state) (i32.const 32)))
    (local.set $tail (i32.add (local.get $state) (i32.const 288)))
    (memory.copy (local.get $state) (local.get $initial) (i32.const 32))
    (local.set $left (local.get $length))
    (block $last
      (loop $again
        (br_if $last (i32.lt_u (local.get $left) (i32.const 64)))
        (call $mix_256 (local.get $state) (local.get $data) (local.get $w))
        (local.set $data (i32.add (local.get $data) (i32.const 64)))
        (local.set $left (i32.sub (local.get $left) (i32.const 64)))
        (br $again)))
    ;; what is left, a 1 bit, zeros, and the length in bits
    (memory.fill (local.get $tail) (i32.const 0) (i32.const 128))
    (memory.copy (local.get $tail) (local.get $data) (local.get $left))
    (i32.store8 (i32.add (local.get $tail) (local.get $left)) (i32.const 0x80))
    (local.set $end
      (i32.add (local.get $tail)
        (select (i32.const 64) (i32.const 128)
          (i32.lt_u (local.get $left) (i32.const 56)))))
    (i64.store (i32.sub (local.get $end) (i32.const 8))
      (call $swap_bytes (i64.shl (i64.extend_i32_u (local.get $length)) (i64.const 3))))
    (loop $again
      (call $mix_256 (local.get $state) (local.get $tail) (local.get $w))
      (local.set $tail (i32.add (local.get $tail) (i32.const 64)))
      (br_if $again (i32.lt_u (local.get $tail) (local.get $end))))
    ;; big-endian
    (local.set $end (local.get $w))
    (local.set $w (local.get $state))
    (loop $again
      (i32.store (local.get $w) (call $swap_bytes_32 (i32.load (local.get $w))))
      (local.set $w (i32.add (local.get $w) (i32.const 4)))
      (br_if $again (i32.lt_u (local.get $w) (local.get $end))))
    (local.get $state))

  ;; Mix the block of 64 bytes at $block into the eight words at $state; $w is room for 64 words.
  (func $mix_256 (param $state i32) (param $block i32) (param $w i32)
    (local $at i32) (local $end i32)
    (local $x i32) (local $y i32) (local $t i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    ;; the message schedule
    (local.set $at (local.get $w))
    (local.set $end (i32.add (local.get $w) (i32.const 64)))
    (loop $again
      (i32.store (local.get $at) (call $swap_bytes_32 (i32.load (local.get $block))))
      (local.set $block (i32.add (local.get $block) (i32.const 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $again (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $at (local.get $w))
    (local.set $end (i32.add (local.get $w) (i32.const 192)))
    (loop $again
      (local.set $x (i32.load offset=4 (local.get $at)))
      (local.set $y (i32.load offset=56 (local.get $at)))
      (i32.store offset=64 (local.get $at)
        (i32.add
          (i32.add
            (i32.load (local.get $at))
            (i32.xor
              (i32.xor
                (i32.rotr (local.get $x) (i32.const 7))
                (i32.rotr (local.get $x) (i32.const 18)))
              (i32.shr_u (local.get $x) (i32.const 3))))
          (i32.add
            (i32.load offset=36 (local.get $at))
            (i32.xor
              (i32.xor
                (i32.rotr (local.get $y) (i32.const 17))
                (i32.rotr (local.get $y) (i32.const 19)))
              (i32.shr_u (local.get $y) (i32.const 10))))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $again (i32.lt_u (local.get $at) (local.get $end))))
    ;; the rounds
    (local.set $a (i32.load offset=0 (local.get $state)))
    (local.set $b (i32.load offset=4 (local.get $state)))
    (local.set $c (i32.load offset=8 (local.get $state)))
    (local.set $d (i32.load offset=12 (local.get $state)))
    (local.set $e (i32.load offset=16 (local.get $state)))
    (local.set $f (i32.load offset=20 (local.get $state)))
    (local.set $g (i32.load offset=24 (local.get $state)))
    (local.set $h (i32.load offset=28 (local.get $state)))
    (local.set $at (i32.const 0))
    (loop $again
      (local.set $t
        (i32.add
          (i32.add
            (i32.add
              (local.get $h)
              (i32.load (i32.add (global.get $k_256) (local.get $at))))
            (i32.load (i32.add (local.get $w) (local.get $at))))
          (i32.add
            (i32.xor
              (i32.xor
                (i32.rotr (local.get $e) (i32.const 6))
                (i32.rotr (local.get $e) (i32.const 11)))
              (i32.rotr (local.get $e) (i32.const 25)))
            (i32.xor
              (local.get $g)
              (i32.and (local.get $e) (i32.xor (local.get $f) (local.get $g)))))))
      (local.set $h (local.get $g))
      (local.set $g (local.get $f))
      (local.set $f (local.get $e))
      (local.set $e (i32.add (local.get $d) (local.get $t)))
      (local.set $t
        (i32.add
          (local.get $t)
          (i32.add
            (i32.xor
              (i32.xor
                (i32.rotr (local.get $a) (i32.const 2))
                (i32.rotr (local.get $a) (i32.const 13)))
              (i32.rotr (local.get $a) (i32.const 22)))
            (i32.xor
              (i32.and (local.get $a) (local.get $b))
              (i32.and (local.get $c) (i32.xor (local.get $a) (local.get $b)))))))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (local.get $t))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 256))))
    (i32.store offset=0 (local.get $state)
      (i32.add (i32.load offset=0 (local.get $state)) (local.get $a)))
    (i32.store offset=4 (local.get $state)
      (i32.add (i32.load offset=4 (local.get $state)) (local.get $b)))
    (i32.store offset=8 (local.get $state)
      (i32.add (i32.load offset=8 (local.get $state)) (local.get $c)))
    (i32.store offset=12 (local.get $state)
      (i32.add (i32.load offset=12 (local.get $state)) (local.get $d)))
    (i32.store offset=16 (local.get $state)
      (i32.add (i32.load offset=16 (local.get $state)) (local.get $e)))
    (i32.store offset=20 (local.get $state)
      (i32.add (i32.load offset=20 (local.get $state)) (local.get $f)))
    (i32.store offset=24 (local.get $state)
      (i32.add (i32.load offset=24 (local.get $state)) (local.get $g)))
    (i32.store offset=28 (local.get $state)
      (i32.add (i32.load offset=28 (local.get $state)) (local.get $h)))))
