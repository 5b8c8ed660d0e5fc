;; What metering needs besides adding.
(module
  (import "env" "memory" (memory 1))
  (import "clarity" "abort" (func $abort (param i32 i64)))

  ;; Ends the transaction if reads or writes are over their limits.
  (func (export "check_storage")
    (if
      (i32.or
        (i32.or
          (i64.gt_u (i64.load offset=0x18 (i32.const 0)) (i64.load offset=0x40 (i32.const 0)))
          (i64.gt_u (i64.load offset=0x20 (i32.const 0)) (i64.load offset=0x48 (i32.const 0))))
        (i32.or
          (i64.gt_u (i64.load offset=0x28 (i32.const 0)) (i64.load offset=0x50 (i32.const 0)))
          (i64.gt_u (i64.load offset=0x30 (i32.const 0)) (i64.load offset=0x58 (i32.const 0)))))
      (then (call $abort (i32.const 8) (i64.const 0)) (unreachable))))

  ;; floor(log2 $n); 0 for 0.
  (func (export "log2_u64") (param $n i64) (result i64)
    (i64.sub (i64.const 63) (i64.clz (i64.or (local.get $n) (i64.const 1)))))

  ;; Dimension by dimension the larger of both, into $into: the least supertype of two vectors.
  (func (export "merge_dimensions") (param $into i32) (param $other i32) (param $count i32)
    (local $a i32)
    (local $b i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $a (i32.load (local.get $into)))
        (local.set $b (i32.load (local.get $other)))
        (i32.store (local.get $into)
          (select (local.get $a) (local.get $b) (i32.gt_u (local.get $a) (local.get $b))))
        (local.set $into (i32.add (local.get $into) (i32.const 4)))
        (local.set $other (i32.add (local.get $other) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $again)))))
