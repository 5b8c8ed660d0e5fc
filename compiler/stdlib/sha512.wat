;; SHA-512 and SHA-512/256 (FIPS 180-4): one function that begins with different words.
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))
  (import "std" "swap_bytes" (func $swap_bytes (param i64) (result i64)))

  ;; Of SHA-512 the fractions of the square roots of the first primes; of SHA-512/256 what FIPS 180-4
  ;; computes by SHA-512 itself; the fractions of the cube roots of 80 primes.
  (global $initial i32 (i32.const 64))
  (data (i32.const 64)
    "\08\c9\bc\f3\67\e6\09\6a\3b\a7\ca\84\85\ae\67\bb"
    "\2b\f8\94\fe\72\f3\6e\3c\f1\36\1d\5f\3a\f5\4f\a5"
    "\d1\82\e6\ad\7f\52\0e\51\1f\6c\3e\2b\8c\68\05\9b"
    "\6b\bd\41\fb\ab\d9\83\1f\79\21\7e\13\19\cd\e0\5b")
  (global $initial_256 i32 (i32.const 128))
  (data (i32.const 128)
    "\2c\f7\2b\fc\94\21\31\22\c2\64\4c\c8\a3\5f\55\9f"
    "\51\b1\53\6f\6b\b8\93\23\bd\ea\40\59\19\77\38\96"
    "\e3\ff\8e\a8\e2\3e\28\96\92\39\86\53\25\1e\5e\be"
    "\aa\b8\85\2c\fc\99\01\2b\a2\2c\c5\81\dc\2d\b7\0e")
  (global $k_512 i32 (i32.const 192))
  (data (i32.const 192)
    "\22\ae\28\d7\98\2f\8a\42\cd\65\ef\23\91\44\37\71"
    "\2f\3b\4d\ec\cf\fb\c0\b5\bc\db\89\81\a5\db\b5\e9"
    "\38\b5\48\f3\5b\c2\56\39\19\d0\05\b6\f1\11\f1\59"
    "\9b\4f\19\af\a4\82\3f\92\18\81\6d\da\d5\5e\1c\ab"
    "\42\02\03\a3\98\aa\07\d8\be\6f\70\45\01\5b\83\12"
    "\8c\b2\e4\4e\be\85\31\24\e2\b4\ff\d5\c3\7d\0c\55"
    "\6f\89\7b\f2\74\5d\be\72\b1\96\16\3b\fe\b1\de\80"
    "\35\12\c7\25\a7\06\dc\9b\94\26\69\cf\74\f1\9b\c1"
    "\d2\4a\f1\9e\c1\69\9b\e4\e3\25\4f\38\86\47\be\ef"
    "\b5\d5\8c\8b\c6\9d\c1\0f\65\9c\ac\77\cc\a1\0c\24"
    "\75\02\2b\59\6f\2c\e9\2d\83\e4\a6\6e\aa\84\74\4a"
    "\d4\fb\41\bd\dc\a9\b0\5c\b5\53\11\83\da\88\f9\76"
    "\ab\df\66\ee\52\51\3e\98\10\32\b4\2d\6d\c6\31\a8"
    "\3f\21\fb\98\c8\27\03\b0\e4\0e\ef\be\c7\7f\59\bf"
    "\c2\8f\a8\3d\f3\0b\e0\c6\25\a7\0a\93\47\91\a7\d5"
    "\6f\82\03\e0\51\63\ca\06\70\6e\0e\0a\67\29\29\14"
    "\fc\2f\d2\46\85\0a\b7\27\26\c9\26\5c\38\21\1b\2e"
    "\ed\2a\c4\5a\fc\6d\2c\4d\df\b3\95\9d\13\0d\38\53"
    "\de\63\af\8b\54\73\0a\65\a8\b2\77\3c\bb\0a\6a\76"
    "\e6\ae\ed\47\2e\c9\c2\81\3b\35\82\14\85\2c\72\92"
    "\64\03\f1\4c\a1\e8\bf\a2\01\30\42\bc\4b\66\1a\a8"
    "\91\97\f8\d0\70\8b\4b\c2\30\be\54\06\a3\51\6c\c7"
    "\18\52\ef\d6\19\e8\92\d1\10\a9\65\55\24\06\99\d6"
    "\2a\20\71\57\85\35\0e\f4\b8\d1\bb\32\70\a0\6a\10"
    "\c8\d0\d2\b8\16\c1\a4\19\53\ab\41\51\08\6c\37\1e"
    "\99\eb\8e\df\4c\77\48\27\a8\48\9b\e1\b5\bc\b0\34"
    "\63\5a\c9\c5\b3\0c\1c\39\cb\8a\41\e3\4a\aa\d8\4e"
    "\73\e3\63\77\4f\ca\9c\5b\a3\b8\b2\d6\f3\6f\2e\68"
    "\fc\b2\ef\5d\ee\82\8f\74\60\2f\17\43\6f\63\a5\78"
    "\72\ab\f0\a1\14\78\c8\84\ec\39\64\1a\08\02\c7\8c"
    "\28\1e\63\23\fa\ff\be\90\e9\bd\82\de\eb\6c\50\a4"
    "\15\79\c6\b2\f7\a3\f9\be\2b\53\72\e3\f2\78\71\c6"
    "\9c\61\26\ea\ce\3e\27\ca\07\c2\c0\21\c7\b8\86\d1"
    "\1e\eb\e0\cd\d6\7d\da\ea\78\d1\6e\ee\7f\4f\7d\f5"
    "\ba\6f\17\72\aa\67\f0\06\a6\98\c8\a2\c5\7d\63\0a"
    "\ae\0d\f9\be\04\98\3f\11\1b\47\1c\13\35\0b\71\1b"
    "\84\7d\04\23\f5\77\db\28\93\24\c7\40\7b\ab\ca\32"
    "\bc\be\c9\15\0a\be\9e\3c\4c\0d\10\9c\c4\67\1d\43"
    "\b6\42\3e\cb\be\d4\c5\4c\2a\7e\65\fc\9c\29\7f\59"
    "\ec\fa\d6\3a\ab\6f\cb\5f\17\58\47\4a\8c\19\44\6c")

  ;; (data, length, 64 bytes for the hash)
  (func (export "sha512") (param $data i32) (param $length i32) (param $out i32)
    (memory.copy
      (local.get $out)
      (call $hash_512 (local.get $data) (local.get $length) (global.get $initial))
      (i32.const 64)))

  ;; (data, length, 32 bytes for the hash)
  (func (export "sha512/256") (param $data i32) (param $length i32) (param $out i32)
    (memory.copy
      (local.get $out)
      (call $hash_512 (local.get $data) (local.get $length) (global.get $initial_256))
      (i32.const 32)))

  ;; The hash of $length bytes at $data, as its eight words, big-endian, at the heap's end, which
  ;; stays where it is: the caller copies what it wants of them at once. $initial are the words
  ;; that the hash begins with.
  (func $hash_512 (param $data i32) (param $length i32) (param $initial i32) (result i32)
    (local $state i32) (local $w i32) (local $tail i32) (local $left i32) (local $end i32)
    (local.set $state (call $alloc (i32.const 960)))
    (i32.store offset=0x60 (i32.const 0) (local.get $state))
    (local.set $w (i32.add (local.get $state) (i32.const 64)))
    (local.set $tail (i32.add (local.get $state) (i32.const 704)))
    (memory.copy (local.get $state) (local.get $initial) (i32.const 64))
    (local.set $left (local.get $length))
    (block $last
      (loop $again
        (br_if $last (i32.lt_u (local.get $left) (i32.const 128)))
        (call $mix_512 (local.get $state) (local.get $data) (local.get $w))
        (local.set $data (i32.add (local.get $data) (i32.const 128)))
        (local.set $left (i32.sub (local.get $left) (i32.const 128)))
        (br $again)))
    ;; what is left, a 1 bit, zeros, and the length in bits
    (memory.fill (local.get $tail) (i32.const 0) (i32.const 256))
    (memory.copy (local.get $tail) (local.get $data) (local.get $left))
    (i32.store8 (i32.add (local.get $tail) (local.get $left)) (i32.const 0x80))
    (local.set $end
      (i32.add (local.get $tail)
        (select (i32.const 128) (i32.const 256)
          (i32.lt_u (local.get $left) (i32.const 112)))))
    (i64.store (i32.sub (local.get $end) (i32.const 8))
      (call $swap_bytes (i64.shl (i64.extend_i32_u (local.get $length)) (i64.const 3))))
    (loop $again
      (call $mix_512 (local.get $state) (local.get $tail) (local.get $w))
      (local.set $tail (i32.add (local.get $tail) (i32.const 128)))
      (br_if $again (i32.lt_u (local.get $tail) (local.get $end))))
    ;; big-endian
    (local.set $end (local.get $w))
    (local.set $w (local.get $state))
    (loop $again
      (i64.store (local.get $w) (call $swap_bytes (i64.load (local.get $w))))
      (local.set $w (i32.add (local.get $w) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $w) (local.get $end))))
    (local.get $state))

  ;; Mix the block of 128 bytes at $block into the eight words at $state; $w is room for 80 words.
  (func $mix_512 (param $state i32) (param $block i32) (param $w i32)
    (local $at i32) (local $end i32)
    (local $x i64) (local $y i64) (local $t i64)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local $e i64) (local $f i64) (local $g i64) (local $h i64)
    ;; the message schedule
    (local.set $at (local.get $w))
    (local.set $end (i32.add (local.get $w) (i32.const 128)))
    (loop $again
      (i64.store (local.get $at) (call $swap_bytes (i64.load (local.get $block))))
      (local.set $block (i32.add (local.get $block) (i32.const 8)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $at (local.get $w))
    (local.set $end (i32.add (local.get $w) (i32.const 512)))
    (loop $again
      (local.set $x (i64.load offset=8 (local.get $at)))
      (local.set $y (i64.load offset=112 (local.get $at)))
      (i64.store offset=128 (local.get $at)
        (i64.add
          (i64.add
            (i64.load (local.get $at))
            (i64.xor
              (i64.xor
                (i64.rotr (local.get $x) (i64.const 1))
                (i64.rotr (local.get $x) (i64.const 8)))
              (i64.shr_u (local.get $x) (i64.const 7))))
          (i64.add
            (i64.load offset=72 (local.get $at))
            (i64.xor
              (i64.xor
                (i64.rotr (local.get $y) (i64.const 19))
                (i64.rotr (local.get $y) (i64.const 61)))
              (i64.shr_u (local.get $y) (i64.const 6))))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (local.get $end))))
    ;; the rounds
    (local.set $a (i64.load offset=0 (local.get $state)))
    (local.set $b (i64.load offset=8 (local.get $state)))
    (local.set $c (i64.load offset=16 (local.get $state)))
    (local.set $d (i64.load offset=24 (local.get $state)))
    (local.set $e (i64.load offset=32 (local.get $state)))
    (local.set $f (i64.load offset=40 (local.get $state)))
    (local.set $g (i64.load offset=48 (local.get $state)))
    (local.set $h (i64.load offset=56 (local.get $state)))
    (local.set $at (i32.const 0))
    (loop $again
      (local.set $t
        (i64.add
          (i64.add
            (i64.add
              (local.get $h)
              (i64.load (i32.add (global.get $k_512) (local.get $at))))
            (i64.load (i32.add (local.get $w) (local.get $at))))
          (i64.add
            (i64.xor
              (i64.xor
                (i64.rotr (local.get $e) (i64.const 14))
                (i64.rotr (local.get $e) (i64.const 18)))
              (i64.rotr (local.get $e) (i64.const 41)))
            (i64.xor
              (local.get $g)
              (i64.and (local.get $e) (i64.xor (local.get $f) (local.get $g)))))))
      (local.set $h (local.get $g))
      (local.set $g (local.get $f))
      (local.set $f (local.get $e))
      (local.set $e (i64.add (local.get $d) (local.get $t)))
      (local.set $t
        (i64.add
          (local.get $t)
          (i64.add
            (i64.xor
              (i64.xor
                (i64.rotr (local.get $a) (i64.const 28))
                (i64.rotr (local.get $a) (i64.const 34)))
              (i64.rotr (local.get $a) (i64.const 39)))
            (i64.xor
              (i64.and (local.get $a) (local.get $b))
              (i64.and (local.get $c) (i64.xor (local.get $a) (local.get $b)))))))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (local.get $t))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 640))))
    (i64.store offset=0 (local.get $state)
      (i64.add (i64.load offset=0 (local.get $state)) (local.get $a)))
    (i64.store offset=8 (local.get $state)
      (i64.add (i64.load offset=8 (local.get $state)) (local.get $b)))
    (i64.store offset=16 (local.get $state)
      (i64.add (i64.load offset=16 (local.get $state)) (local.get $c)))
    (i64.store offset=24 (local.get $state)
      (i64.add (i64.load offset=24 (local.get $state)) (local.get $d)))
    (i64.store offset=32 (local.get $state)
      (i64.add (i64.load offset=32 (local.get $state)) (local.get $e)))
    (i64.store offset=40 (local.get $state)
      (i64.add (i64.load offset=40 (local.get $state)) (local.get $f)))
    (i64.store offset=48 (local.get $state)
      (i64.add (i64.load offset=48 (local.get $state)) (local.get $g)))
    (i64.store offset=56 (local.get $state)
      (i64.add (i64.load offset=56 (local.get $state)) (local.get $h)))))
