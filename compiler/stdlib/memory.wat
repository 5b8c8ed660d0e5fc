;; The heap: a bump allocator. Its first free byte is at address 0x60 (HEAP in compiler/abi.py), where
;; the host resets it between transactions.
;; Nothing is freed, memory is not cleared, and addresses are not aligned, so that a value that
;; ends at the top of the heap can grow in place.
(module
  (import "env" "memory" (memory 1))
  (import "clarity" "abort" (func $abort (param i32 i64)))

  ;; The address of $size new bytes; ends the transaction when the memory can't grow any more.
  (func $alloc (export "alloc") (param $size i32) (result i32)
    (local $address i32)
    (local $end i64)
    (local $missing i64)
    (local.set $address (i32.load offset=0x60 (i32.const 0)))
    (local.set $end
      (i64.add (i64.extend_i32_u (local.get $address)) (i64.extend_i32_u (local.get $size))))
    ;; pages that are missing for a byte at $end, so that it is an address itself
    (local.set $missing
      (i64.sub
        (i64.shr_u (i64.add (local.get $end) (i64.const 0x10000)) (i64.const 16))
        (i64.extend_i32_u (memory.size))))
    (if (i64.gt_s (local.get $missing) (i64.const 0))
      (then (call $grow (i32.wrap_i64 (local.get $missing)))))
    (i32.store offset=0x60 (i32.const 0) (i32.wrap_i64 (local.get $end)))
    (local.get $address))

  ;; Grow the memory by $pages, and by 16 more where there is room, since growing costs a system
  ;; call.
  (func $grow (param $pages i32)
    (if (i32.eq (memory.grow (i32.add (local.get $pages) (i32.const 16))) (i32.const -1))
      (then
        (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1))
          (then (call $abort (i32.const 27) (i64.const 0)) (unreachable)))))))
