;; Bytes: comparing them, turning them round, and UTF-8 to and from 4-byte scalar values.
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))

  ;; Whether two sequences of units of $unit bytes are equal.
  (func (export "bytes_equal")
    (param $a i32) (param $a_length i32) (param $b i32) (param $b_length i32) (param $unit i32)
    (result i32)
    (local $end i32)
    (if (i32.ne (local.get $a_length) (local.get $b_length)) (then (return (i32.const 0))))
    (if (i32.eq (local.get $a) (local.get $b)) (then (return (i32.const 1))))
    (local.set $end
      (i32.add (local.get $a) (i32.mul (local.get $a_length) (local.get $unit))))
    ;; eight at a time
    (block $tail
      (loop $again
        (br_if $tail (i32.lt_u (i32.sub (local.get $end) (local.get $a)) (i32.const 8)))
        (if (i64.ne (i64.load (local.get $a)) (i64.load (local.get $b)))
          (then (return (i32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 8)))
        (local.set $b (i32.add (local.get $b) (i32.const 8)))
        (br $again)))
    (loop $again
      (if (i32.ge_u (local.get $a) (local.get $end)) (then (return (i32.const 1))))
      (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b)))
        (then (return (i32.const 0))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (br $again))
    (unreachable))

  ;; Big-endian to little-endian and back.
  (func (export "swap_bytes") (param $x i64) (result i64)
    (local.set $x
      (i64.or
        (i64.shl (i64.and (local.get $x) (i64.const 0x00ff00ff00ff00ff)) (i64.const 8))
        (i64.and (i64.shr_u (local.get $x) (i64.const 8)) (i64.const 0x00ff00ff00ff00ff))))
    (local.set $x
      (i64.or
        (i64.shl (i64.and (local.get $x) (i64.const 0x0000ffff0000ffff)) (i64.const 16))
        (i64.and (i64.shr_u (local.get $x) (i64.const 16)) (i64.const 0x0000ffff0000ffff))))
    (i64.rotl (local.get $x) (i64.const 32)))

  (func $swap_bytes_32 (export "swap_bytes_32") (param $x i32) (result i32)
    (i32.or
      (i32.and (i32.rotl (local.get $x) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $x) (i32.const 8)) (i32.const 0xff00ff00))))

  ;; The bytes that $length scalar values take in UTF-8.
  (func $utf8_size (export "utf8_size") (param $at i32) (param $length i32) (result i32)
    (local $size i32)
    (local $c i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $c (i32.load (local.get $at)))
        (local.set $size
          (i32.add (local.get $size)
            (i32.add (i32.const 1)
              (i32.add (i32.ge_u (local.get $c) (i32.const 0x80))
                (i32.add (i32.ge_u (local.get $c) (i32.const 0x800))
                  (i32.ge_u (local.get $c) (i32.const 0x10000)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $again)))
    (local.get $size))

  ;; Write prefix, length in bytes and UTF-8 at $out, where the prefix is already; the address behind.
  (func (export "write_utf8") (param $at i32) (param $length i32) (param $out i32) (result i32)
    (local $c i32)
    (i32.store offset=1 (local.get $out)
      (call $swap_bytes_32 (call $utf8_size (local.get $at) (local.get $length))))
    (local.set $out (i32.add (local.get $out) (i32.const 5)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $c (i32.load (local.get $at)))
        (if (i32.lt_u (local.get $c) (i32.const 0x80))
          (then
            (i32.store8 (local.get $out) (local.get $c))
            (local.set $out (i32.add (local.get $out) (i32.const 1))))
          (else
            (if (i32.lt_u (local.get $c) (i32.const 0x800))
              (then
                (i32.store8 (local.get $out)
                  (i32.or (i32.const 0xc0) (i32.shr_u (local.get $c) (i32.const 6)))))
              (else
                (if (i32.lt_u (local.get $c) (i32.const 0x10000))
                  (then
                    (i32.store8 (local.get $out)
                      (i32.or (i32.const 0xe0) (i32.shr_u (local.get $c) (i32.const 12)))))
                  (else
                    (i32.store8 (local.get $out)
                      (i32.or (i32.const 0xf0) (i32.shr_u (local.get $c) (i32.const 18))))
                    (local.set $out (i32.add (local.get $out) (i32.const 1)))
                    (i32.store8 (local.get $out)
                      (i32.or (i32.const 0x80)
                        (i32.and (i32.shr_u (local.get $c) (i32.const 12)) (i32.const 0x3f))))))
                (local.set $out (i32.add (local.get $out) (i32.const 1)))
                (i32.store8 (local.get $out)
                  (i32.or (i32.const 0x80)
                    (i32.and (i32.shr_u (local.get $c) (i32.const 6)) (i32.const 0x3f))))))
            (i32.store8 offset=1 (local.get $out)
              (i32.or (i32.const 0x80) (i32.and (local.get $c) (i32.const 0x3f))))
            (local.set $out (i32.add (local.get $out) (i32.const 2)))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $again)))
    (local.get $out))

  ;; Read a serialised string-utf8 whose prefix is at $at: address and number of its scalar values,
  ;; address behind the bytes. The bytes are valid.
  (func (export "read_utf8") (param $at i32) (result i32 i32 i32)
    (local $end i32)
    (local $out i32)
    (local $next i32)
    (local $c i32)
    (local $more i32)
    (local.set $end
      (i32.add (i32.add (local.get $at) (i32.const 5))
        (call $swap_bytes_32 (i32.load offset=1 (local.get $at)))))
    (local.set $at (i32.add (local.get $at) (i32.const 5)))
    (local.set $out
      (call $alloc (i32.shl (i32.sub (local.get $end) (local.get $at)) (i32.const 2))))
    (local.set $next (local.get $out))
    (block $done
      (loop $again
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $c (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.ge_u (local.get $c) (i32.const 0x80))
          (then
            ;; continuation bytes that follow
            (local.set $more
              (i32.add (i32.const 1)
                (i32.add (i32.ge_u (local.get $c) (i32.const 0xe0))
                  (i32.ge_u (local.get $c) (i32.const 0xf0)))))
            (local.set $c
              (i32.and (local.get $c) (i32.shr_u (i32.const 0x3f) (local.get $more))))
            (loop $continue
              (local.set $c
                (i32.or (i32.shl (local.get $c) (i32.const 6))
                  (i32.and (i32.load8_u (local.get $at)) (i32.const 0x3f))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (local.set $more (i32.sub (local.get $more) (i32.const 1)))
              (br_if $continue (local.get $more)))))
        (i32.store (local.get $next) (local.get $c))
        (local.set $next (i32.add (local.get $next) (i32.const 4)))
        (br $again)))
    (local.get $out)
    (i32.shr_u (i32.sub (local.get $next) (local.get $out)) (i32.const 2))
    (local.get $end)))
