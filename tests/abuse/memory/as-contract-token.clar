;; epochs: 4.0
;; copies: 190
;; body
(as-contract? ((with-ft .helper "coin" u5)) true)
;; helper
(define-fungible-token coin) (define-public (go) (ok u1))
