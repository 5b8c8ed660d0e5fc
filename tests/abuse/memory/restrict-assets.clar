;; epochs: 3.4
;; copies: 190
;; body
(restrict-assets? tx-sender ((with-stx u1) (with-stacking u5)) (let ((a u1)) a))
