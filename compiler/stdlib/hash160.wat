;; hash160: RIPEMD-160 of SHA-256.
(module
  (import "env" "memory" (memory 1))
  (import "std" "alloc" (func $alloc (param i32) (result i32)))
  (import "std" "sha256" (func $sha256 (param i32 i32 i32)))

  ;; Of the steps of the left line, then of the right: the offset of the word of the message, and
  ;; how far to rotate; of each 16 steps, what is added. Then the words to begin with.
  (global $words i32 (i32.const 64))
  (data (i32.const 64)
    "\00\04\08\0c\10\14\18\1c\20\24\28\2c\30\34\38\3c"
    "\1c\10\34\04\28\18\3c\0c\30\00\24\14\08\38\2c\20"
    "\0c\28\38\10\24\3c\20\04\08\1c\00\18\34\2c\14\30"
    "\04\24\2c\28\00\20\30\10\34\0c\1c\3c\38\14\18\08"
    "\10\00\14\24\1c\30\08\28\38\04\0c\20\2c\18\3c\34"
    "\14\38\1c\00\24\08\2c\10\34\18\3c\20\04\28\0c\30"
    "\18\2c\0c\1c\00\34\14\28\38\3c\20\30\10\24\04\08"
    "\3c\14\04\0c\1c\38\18\24\2c\20\30\08\28\00\10\34"
    "\20\18\10\04\0c\2c\3c\00\14\30\08\34\24\1c\28\38"
    "\30\3c\28\10\04\14\20\1c\18\08\34\38\00\0c\24\2c")
  (global $turns i32 (i32.const 224))
  (data (i32.const 224)
    "\0b\0e\0f\0c\05\08\07\09\0b\0d\0e\0f\06\07\09\08"
    "\07\06\08\0d\0b\09\07\0f\07\0c\0f\09\0b\07\0d\0c"
    "\0b\0d\06\07\0e\09\0d\0f\0e\08\0d\06\05\0c\07\05"
    "\0b\0c\0e\0f\0e\0f\09\08\09\0e\05\06\08\06\05\0c"
    "\09\0f\05\0b\06\08\0d\0c\05\0c\0d\0e\0b\08\05\06"
    "\08\09\09\0b\0d\0f\0f\05\07\07\08\0b\0e\0e\0c\06"
    "\09\0d\0f\07\0c\08\09\0b\07\07\0c\07\06\0f\0d\0b"
    "\09\07\0f\0b\08\06\06\0e\0c\0d\05\0e\0d\0d\07\05"
    "\0f\05\08\0b\0e\0e\06\0e\06\09\0c\09\0c\05\0f\08"
    "\08\05\0c\09\0c\05\0e\06\08\0d\06\05\0f\0d\0b\0b")
  (global $added i32 (i32.const 384))
  (data (i32.const 384)
    "\00\00\00\00\99\79\82\5a\a1\eb\d9\6e\dc\bc\1b\8f\4e\fd\53\a9"
    "\e6\8b\a2\50\24\d1\4d\5c\f3\3e\70\6d\e9\76\6d\7a\00\00\00\00")
  (global $initial i32 (i32.const 424))
  (data (i32.const 424)
    "\01\23\45\67\89\ab\cd\ef\fe\dc\ba\98\76\54\32\10\f0\e1\d2\c3")

  ;; (data, length, 20 bytes for the hash)
  (func (export "hash160") (param $data i32) (param $length i32) (param $out i32)
    (local $block i32)
    ;; the hash as a message of 32 bytes: a 1 bit, zeros, and its length in bits
    (local.set $block (call $alloc (i32.const 64)))
    (call $sha256 (local.get $data) (local.get $length) (local.get $block))
    (memory.fill (i32.add (local.get $block) (i32.const 32)) (i32.const 0) (i32.const 32))
    (i32.store8 offset=32 (local.get $block) (i32.const 0x80))
    (i32.store offset=56 (local.get $block) (i32.const 256))
    (i32.store offset=0x60 (i32.const 0) (local.get $block))
    (call $line (local.get $block) (i32.const 0))
    (call $line (local.get $block) (i32.const 80))
    (call $add (local.get $out)))

  ;; The five words of a line of 80 steps, which begin at $from in the tables.
  (func $line (param $block i32) (param $from i32) (result i32 i32 i32 i32 i32)
    (local $step i32) (local $end i32) (local $t i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32)
    (local.set $a (i32.load offset=0 (global.get $initial)))
    (local.set $b (i32.load offset=4 (global.get $initial)))
    (local.set $c (i32.load offset=8 (global.get $initial)))
    (local.set $d (i32.load offset=12 (global.get $initial)))
    (local.set $e (i32.load offset=16 (global.get $initial)))
    (local.set $step (local.get $from))
    (local.set $end (i32.add (local.get $from) (i32.const 80)))
    (loop $again
      (local.set $t
        (i32.add
          (local.get $e)
          (i32.rotl
            (i32.add
              (i32.add
                (local.get $a)
                (call $mix (local.get $step) (local.get $b) (local.get $c) (local.get $d)))
              (i32.add
                (i32.load
                  (i32.add (local.get $block)
                    (i32.load8_u (i32.add (global.get $words) (local.get $step)))))
                (i32.load
                  (i32.add (global.get $added)
                    (i32.shl (i32.shr_u (local.get $step) (i32.const 4)) (i32.const 2))))))
            (i32.load8_u (i32.add (global.get $turns) (local.get $step))))))
      (local.set $a (local.get $e))
      (local.set $e (local.get $d))
      (local.set $d (i32.rotl (local.get $c) (i32.const 10)))
      (local.set $c (local.get $b))
      (local.set $b (local.get $t))
      (local.set $step (i32.add (local.get $step) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $step) (local.get $end))))
    (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e))

  ;; The five functions in turn, each for 16 steps; the right line takes them from the last.
  (func $mix (param $step i32) (param $x i32) (param $y i32) (param $z i32) (result i32)
    (block $five (block $four (block $three (block $two (block $one
      (br_table $one $two $three $four $five $five $four $three $two $one
        (i32.shr_u (local.get $step) (i32.const 4))))
      (return (i32.xor (i32.xor (local.get $x) (local.get $y)) (local.get $z))))
      (return
        (i32.xor (local.get $z)
          (i32.and (local.get $x) (i32.xor (local.get $y) (local.get $z))))))
      (return
        (i32.xor (local.get $z)
          (i32.or (local.get $x) (i32.xor (local.get $y) (i32.const -1))))))
      (return
        (i32.xor (local.get $y)
          (i32.and (local.get $z) (i32.xor (local.get $x) (local.get $y))))))
    (i32.xor (local.get $x)
      (i32.or (local.get $y) (i32.xor (local.get $z) (i32.const -1)))))

  ;; Add the words of both lines, each shifted, to those that they began with.
  (func $add
    (param $a i32) (param $b i32) (param $c i32) (param $d i32) (param $e i32)
    (param $v i32) (param $w i32) (param $x i32) (param $y i32) (param $z i32)
    (param $out i32)
    (i32.store offset=0 (local.get $out)
      (i32.add (i32.load offset=4 (global.get $initial))
        (i32.add (local.get $c) (local.get $y))))
    (i32.store offset=4 (local.get $out)
      (i32.add (i32.load offset=8 (global.get $initial))
        (i32.add (local.get $d) (local.get $z))))
    (i32.store offset=8 (local.get $out)
      (i32.add (i32.load offset=12 (global.get $initial))
        (i32.add (local.get $e) (local.get $v))))
    (i32.store offset=12 (local.get $out)
      (i32.add (i32.load offset=16 (global.get $initial))
        (i32.add (local.get $a) (local.get $w))))
    (i32.store offset=16 (local.get $out)
      (i32.add (i32.load offset=0 (global.get $initial))
        (i32.add (local.get $b) (local.get $x))))))
