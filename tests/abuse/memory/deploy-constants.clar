;; epochs: 2.05 4.0
;; copies: 190
(define-constant number u7)
(define-constant all (list {a: number, b: (some 0x01)} {a: u1, b: none}))
(define-constant pad PAD)
