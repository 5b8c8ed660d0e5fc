;; epochs: 4.0
;; copies: 190
(define-private (f (a uint)) (> (+ a u1) u2))
;; body
(ok (filter f (list u1 u2 u3)))
