;; epochs: 4.0
;; copies: 190
;; body
(restrict-assets? tx-sender ((with-stx u1)) true)
