;; Arithmetic of 128-bit integers beyond single instructions, each as two i64, the low half first.
;; What can fail says so in a last result (i32, 1 on failure), but for the powers, which abort.
(module
  (import "clarity" "abort" (func $abort (param i32 i64)))

  ;; One 32-bit digit of a quotient: floor(($u * 2^32 + $next) / $v), where $u < $v, the top bit of
  ;; $v is set and $next < 2^32 (Knuth's algorithm D).
  (func $digit (param $u i64) (param $next i64) (param $v i64) (result i64)
    (local $v1 i64)
    (local $v0 i64)
    (local $q i64)
    (local $rest i64)
    (local.set $v1 (i64.shr_u (local.get $v) (i64.const 32)))
    (local.set $v0 (i64.and (local.get $v) (i64.const 0xffffffff)))
    (local.set $q (i64.div_u (local.get $u) (local.get $v1)))
    (local.set $rest
      (i64.sub (local.get $u) (i64.mul (local.get $q) (local.get $v1))))
    ;; the estimate is at most two too large
    (block $right
      (loop $again
        (br_if $right
          (i32.eqz
            (i32.or
              (i64.gt_u (local.get $q) (i64.const 0xffffffff))
              (i64.gt_u
                (i64.mul (local.get $q) (local.get $v0))
                (i64.or (i64.shl (local.get $rest) (i64.const 32)) (local.get $next))))))
        (local.set $q (i64.sub (local.get $q) (i64.const 1)))
        (local.set $rest (i64.add (local.get $rest) (local.get $v1)))
        (br_if $again (i64.le_u (local.get $rest) (i64.const 0xffffffff)))))
    (local.get $q))

  ;; Quotient and remainder of a 128-bit by a 64-bit number, where $high < $v.
  (func $divide_by_64 (param $low i64) (param $high i64) (param $v i64) (result i64 i64)
    (local $shift i64)
    (local $next i64)
    (local $q1 i64)
    (local $q0 i64)
    (if (i64.eqz (local.get $high))
      (then
        (return
          (i64.div_u (local.get $low) (local.get $v))
          (i64.rem_u (local.get $low) (local.get $v)))))
    (local.set $shift (i64.clz (local.get $v)))
    (local.set $v (i64.shl (local.get $v) (local.get $shift)))
    (local.set $high
      (i64.or
        (i64.shl (local.get $high) (local.get $shift))
        ;; in two steps, as a shift by 64 would be one by 0
        (i64.shr_u
          (i64.shr_u (local.get $low) (i64.const 1))
          (i64.sub (i64.const 63) (local.get $shift)))))
    (local.set $low (i64.shl (local.get $low) (local.get $shift)))
    (local.set $next (i64.shr_u (local.get $low) (i64.const 32)))
    (local.set $q1 (call $digit (local.get $high) (local.get $next) (local.get $v)))
    (local.set $high
      (i64.sub
        (i64.or (i64.shl (local.get $high) (i64.const 32)) (local.get $next))
        (i64.mul (local.get $q1) (local.get $v))))
    (local.set $next (i64.and (local.get $low) (i64.const 0xffffffff)))
    (local.set $q0 (call $digit (local.get $high) (local.get $next) (local.get $v)))
    (i64.or (i64.shl (local.get $q1) (i64.const 32)) (local.get $q0))
    (i64.shr_u
      (i64.sub
        (i64.or (i64.shl (local.get $high) (i64.const 32)) (local.get $next))
        (i64.mul (local.get $q0) (local.get $v)))
      (local.get $shift)))

  ;; Quotient and remainder; b is not 0.
  (func $uint_divide (export "uint_divide")
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64)
    (result i64 i64 i64 i64)
    (local $shift i64)
    (local $q i64)
    (local $q_high i64)
    (local $r i64)
    (local $r_high i64)
    (if (i64.eqz (local.get $b_high))
      (then
        (local.set $q_high (i64.div_u (local.get $a_high) (local.get $b)))
        (call $divide_by_64
          (local.get $a)
          (i64.sub (local.get $a_high) (i64.mul (local.get $q_high) (local.get $b)))
          (local.get $b))
        (local.set $r)
        (local.set $q)
        (return (local.get $q) (local.get $q_high) (local.get $r) (i64.const 0))))
    ;; The quotient has 64 bits at most: estimated from half of a and the top 64 bits of b, it is
    ;; right or one too large, and one less is right or one too small.
    (local.set $shift (i64.clz (local.get $b_high)))
    (call $divide_by_64
      (i64.or
        (i64.shl (local.get $a_high) (i64.const 63))
        (i64.shr_u (local.get $a) (i64.const 1)))
      (i64.shr_u (local.get $a_high) (i64.const 1))
      (i64.or
        (i64.shl (local.get $b_high) (local.get $shift))
        (i64.shr_u
          (i64.shr_u (local.get $b) (i64.const 1))
          (i64.sub (i64.const 63) (local.get $shift)))))
    (drop)
    (local.set $q)
    (local.set $q (i64.shr_u (local.get $q) (i64.sub (i64.const 63) (local.get $shift))))
    (local.set $q
      (i64.sub (local.get $q)
        (i64.extend_i32_u (i64.ne (local.get $q) (i64.const 0)))))
    (i64.sub128 (local.get $a) (local.get $a_high)
      (i64.mul_wide_u (local.get $q) (local.get $b)))
    (local.set $r_high)
    (local.set $r)
    (local.set $r_high
      (i64.sub (local.get $r_high) (i64.mul (local.get $q) (local.get $b_high))))
    (if
      (select
        (i64.ge_u (local.get $r) (local.get $b))
        (i64.gt_u (local.get $r_high) (local.get $b_high))
        (i64.eq (local.get $r_high) (local.get $b_high)))
      (then
        (local.set $q (i64.add (local.get $q) (i64.const 1)))
        (i64.sub128
          (local.get $r) (local.get $r_high) (local.get $b) (local.get $b_high))
        (local.set $r_high)
        (local.set $r)))
    (local.get $q)
    (i64.const 0)
    (local.get $r)
    (local.get $r_high))

  (func (export "uint_div")
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64) (result i64 i64)
    (call $uint_divide (local.get $a) (local.get $a_high) (local.get $b) (local.get $b_high))
    (drop)
    (drop))

  (func (export "uint_rem")
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64) (result i64 i64)
    (call $uint_divide (local.get $a) (local.get $a_high) (local.get $b) (local.get $b_high))
    (local.set $a_high)
    (local.set $a)
    (drop)
    (drop)
    (local.get $a)
    (local.get $a_high))

  ;; The number, negated if $negative.
  (func $signed (param $a i64) (param $a_high i64) (param $negative i32) (result i64 i64)
    (if (result i64 i64) (local.get $negative)
      (then (i64.sub128 (i64.const 0) (i64.const 0) (local.get $a) (local.get $a_high)))
      (else (local.get $a) (local.get $a_high))))

  ;; The magnitude; that of the smallest number as unsigned.
  (func $absolute (export "int_absolute") (param $a i64) (param $a_high i64) (result i64 i64)
    (call $signed (local.get $a) (local.get $a_high)
      (i64.lt_s (local.get $a_high) (i64.const 0))))

  ;; Fails where the quotient, 2^127, is no int.
  (func (export "int_div")
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64) (result i64 i64 i32)
    (local $negative i32)
    (local.set $negative
      (i64.lt_s (i64.xor (local.get $a_high) (local.get $b_high)) (i64.const 0)))
    (call $uint_divide
      (call $absolute (local.get $a) (local.get $a_high))
      (call $absolute (local.get $b) (local.get $b_high)))
    (drop)
    (drop)
    (local.set $a_high)
    (local.set $a)
    (call $signed (local.get $a) (local.get $a_high) (local.get $negative))
    (i32.and
      (i32.eqz (local.get $negative))
      (i64.lt_s (local.get $a_high) (i64.const 0))))

  ;; The remainder has the sign of a. Fails where the quotient is no int.
  (func (export "int_rem")
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64) (result i64 i64 i32)
    (local $r i64)
    (local $r_high i64)
    (call $uint_divide
      (call $absolute (local.get $a) (local.get $a_high))
      (call $absolute (local.get $b) (local.get $b_high)))
    (local.set $r_high)
    (local.set $r)
    (drop)
    (drop)
    (call $signed (local.get $r) (local.get $r_high)
      (i64.lt_s (local.get $a_high) (i64.const 0)))
    (i32.and
      (i64.eqz
        (i64.or (local.get $a)
          (i64.xor (local.get $a_high) (i64.const 0x8000000000000000))))
      (i64.eq (i64.and (local.get $b) (local.get $b_high)) (i64.const -1))))

  (func $uint_mul (export "uint_mul")
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64) (result i64 i64 i32)
    (local $cross i64)
    (local $over i64)
    (local $low i64)
    (local $high i64)
    ;; the high half of one with the low half of the other; where both have high halves, it fails
    (if (result i64 i64) (i64.eqz (local.get $a_high))
      (then (i64.mul_wide_u (local.get $b_high) (local.get $a)))
      (else (i64.mul_wide_u (local.get $a_high) (local.get $b))))
    (local.set $over)
    (local.set $cross)
    (i64.mul_wide_u (local.get $a) (local.get $b))
    (local.set $high)
    (local.tee $low)
    (local.tee $high (i64.add (local.get $high) (local.get $cross)))
    (i32.or
      (i64.ne (local.get $over) (i64.const 0))
      (i32.or
        (i64.lt_u (local.get $high) (local.get $cross))
        (i32.and
          (i64.ne (local.get $a_high) (i64.const 0))
          (i64.ne (local.get $b_high) (i64.const 0))))))

  (func $int_mul (export "int_mul")
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64) (result i64 i64 i32)
    (local $negative i32)
    (local $over i32)
    (local.set $negative
      (i64.lt_s (i64.xor (local.get $a_high) (local.get $b_high)) (i64.const 0)))
    (call $uint_mul
      (call $absolute (local.get $a) (local.get $a_high))
      (call $absolute (local.get $b) (local.get $b_high)))
    (local.set $over)
    (local.set $a_high)
    (local.set $a)
    (call $signed (local.get $a) (local.get $a_high) (local.get $negative))
    ;; a magnitude of 2^127 is all right if negative, no larger one is
    (i32.or (local.get $over)
      (i32.and
        (i64.lt_s (local.get $a_high) (i64.const 0))
        (i32.eqz
          (i32.and (local.get $negative)
            (i64.eqz
              (i64.or (local.get $a)
                (i64.xor (local.get $a_high) (i64.const 0x8000000000000000)))))))))

  (func $mul
    (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64) (param $signed i32)
    (result i64 i64)
    (local $over i32)
    (if (result i64 i64 i32) (local.get $signed)
      (then
        (call $int_mul (local.get $a) (local.get $a_high) (local.get $b) (local.get $b_high)))
      (else
        (call $uint_mul (local.get $a) (local.get $a_high) (local.get $b) (local.get $b_high))))
    (local.set $over)
    (if (local.get $over)
      ;; ARITHMETIC_OVERFLOW
      (then (call $abort (i32.const 1) (i64.const 0)) (unreachable))))

  ;; Aborts on overflow, and on a power that is no u32 unless the base makes it irrelevant.
  (func (export "power")
    (param $base i64) (param $base_high i64) (param $power i64) (param $power_high i64)
    (param $signed i32) (result i64 i64)
    (local $result i64)
    (local $result_high i64)
    (local.set $result (i64.const 1))
    (if (i64.eqz (i64.or (local.get $power) (local.get $power_high)))
      (then (return (i64.const 1) (i64.const 0))))
    (if (i32.and
          (i64.eqz (local.get $base_high)) (i64.le_u (local.get $base) (i64.const 1)))
      (then (return (local.get $base) (i64.const 0))))
    (if (i32.or
          (i64.ne (local.get $power_high) (i64.const 0))
          (i64.gt_u (local.get $power) (i64.const 0xffffffff)))
      ;; ARITHMETIC
      (then (call $abort (i32.const 4) (i64.const 0)) (unreachable)))
    (loop $again
      (if (i32.wrap_i64 (i64.and (local.get $power) (i64.const 1)))
        (then
          (call $mul
            (local.get $result) (local.get $result_high)
            (local.get $base) (local.get $base_high) (local.get $signed))
          (local.set $result_high)
          (local.set $result)))
      (local.set $power (i64.shr_u (local.get $power) (i64.const 1)))
      ;; the base is squared only if it is needed again: its overflow is the result's
      (if (i64.ne (local.get $power) (i64.const 0))
        (then
          (call $mul
            (local.get $base) (local.get $base_high)
            (local.get $base) (local.get $base_high) (local.get $signed))
          (local.set $base_high)
          (local.set $base)
          (br $again))))
    (local.get $result)
    (local.get $result_high))

  ;; The root rounded down, which has 64 bits, one bit after the other.
  (func (export "uint_sqrt") (param $a i64) (param $a_high i64) (result i64 i64)
    (local $root i64)
    (local $bit i64)
    (local $try i64)
    (local $low i64)
    (local $high i64)
    (local.set $bit
      (select
        (i64.const 0x80000000)
        (i64.const 0x8000000000000000)
        (i64.eqz (local.get $a_high))))
    (loop $again
      (local.set $try (i64.or (local.get $root) (local.get $bit)))
      (i64.mul_wide_u (local.get $try) (local.get $try))
      (local.set $high)
      (local.set $low)
      (if
        (select
          (i64.le_u (local.get $low) (local.get $a))
          (i64.lt_u (local.get $high) (local.get $a_high))
          (i64.eq (local.get $high) (local.get $a_high)))
        (then (local.set $root (local.get $try))))
      (local.set $bit (i64.shr_u (local.get $bit) (i64.const 1)))
      (br_if $again (i64.ne (local.get $bit) (i64.const 0))))
    (local.get $root)
    (i64.const 0))

  ;; floor(log2 a); a is not 0.
  (func (export "uint_log2") (param $a i64) (param $a_high i64) (result i64 i64)
    (select
      (i64.sub (i64.const 63) (i64.clz (local.get $a)))
      (i64.sub (i64.const 127) (i64.clz (local.get $a_high)))
      (i64.eqz (local.get $a_high)))
    (i64.const 0)))
