;; Entries of maps and balances of tokens that were read are kept in memory for as long as nobody else
;; can change them, and what is written is recorded as in effects.wat. See `Deferred effects` in
;; docs/design.md.
;;
;; An entry belongs in one place of a table of 64, whatever was there before: 320 bytes with
;;   0    i64  the generation in which it is good
;;   8    i32  the number of its map or token in records
;;   12   i32  length of its key
;;   16   i32  length of what is stored, as `map_get` of the host says it
;;   24        the key: 128 bytes at most
;;   152       the value: 168 bytes at most; of a token the balance in two i64
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))
  (import "std" "bytes_equal" (func $equal (param i32 i32 i32 i32 i32) (result i32)))
  (import "std" "swap_bytes" (func $swap (param i64) (result i64)))
  (import "std" "claim_record" (func $claim (param i32 i32 i32) (result i32)))
  (import "clarity" "map_get" (func $host_get (param i32 i32 i32) (result i32 i32)))
  (import "clarity" "map_set" (func $host_set (param i32 i32 i32 i32 i32)))
  (import "clarity" "map_insert" (func $host_insert (param i32 i32 i32 i32 i32) (result i32)))
  (import "clarity" "map_delete" (func $host_delete (param i32 i32 i32) (result i32)))
  (import "clarity" "ft_balance" (func $host_balance (param i32 i32 i32) (result i64 i64)))
  (import "clarity" "ft_mint" (func $host_mint (param i32 i64 i64 i32 i32) (result i32)))
  (import "clarity" "ft_burn" (func $host_burn (param i32 i64 i64 i32 i32) (result i32)))
  (import "clarity" "ft_transfer"
    (func $host_transfer (param i32 i64 i64 i32 i32 i32 i32) (result i32)))

  ;; Where the entry of a key belongs; 0: none of such a length is kept.
  (func $place
    (param $table i32) (param $number i32) (param $key i32) (param $length i32) (result i32)
    (local $hash i64) (local $end i32)
    (if (i32.gt_u (local.get $length) (i32.const 128)) (then (return (i32.const 0))))
    (local.set $hash (i64.extend_i32_u (local.get $number)))
    (local.set $end (i32.add (local.get $key) (local.get $length)))
    ;; eight bytes at a time
    (block $tail
      (loop $again
        (br_if $tail (i32.lt_u (i32.sub (local.get $end) (local.get $key)) (i32.const 8)))
        (local.set $hash (call $mixed (local.get $hash) (i64.load (local.get $key))))
        (local.set $key (i32.add (local.get $key) (i32.const 8)))
        (br $again)))
    (block $done
      (loop $again
        (br_if $done (i32.ge_u (local.get $key) (local.get $end)))
        (local.set $hash (call $mixed (local.get $hash) (i64.load8_u (local.get $key))))
        (local.set $key (i32.add (local.get $key) (i32.const 1)))
        (br $again)))
    (i32.add
      (local.get $table)
      (i32.mul
        (i32.wrap_i64 (i64.shr_u (local.get $hash) (i64.const 58)))
        (i32.const 320))))

  ;; Multiplied by the golden ratio, as Fibonacci hashing does; the upper bits are the good ones.
  (func $mixed (param $hash i64) (param $word i64) (result i64)
    (i64.mul
      (i64.xor (i64.rotl (local.get $hash) (i64.const 27)) (local.get $word))
      (i64.const 0x9e3779b97f4a7c15)))

  ;; Whether the entry of a key is in its place, and good.
  (func $holds
    (param $place i32) (param $number i32) (param $key i32) (param $length i32) (result i32)
    (local $generation i64)
    (if (i32.eqz (local.get $place)) (then (return (i32.const 0))))
    (local.set $generation (i64.load (local.get $place)))
    (if
      (i32.or
        (i64.eqz (local.get $generation))
        (i32.or
          (i64.ne (local.get $generation) (i64.load offset=0x08 (i32.const 0)))
          (i32.ne (local.get $number) (i32.load offset=8 (local.get $place)))))
      (then (return (i32.const 0))))
    (call $equal
      (i32.add (local.get $place) (i32.const 24)) (i32.load offset=12 (local.get $place))
      (local.get $key) (local.get $length) (i32.const 1)))

  ;; Put the key of an entry into its place.
  (func $keep_key (param $place i32) (param $number i32) (param $key i32) (param $length i32)
    (i64.store (local.get $place) (i64.load offset=0x08 (i32.const 0)))
    (i32.store offset=8 (local.get $place) (local.get $number))
    (i32.store offset=12 (local.get $place) (local.get $length))
    (memory.copy
      (i32.add (local.get $place) (i32.const 24)) (local.get $key) (local.get $length)))

  ;; Forget the entry of a key.
  (func $forget
    (param $table i32) (param $number i32) (param $key i32) (param $length i32)
    (local $place i32)
    (local.set $place
      (call $place (local.get $table) (local.get $number) (local.get $key) (local.get $length)))
    (if
      (call $holds (local.get $place) (local.get $number) (local.get $key) (local.get $length))
      (then (i64.store (local.get $place) (i64.const 0)))))

  ;; As the host's functions of these names; $number is what is recorded.

  ;; $copied: values point into the bytes, so these are copied out of the place.
  (func (export "map_get")
    (param $id i32) (param $key i32) (param $key_length i32)
    (param $number i32) (param $table i32) (param $copied i32) (result i32 i32)
    (local $place i32) (local $value i32) (local $stored i32)
    (local.set $place
      (call $place (local.get $table) (local.get $number) (local.get $key) (local.get $key_length)))
    (if
      (call $holds
        (local.get $place) (local.get $number) (local.get $key) (local.get $key_length))
      (then
        (local.set $stored (i32.load offset=16 (local.get $place)))
        (if (i32.le_u (local.get $stored) (i32.const 1))
          (then (return (i32.const 0) (local.get $stored))))
        (local.set $value (i32.add (local.get $place) (i32.const 152)))
        (if (local.get $copied)
          (then
            (local.set $place (local.get $value))
            (local.set $value (call $alloc (i32.sub (local.get $stored) (i32.const 1))))
            (memory.copy
              (local.get $value) (local.get $place)
              (i32.sub (local.get $stored) (i32.const 1)))))
        (return (local.get $value) (local.get $stored))))
    (call $host_get (local.get $id) (local.get $key) (local.get $key_length))
    (local.set $stored)
    (local.set $value)
    (if
      (i32.and
        (i32.ne (local.get $place) (i32.const 0))
        (i32.le_u (local.get $stored) (i32.const 169)))
      (then
        (call $keep_key
          (local.get $place) (local.get $number) (local.get $key) (local.get $key_length))
        (i32.store offset=16 (local.get $place) (local.get $stored))
        (if (local.get $value)
          (then
            (memory.copy
              (i32.add (local.get $place) (i32.const 152)) (local.get $value)
              (i32.sub (local.get $stored) (i32.const 1)))))))
    (local.get $value)
    (local.get $stored))

  ;; Only an entry that was read before is kept: who writes many may never read them.
  (func (export "map_set")
    (param $id i32) (param $key i32) (param $key_length i32) (param $value i32) (param $length i32)
    (param $number i32) (param $table i32)
    (if
      (i32.eqz
        (call $record
          (local.get $number) (local.get $key) (local.get $key_length)
          (local.get $value) (local.get $length)))
      (then
        (call $host_set
          (local.get $id)
          (local.get $key) (local.get $key_length) (local.get $value) (local.get $length))))
    (call $update
      (call $place (local.get $table) (local.get $number) (local.get $key) (local.get $key_length))
      (local.get $number) (local.get $key) (local.get $key_length)
      (local.get $value) (local.get $length)))

  ;; Record that an entry is set; 0: that has to be done at once.
  (func $record
    (param $number i32) (param $key i32) (param $key_length i32)
    (param $value i32) (param $length i32) (result i32)
    (local $at i32)
    (local.set $at
      (call $claim
        (local.get $number) (local.get $key_length)
        (i32.add (local.get $length) (i32.const 1))))
    (if (local.get $at)
      (then
        (memory.copy (local.get $at) (local.get $key) (local.get $key_length))
        (local.set $at (i32.add (local.get $at) (local.get $key_length)))
        ;; what is stored is `(some value)`
        (i32.store8 (local.get $at) (i32.const 0x0a))
        (memory.copy
          (i32.add (local.get $at) (i32.const 1)) (local.get $value) (local.get $length))))
    (local.get $at))

  ;; The entry has another value, if it is in its place.
  (func $update
    (param $place i32) (param $number i32) (param $key i32) (param $key_length i32)
    (param $value i32) (param $length i32)
    (if
      (call $holds
        (local.get $place) (local.get $number) (local.get $key) (local.get $key_length))
      (then
        (if (i32.gt_u (local.get $length) (i32.const 168))
          (then (i64.store (local.get $place) (i64.const 0)))
          (else
            (i32.store offset=16
              (local.get $place) (i32.add (local.get $length) (i32.const 1)))
            (memory.copy
              (i32.add (local.get $place) (i32.const 152))
              (local.get $value) (local.get $length)))))))

  (func (export "map_insert")
    (param $id i32) (param $key i32) (param $key_length i32) (param $value i32) (param $length i32)
    (param $number i32) (param $table i32) (result i32)
    (local $place i32)
    (local.set $place
      (call $place (local.get $table) (local.get $number) (local.get $key) (local.get $key_length)))
    (if
      (call $holds
        (local.get $place) (local.get $number) (local.get $key) (local.get $key_length))
      (then
        ;; 1: it was deleted, 0: it never was
        (if (i32.le_u (i32.load offset=16 (local.get $place)) (i32.const 1))
          (then
            (if
              (call $record
                (local.get $number) (local.get $key) (local.get $key_length)
                (local.get $value) (local.get $length))
              (then
                (call $update
                  (local.get $place)
                  (local.get $number) (local.get $key) (local.get $key_length)
                  (local.get $value) (local.get $length))
                (return (i32.const 1))))))
        (i64.store (local.get $place) (i64.const 0))))
    (call $host_insert
      (local.get $id)
      (local.get $key) (local.get $key_length) (local.get $value) (local.get $length)))

  (func (export "map_delete")
    (param $id i32) (param $key i32) (param $key_length i32)
    (param $number i32) (param $table i32) (result i32)
    (call $forget
      (local.get $table) (local.get $number) (local.get $key) (local.get $key_length))
    (call $host_delete (local.get $id) (local.get $key) (local.get $key_length)))

  ;; The place with an owner's balance; 0: it can't be kept.
  (func $balance
    (param $id i32) (param $owner i32) (param $length i32) (param $number i32) (param $table i32)
    (result i32)
    (local $place i32) (local $low i64) (local $high i64)
    (local.set $place
      (call $place (local.get $table) (local.get $number) (local.get $owner) (local.get $length)))
    (if
      (i32.or
        (i32.eqz (local.get $place))
        (call $holds
          (local.get $place) (local.get $number) (local.get $owner) (local.get $length)))
      (then (return (local.get $place))))
    (call $host_balance (local.get $id) (local.get $owner) (local.get $length))
    (local.set $high)
    (local.set $low)
    (call $keep_key
      (local.get $place) (local.get $number) (local.get $owner) (local.get $length))
    (i64.store offset=152 (local.get $place) (local.get $low))
    (i64.store offset=160 (local.get $place) (local.get $high))
    (local.get $place))

  (func (export "ft_balance")
    (param $id i32) (param $owner i32) (param $length i32) (param $number i32) (param $table i32)
    (result i64 i64)
    (local $place i32)
    (local.set $place
      (call $balance
        (local.get $id) (local.get $owner) (local.get $length)
        (local.get $number) (local.get $table)))
    (if (local.get $place)
      (then
        (return
          (i64.load offset=152 (local.get $place))
          (i64.load offset=160 (local.get $place)))))
    (call $host_balance (local.get $id) (local.get $owner) (local.get $length)))

  (func (export "ft_mint")
    (param $id i32) (param $amount i64) (param $amount_high i64)
    (param $owner i32) (param $length i32) (param $number i32) (param $table i32) (result i32)
    (call $forget
      (local.get $table) (local.get $number) (local.get $owner) (local.get $length))
    (call $host_mint
      (local.get $id) (local.get $amount) (local.get $amount_high)
      (local.get $owner) (local.get $length)))

  (func (export "ft_burn")
    (param $id i32) (param $amount i64) (param $amount_high i64)
    (param $owner i32) (param $length i32) (param $number i32) (param $table i32) (result i32)
    (call $forget
      (local.get $table) (local.get $number) (local.get $owner) (local.get $length))
    (call $host_burn
      (local.get $id) (local.get $amount) (local.get $amount_high)
      (local.get $owner) (local.get $length)))

  (func (export "ft_transfer")
    (param $id i32) (param $amount i64) (param $amount_high i64)
    (param $sender i32) (param $sender_length i32)
    (param $recipient i32) (param $recipient_length i32)
    (param $number i32) (param $table i32) (result i32)
    (local $from i32) (local $from_low i64) (local $from_high i64)
    (local $to i32) (local $to_low i64) (local $to_high i64) (local $at i32)
    (if (i64.eqz (i64.or (local.get $amount) (local.get $amount_high)))
      (then (return (i32.const 3))))
    (if
      (call $equal
        (local.get $sender) (local.get $sender_length)
        (local.get $recipient) (local.get $recipient_length) (i32.const 1))
      (then (return (i32.const 2))))
    (block $at_once
      ;; movements of 2^96 and more may add up to more than a uint
      (br_if $at_once (i64.ge_u (local.get $amount_high) (i64.const 0x100000000)))
      (local.set $from
        (call $balance
          (local.get $id) (local.get $sender) (local.get $sender_length)
          (local.get $number) (local.get $table)))
      (br_if $at_once (i32.eqz (local.get $from)))
      (local.set $from_low (i64.load offset=152 (local.get $from)))
      (local.set $from_high (i64.load offset=160 (local.get $from)))
      (if
        (i32.or
          (i64.lt_u (local.get $from_high) (local.get $amount_high))
          (i32.and
            (i64.eq (local.get $from_high) (local.get $amount_high))
            (i64.lt_u (local.get $from_low) (local.get $amount))))
        (then (return (i32.const 1))))
      (local.set $to
        (call $balance
          (local.get $id) (local.get $recipient) (local.get $recipient_length)
          (local.get $number) (local.get $table)))
      (br_if $at_once (i32.eqz (local.get $to)))
      ;; the sum; one that is too large is the host's to tell of
      (local.set $to_low
        (i64.add (i64.load offset=152 (local.get $to)) (local.get $amount)))
      (local.set $to_high
        (i64.add
          (i64.add (i64.load offset=160 (local.get $to)) (local.get $amount_high))
          (i64.extend_i32_u (i64.lt_u (local.get $to_low) (local.get $amount)))))
      (br_if $at_once
        (i64.lt_u (local.get $to_high) (i64.load offset=160 (local.get $to))))
      (local.set $from_high
        (i64.sub
          (i64.sub (local.get $from_high) (local.get $amount_high))
          (i64.extend_i32_u (i64.lt_u (local.get $from_low) (local.get $amount)))))
      (local.set $from_low (i64.sub (local.get $from_low) (local.get $amount)))
      (local.set $at
        (call $claim
          (local.get $number) (local.get $sender_length)
          (i32.add (local.get $recipient_length) (i32.const 48))))
      (br_if $at_once (i32.eqz (local.get $at)))
      ;; the sender; the amount, the new balances as they are stored; the recipient
      (memory.copy (local.get $at) (local.get $sender) (local.get $sender_length))
      (local.set $at (i32.add (local.get $at) (local.get $sender_length)))
      (i64.store offset=0 (local.get $at) (local.get $amount))
      (i64.store offset=8 (local.get $at) (local.get $amount_high))
      (i64.store offset=16 (local.get $at) (call $swap (local.get $from_high)))
      (i64.store offset=24 (local.get $at) (call $swap (local.get $from_low)))
      (i64.store offset=32 (local.get $at) (call $swap (local.get $to_high)))
      (i64.store offset=40 (local.get $at) (call $swap (local.get $to_low)))
      (memory.copy
        (i32.add (local.get $at) (i32.const 48))
        (local.get $recipient) (local.get $recipient_length))
      ;; where both belong in one place, it is the recipient's by now
      (i64.store offset=152 (local.get $from) (local.get $from_low))
      (i64.store offset=160 (local.get $from) (local.get $from_high))
      (i64.store offset=152 (local.get $to) (local.get $to_low))
      (i64.store offset=160 (local.get $to) (local.get $to_high))
      (return (i32.const 0)))
    (call $forget
      (local.get $table) (local.get $number) (local.get $sender) (local.get $sender_length))
    (call $forget
      (local.get $table) (local.get $number)
      (local.get $recipient) (local.get $recipient_length))
    (call $host_transfer
      (local.get $id) (local.get $amount) (local.get $amount_high)
      (local.get $sender) (local.get $sender_length)
      (local.get $recipient) (local.get $recipient_length))))
