;; epochs: 4.0
;; copies: 190
(define-private (f (r (response uint (buff 100)))) r)
;; body
(ok (is-ok (f (ok u1))))
