;; epochs: 4.0
;; copies: 190
(define-private (g (n uint) (acc (list 8 uint))) (unwrap-panic (as-max-len? (append acc n) u8)))
;; body
(ok (len (fold g (list u1 u2 u3 u4 u5 u6 u7 u8) (list))))
