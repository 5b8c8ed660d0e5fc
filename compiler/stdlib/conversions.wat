;; Integers from bytes and text, and to text; 128-bit integers are two i64, the low half first.
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))
  (import "std" "swap_bytes" (func $swap_bytes (param i64) (result i64)))
  (import "std" "uint_divide" (func $uint_divide (param i64 i64 i64 i64) (result i64 i64 i64 i64)))
  (import "std" "int_absolute" (func $absolute (param i64 i64) (result i64 i64)))

  ;; At most 16 bytes as an integer, the first byte being the lowest.
  (func (export "bytes_to_int_le") (param $at i32) (param $length i32) (result i64 i64)
    (local $low i64)
    (local $high i64)
    (if (i32.eq (local.get $length) (i32.const 16))
      (then (return (i64.load (local.get $at)) (i64.load offset=8 (local.get $at)))))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (local.set $high
          (i64.or
            (i64.shl (local.get $high) (i64.const 8))
            (i64.shr_u (local.get $low) (i64.const 56))))
        (local.set $low
          (i64.or
            (i64.shl (local.get $low) (i64.const 8))
            (i64.load8_u (i32.add (local.get $at) (local.get $length)))))
        (br $again)))
    (local.get $low)
    (local.get $high))

  ;; The same, the first byte being the highest.
  (func (export "bytes_to_int_be") (param $at i32) (param $length i32) (result i64 i64)
    (local $low i64)
    (local $high i64)
    (if (i32.eq (local.get $length) (i32.const 16))
      (then
        (return
          (call $swap_bytes (i64.load offset=8 (local.get $at)))
          (call $swap_bytes (i64.load (local.get $at))))))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (local.set $high
          (i64.or
            (i64.shl (local.get $high) (i64.const 8))
            (i64.shr_u (local.get $low) (i64.const 56))))
        (local.set $low
          (i64.or (i64.shl (local.get $low) (i64.const 8)) (i64.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $again)))
    (local.get $low)
    (local.get $high))

  ;; The unit of $unit bytes, 1 or 4, at $at.
  (func $unit (param $at i32) (param $unit i32) (result i32)
    (if (result i32) (i32.eq (local.get $unit) (i32.const 1))
      (then (i32.load8_u (local.get $at)))
      (else (i32.load (local.get $at)))))

  ;; A decimal number as an optional: tag, low, high. An int may have a sign, a uint only `+`.
  (func (export "text_to_int")
    (param $at i32) (param $length i32) (param $unit i32) (param $signed i32)
    (result i32 i64 i64)
    (local $c i32)
    (local $negative i32)
    (local $low i64)
    (local $high i64)
    (local $over i64)
    (if (i32.eqz (local.get $length)) (then (return (i32.const 0) (i64.const 0) (i64.const 0))))
    (local.set $c (call $unit (local.get $at) (local.get $unit)))
    (local.set $negative
      (i32.and (local.get $signed) (i32.eq (local.get $c) (i32.const 0x2d))))
    (if (i32.or (local.get $negative) (i32.eq (local.get $c) (i32.const 0x2b)))
      (then
        (local.set $at (i32.add (local.get $at) (local.get $unit)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (if (i32.eqz (local.get $length))
          (then (return (i32.const 0) (i64.const 0) (i64.const 0))))))
    (loop $again
      (local.set $c
        (i32.sub (call $unit (local.get $at) (local.get $unit)) (i32.const 0x30)))
      (if (i32.gt_u (local.get $c) (i32.const 9))
        (then (return (i32.const 0) (i64.const 0) (i64.const 0))))
      ;; high half times 10, which must have no more than 64 bits
      (i64.mul_wide_u (local.get $high) (i64.const 10))
      (local.set $over)
      (local.set $high)
      (if (i64.ne (local.get $over) (i64.const 0))
        (then (return (i32.const 0) (i64.const 0) (i64.const 0))))
      (i64.add128
        (i64.mul_wide_u (local.get $low) (i64.const 10))
        (i64.extend_i32_u (local.get $c)) (i64.const 0))
      (local.set $over)
      (local.set $low)
      (local.set $high (i64.add (local.get $high) (local.get $over)))
      (if (i64.lt_u (local.get $high) (local.get $over))
        (then (return (i32.const 0) (i64.const 0) (i64.const 0))))
      (local.set $at (i32.add (local.get $at) (local.get $unit)))
      (local.set $length (i32.sub (local.get $length) (i32.const 1)))
      (br_if $again (local.get $length)))
    (if (local.get $negative)
      (then
        (i64.sub128 (i64.const 0) (i64.const 0) (local.get $low) (local.get $high))
        (local.set $high)
        (local.set $low)
        ;; 0 or negative, or it was too large
        (if (i32.and
              (i64.ge_s (local.get $high) (i64.const 0))
              (i64.ne (i64.or (local.get $low) (local.get $high)) (i64.const 0)))
          (then (return (i32.const 0) (i64.const 0) (i64.const 0)))))
      (else
        (if (i32.and (local.get $signed) (i64.lt_s (local.get $high) (i64.const 0)))
          (then (return (i32.const 0) (i64.const 0) (i64.const 0))))))
    (i32.const 1)
    (local.get $low)
    (local.get $high))

  ;; The number in decimal digits, each of $unit bytes, 1 or 4: their address and number.
  (func (export "int_to_text")
    (param $low i64) (param $high i64) (param $signed i32) (param $unit i32) (result i32 i32)
    (local $negative i32)
    (local $end i32)
    (local $at i32)
    (local $part i64)
    (local $left i32)
    (if (local.get $signed)
      (then
        (local.set $negative (i64.lt_s (local.get $high) (i64.const 0)))
        (call $absolute (local.get $low) (local.get $high))
        (local.set $high)
        (local.set $low)))
    ;; 39 digits and a sign
    (local.set $end
      (i32.add
        (call $alloc (i32.mul (i32.const 40) (local.get $unit)))
        (i32.mul (i32.const 40) (local.get $unit))))
    (local.set $at (local.get $end))
    ;; 19 digits at a time, as 10^19 has 64 bits; the first ones are not filled up with zeros
    (loop $parts
      (if (i64.eqz (local.get $high))
        (then
          (local.set $part (local.get $low))
          (local.set $low (i64.const 0))
          (local.set $left (i32.const 1)))
        (else
          (call $uint_divide
            (local.get $low) (local.get $high) (i64.const 10000000000000000000) (i64.const 0))
          (drop)
          (local.set $part)
          (local.set $high)
          (local.set $low)
          (local.set $left (i32.const 19))))
      (loop $digits
        (local.set $at (i32.sub (local.get $at) (local.get $unit)))
        (call $put (local.get $at) (local.get $unit)
          (i32.add (i32.const 0x30)
            (i32.wrap_i64 (i64.rem_u (local.get $part) (i64.const 10)))))
        (local.set $part (i64.div_u (local.get $part) (i64.const 10)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $digits
          (i32.or
            (i32.gt_s (local.get $left) (i32.const 0))
            (i64.ne (local.get $part) (i64.const 0)))))
      (br_if $parts (i64.ne (i64.or (local.get $low) (local.get $high)) (i64.const 0))))
    (if (local.get $negative)
      (then
        (local.set $at (i32.sub (local.get $at) (local.get $unit)))
        (call $put (local.get $at) (local.get $unit) (i32.const 0x2d))))
    (local.get $at)
    (i32.div_u (i32.sub (local.get $end) (local.get $at)) (local.get $unit)))

  (func $put (param $at i32) (param $unit i32) (param $c i32)
    (if (i32.eq (local.get $unit) (i32.const 1))
      (then (i32.store8 (local.get $at) (local.get $c)))
      (else (i32.store (local.get $at) (local.get $c))))))
