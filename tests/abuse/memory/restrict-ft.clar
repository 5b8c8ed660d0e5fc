;; epochs: 4.0
;; copies: 190
;; body
(restrict-assets? tx-sender ((with-ft .helper "*" u5)) true)
;; helper
(define-fungible-token coin) (define-public (go) (ok u1))
