;; Sequences: searching them, and joining them.
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))

  ;; The index of byte $byte, -1 where there is none.
  (func (export "find_byte") (param $at i32) (param $length i32) (param $byte i32) (result i32)
    (local $i i32)
    (block $done
      (loop $again
        (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
        (if (i32.eq (i32.load8_u (i32.add (local.get $at) (local.get $i))) (local.get $byte))
          (then (return (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
    (i32.const -1))

  ;; The index of scalar value $scalar, -1 where there is none.
  (func (export "find_scalar") (param $at i32) (param $length i32) (param $scalar i32) (result i32)
    (local $i i32)
    (block $done
      (loop $again
        (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
        (if (i32.eq
              (i32.load (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 2))))
              (local.get $scalar))
          (then (return (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
    (i32.const -1))

  ;; The address of $a_size bytes at $a followed by $b_size bytes at $b. What is at $a stays where it
  ;; is if it ends at the top of the heap: nobody looks behind the end of an older, shorter view.
  (func (export "join") (param $a i32) (param $a_size i32) (param $b i32) (param $b_size i32)
    (result i32)
    (local $out i32)
    (if (i32.eqz (local.get $b_size)) (then (return (local.get $a))))
    (if (i32.eq
          (i32.add (local.get $a) (local.get $a_size))
          (i32.load offset=0x60 (i32.const 0)))
      (then
        (memory.copy (call $alloc (local.get $b_size)) (local.get $b) (local.get $b_size))
        (return (local.get $a))))
    (local.set $out (call $alloc (i32.add (local.get $a_size) (local.get $b_size))))
    (memory.copy (local.get $out) (local.get $a) (local.get $a_size))
    (memory.copy (i32.add (local.get $out) (local.get $a_size)) (local.get $b) (local.get $b_size))
    (local.get $out))

  ;; The address of $size bytes at $at, with room for $more behind them; see join for when they move.
  (func (export "grow") (param $at i32) (param $size i32) (param $more i32) (result i32)
    (local $out i32)
    (if (i32.eq
          (i32.add (local.get $at) (local.get $size))
          (i32.load offset=0x60 (i32.const 0)))
      (then
        (drop (call $alloc (local.get $more)))
        (return (local.get $at))))
    (local.set $out (call $alloc (i32.add (local.get $size) (local.get $more))))
    (memory.copy (local.get $out) (local.get $at) (local.get $size))
    (local.get $out))

  ;; The index of the first dimension of $found that is larger than that of $expected, else -1.
  (func (export "first_larger") (param $expected i32) (param $found i32) (param $count i32)
    (result i32)
    (local $at i32)
    (block $done
      (loop $again
        (br_if $done (i32.eq (local.get $at) (local.get $count)))
        (if (i32.gt_u (i32.load (local.get $found)) (i32.load (local.get $expected)))
          (then (return (local.get $at))))
        (local.set $expected (i32.add (local.get $expected) (i32.const 4)))
        (local.set $found (i32.add (local.get $found) (i32.const 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $again)))
    (i32.const -1)))
