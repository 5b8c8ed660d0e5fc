;; Shifts of 128-bit integers, each as two i64, the low half first. They shift by $n modulo 128.
(module
  (func (export "shift_left") (param $a i64) (param $a_high i64) (param $n i64) (result i64 i64)
    (if (i64.ne (i64.and (local.get $n) (i64.const 64)) (i64.const 0))
      ;; Wasm's shifts are modulo 64
      (then (return (i64.const 0) (i64.shl (local.get $a) (local.get $n)))))
    (i64.shl (local.get $a) (local.get $n))
    (i64.or
      (i64.shl (local.get $a_high) (local.get $n))
      ;; by 64 - n, in two steps so that it can be 64: xor with 63 is 63 - n modulo 64
      (i64.shr_u
        (i64.shr_u (local.get $a) (i64.const 1))
        (i64.xor (local.get $n) (i64.const 63)))))

  (func (export "uint_shift_right")
    (param $a i64) (param $a_high i64) (param $n i64) (result i64 i64)
    (if (i64.ne (i64.and (local.get $n) (i64.const 64)) (i64.const 0))
      (then (return (i64.shr_u (local.get $a_high) (local.get $n)) (i64.const 0))))
    (i64.or
      (i64.shr_u (local.get $a) (local.get $n))
      (i64.shl
        (i64.shl (local.get $a_high) (i64.const 1))
        (i64.xor (local.get $n) (i64.const 63))))
    (i64.shr_u (local.get $a_high) (local.get $n)))

  (func (export "int_shift_right")
    (param $a i64) (param $a_high i64) (param $n i64) (result i64 i64)
    (if (i64.ne (i64.and (local.get $n) (i64.const 64)) (i64.const 0))
      (then
        (return
          (i64.shr_s (local.get $a_high) (local.get $n))
          (i64.shr_s (local.get $a_high) (i64.const 63)))))
    (i64.or
      (i64.shr_u (local.get $a) (local.get $n))
      (i64.shl
        (i64.shl (local.get $a_high) (i64.const 1))
        (i64.xor (local.get $n) (i64.const 63))))
    (i64.shr_s (local.get $a_high) (local.get $n))))
