;; epochs: 4.0
;; copies: 190
(define-private (f (a principal) (b principal)) (is-eq a b))
;; body
(ok (f tx-sender .helper))
;; helper
(define-public (go) (ok u1))
