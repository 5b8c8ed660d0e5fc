;; Comparisons of sequences, and of 128-bit integers, each as two i64, the low half first.
(module
  (import "env" "memory" (memory 1))

  ;; -1, 0 or 1 as a comes before, is, or comes after b in the order of their units of $unit bytes,
  ;; 1 or 4: that of UTF-8 bytes is that of the scalar values.
  (func (export "compare_sequences")
    (param $a i32) (param $a_length i32) (param $b i32) (param $b_length i32) (param $unit i32)
    (result i32)
    (local $left i32)
    (local $x i32)
    (local $y i32)
    (local.set $left
      (select (local.get $a_length) (local.get $b_length)
        (i32.lt_u (local.get $a_length) (local.get $b_length))))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $left)))
        (if (i32.eq (local.get $unit) (i32.const 1))
          (then
            (local.set $x (i32.load8_u (local.get $a)))
            (local.set $y (i32.load8_u (local.get $b))))
          (else
            (local.set $x (i32.load (local.get $a)))
            (local.set $y (i32.load (local.get $b)))))
        (if (i32.ne (local.get $x) (local.get $y))
          (then
            (return
              (i32.sub
                (i32.gt_u (local.get $x) (local.get $y))
                (i32.lt_u (local.get $x) (local.get $y))))))
        (local.set $a (i32.add (local.get $a) (local.get $unit)))
        (local.set $b (i32.add (local.get $b) (local.get $unit)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $again)))
    (i32.sub
      (i32.gt_u (local.get $a_length) (local.get $b_length))
      (i32.lt_u (local.get $a_length) (local.get $b_length)))))
