;; Effects that need no answer are recorded in memory, where the host finds them when it needs them,
;; and variables are kept there for as long as nobody else can change them. See `Deferred effects`
;; in docs/design.md; the addresses are those of compiler/abi.py.
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))
  (import "clarity" "var_get" (func $host_var_get (param i32) (result i32 i32)))
  (import "clarity" "var_set" (func $host_var_set (param i32 i32 i32)))
  (import "clarity" "print" (func $host_print (param i32 i32)))

  ;; Begin the record of an effect: its number, and room for the bytes of a key and of a value.
  ;; -> the address of that room; 0: there is none, or the effect may not wait.
  (func $claim (export "claim_record")
    (param $what i32) (param $key_length i32) (param $length i32) (result i32)
    (local $record i32) (local $at i32) (local $stored i32) (local $end i32)
    (local.set $record (i32.load offset=0x00 (i32.const 0)))
    (local.set $at (i32.load offset=0x04 (i32.const 0)))
    (local.set $stored (i32.add (local.get $at) (local.get $key_length)))
    (local.set $end (i32.add (local.get $stored) (local.get $length)))
    (if
      (i32.or
        (i32.gt_u (local.get $end) (i32.const 0x2000))
        (i32.ge_u (local.get $record) (i32.const 0xc00)))
      (then (return (i32.const 0))))
    (i32.store offset=0x00 (i32.const 0) (i32.add (local.get $record) (i32.const 16)))
    (i32.store offset=0x04 (i32.const 0) (local.get $end))
    (i32.store (local.get $record) (local.get $what))
    (i32.store offset=4 (local.get $record) (i32.sub (local.get $at) (i32.const 0xc00)))
    (i32.store offset=8 (local.get $record) (i32.sub (local.get $stored) (i32.const 0xc00)))
    (i32.store offset=12 (local.get $record) (i32.sub (local.get $end) (i32.const 0xc00)))
    (local.get $at))

  ;; Record an effect without a key; 0 as above.
  (func $record (param $what i32) (param $value i32) (param $length i32) (result i32)
    (local $at i32)
    (local.set $at (call $claim (local.get $what) (i32.const 0) (local.get $length)))
    (if (local.get $at)
      (then (memory.copy (local.get $at) (local.get $value) (local.get $length))))
    (local.get $at))

  ;; As the host's functions of these names; $number is what is recorded.
  (func (export "print") (param $value i32) (param $length i32) (param $number i32)
    (if
      (i32.eqz
        (call $record (local.get $number) (local.get $value) (local.get $length)))
      (then (call $host_print (local.get $value) (local.get $length)))))

  ;; A variable's place: the generation in which it is good (i64), its length, and $room for bytes.
  (func (export "var_set")
    (param $id i32) (param $value i32) (param $length i32) (param $place i32) (param $room i32)
    (if
      (i32.eqz
        (call $record (local.get $id) (local.get $value) (local.get $length)))
      (then (call $host_var_set (local.get $id) (local.get $value) (local.get $length))))
    (call $keep (local.get $value) (local.get $length) (local.get $place) (local.get $room)))

  (func $keep (param $value i32) (param $length i32) (param $place i32) (param $room i32)
    (if (i32.le_u (local.get $length) (local.get $room))
      (then
        (i64.store (local.get $place) (i64.load offset=0x08 (i32.const 0)))
        (i32.store offset=8 (local.get $place) (local.get $length))
        (memory.copy
          (i32.add (local.get $place) (i32.const 12)) (local.get $value) (local.get $length)))))

  ;; -> address and length of the variable's bytes, which are in its place or will never change.
  (func $var_get (export "var_get")
    (param $id i32) (param $place i32) (param $room i32) (result i32 i32)
    (local $value i32) (local $length i32) (local $generation i64)
    (local.set $generation (i64.load (local.get $place)))
    (if
      (i32.and
        (i64.ne (local.get $generation) (i64.const 0))
        (i64.eq (local.get $generation) (i64.load offset=0x08 (i32.const 0))))
      (then
        (return
          (i32.add (local.get $place) (i32.const 12))
          (i32.load offset=8 (local.get $place)))))
    (call $host_var_get (local.get $id))
    (local.set $length)
    (local.set $value)
    (call $keep (local.get $value) (local.get $length) (local.get $place) (local.get $room))
    (local.get $value)
    (local.get $length))

  ;; The same, where values point into the bytes: these are copied out of the place.
  (func (export "var_get_copy")
    (param $id i32) (param $place i32) (param $room i32) (result i32 i32)
    (local $value i32) (local $length i32) (local $copy i32)
    (call $var_get (local.get $id) (local.get $place) (local.get $room))
    (local.set $length)
    (local.tee $value)
    (if (result i32) (i32.eq (i32.add (local.get $place) (i32.const 12)))
      (then
        (local.set $copy (call $alloc (local.get $length)))
        (memory.copy (local.get $copy) (local.get $value) (local.get $length))
        (local.get $copy))
      (else (local.get $value)))
    (local.get $length)))
