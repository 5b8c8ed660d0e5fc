;; Comparisons of 128-bit integers, each as two i64, the low half first.
(module
  ;; a < b, signed.
  (func (export "int-lt") (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64)
    (result i32)
    (select
      (i64.lt_u (local.get $a) (local.get $b))
      (i64.lt_s (local.get $a_high) (local.get $b_high))
      (i64.eq (local.get $a_high) (local.get $b_high))))

  ;; a <= b, signed.
  (func (export "int-le") (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64)
    (result i32)
    (select
      (i64.le_u (local.get $a) (local.get $b))
      (i64.lt_s (local.get $a_high) (local.get $b_high))
      (i64.eq (local.get $a_high) (local.get $b_high))))

  ;; a < b, unsigned.
  (func (export "uint-lt") (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64)
    (result i32)
    (select
      (i64.lt_u (local.get $a) (local.get $b))
      (i64.lt_u (local.get $a_high) (local.get $b_high))
      (i64.eq (local.get $a_high) (local.get $b_high))))

  ;; a <= b, unsigned.
  (func (export "uint-le") (param $a i64) (param $a_high i64) (param $b i64) (param $b_high i64)
    (result i32)
    (select
      (i64.le_u (local.get $a) (local.get $b))
      (i64.lt_u (local.get $a_high) (local.get $b_high))
      (i64.eq (local.get $a_high) (local.get $b_high)))))
