;; epochs: 2.05 4.0
;; copies: 189
(define-private (g (n uint) (acc (buff 524288))) (unwrap-panic
  (as-max-len? (concat 0x (if (> n u2) acc 0x01)) u524288)))
;; body
(ok (len (fold g (list u1 u2 u3) whole)))
