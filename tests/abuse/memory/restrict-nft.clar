;; epochs: 4.0
;; copies: 190
;; body
(restrict-assets? tx-sender ((with-nft .helper "a" (list u1 u2 u3))) true)
;; helper
(define-non-fungible-token a uint) (define-public (go) (ok u1))
