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

  ;; $held and $size more, of memory that is let go again (HELD and KEPT in compiler/abi.py); ends
  ;; the transaction where that is over the limit. The interpreter never lets go of what was too much.
  (func (export "hold_memory") (param $size i64) (param $held i64) (result i64)
    (local.set $held (i64.add (local.get $held) (local.get $size)))
    (if
      (i64.gt_u
        (i64.add (local.get $held) (i64.load offset=0x78 (i32.const 0)))
        (i64.const 100000000))
      (then
        (i64.store offset=0x78 (i32.const 0)
          (i64.add (i64.load offset=0x78 (i32.const 0)) (local.get $size)))
        (call $abort (i32.const 13) (i64.const 0))
        (unreachable)))
    (local.get $held))

  ;; The same for an allowance of restrict-assets?, which has an error of its own, and lets go of all
  ;; that was kept since $kept.
  (func (export "hold_allowance") (param $size i64) (param $held i64) (param $kept i64) (result i64)
    (local.set $held (i64.add (local.get $held) (local.get $size)))
    (if
      (i64.gt_u
        (i64.add (local.get $held) (i64.load offset=0x78 (i32.const 0)))
        (i64.const 100000000))
      (then
        (i64.store offset=0x78 (i32.const 0) (local.get $kept))
        (call $abort (i32.const 26) (i64.const 0))
        (unreachable)))
    (local.get $held))

  ;; Keeps $size more until the transaction ends; ends it where that is over the limit.
  (func (export "keep_memory") (param $size i64) (param $held i64)
    (local $kept i64)
    (local.set $kept (i64.add (i64.load offset=0x78 (i32.const 0)) (local.get $size)))
    (i64.store offset=0x78 (i32.const 0) (local.get $kept))
    (if (i64.gt_u (i64.add (local.get $held) (local.get $kept)) (i64.const 100000000))
      (then (call $abort (i32.const 13) (i64.const 0)) (unreachable))))

  ;; floor(log2 $n); 0 for 0.
  (func (export "log2_u64") (param $n i64) (result i64)
    (i64.sub (i64.const 63) (i64.clz (i64.or (local.get $n) (i64.const 1)))))

  ;; Writes two words for each of the $count elements of a list of the dynamic type $own: what they
  ;; carry, as compiler/layout.py has it under LISTED; $dimensions are those of the list's entry.
  (func (export "fill_element_types") (param $rows i32) (param $own i32) (param $count i32)
    (param $dimensions i32)
    (local $flags i32)
    (local $row i64)
    (block $done
      (loop $before
        (br_if $done (i32.eqz (local.get $own)))
        (local.set $flags (i32.load offset=4 (local.get $own)))
        (if (i32.and (local.get $flags) (i32.const 8)) ;; APPENDED: the last one, then those before
          (then
            (local.set $own
              (i32.add (local.get $own) (i32.shl (local.get $dimensions) (i32.const 2))))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (i64.store
              (i32.add (local.get $rows) (i32.shl (local.get $count) (i32.const 3)))
              (i64.load32_u offset=12 (local.get $own)))
            (local.set $own (i32.load offset=8 (local.get $own)))
            (br $before))))
      (if (i32.and (local.get $flags) (i32.const 16)) ;; LISTED
        (then
          (memory.copy
            (local.get $rows)
            (i32.load offset=8
              (i32.add (local.get $own) (i32.shl (local.get $dimensions) (i32.const 2))))
            (i32.shl (local.get $count) (i32.const 3)))
          (return)))
      (local.set $row (i64.extend_i32_u (i32.add (local.get $own) (i32.const 8))))
      (if (i32.eqz (i32.and (local.get $flags) (i32.const 2))) ;; ENTRY_CARRIED
        (then (local.set $row (i64.const 0))))
      (if (i32.and (local.get $flags) (i32.const 4)) ;; OWN_LENGTHS: the second of the words
        (then (local.set $row (i64.shl (local.get $row) (i64.const 32)))))
      (loop $all
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (i64.store
          (i32.add (local.get $rows) (i32.shl (local.get $count) (i32.const 3)))
          (local.get $row))
        (br $all)))
    (memory.fill (local.get $rows) (i32.const 0) (i32.shl (local.get $count) (i32.const 3))))

  ;; The same rows once the list was cast, whose entry's dimensions are at $entry now: elements that
  ;; carried a type keep its lengths, as the first word of a row says; the others are as long as they
  ;; are.
  (func (export "cast_element_types") (param $rows i32) (param $count i32) (param $entry i32)
    (block $done
      (loop $all
        (br_if $done (i32.eqz (local.get $count)))
        (i64.store (local.get $rows)
          (i64.shl
            (i64.extend_i32_u (local.get $entry))
            (select (i64.const 0) (i64.const 32) (i32.load (local.get $rows)))))
        (local.set $rows (i32.add (local.get $rows) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $all))))

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
