;; epochs: 4.0
;; copies: 190
(define-public (back (n uint)) (ok n))
;; body
(ok (unwrap-panic (contract-call? .helper go u3)))
;; helper
(define-private (f (n uint) (m uint)) (+ n m))(define-public (go (n uint)) (ok (fold f (list n u1 u2) u0)))
