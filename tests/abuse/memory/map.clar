;; epochs: 4.0
;; copies: 190
(define-private (f (a uint) (b bool) (c (buff 4))) (some {a: a, b: b, c: c}))
;; body
(ok (map f (list u1 u2) (list true false) (list 0x01 0x)))
