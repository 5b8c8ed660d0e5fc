;; epochs: 4.0
;; copies: 190
(define-data-var v uint u0)
;; body
(ok (restrict-assets? tx-sender () (begin (try! (stx-transfer? u1 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (var-set v u1) (try! (restrict-assets? tx-sender ((with-stx u1) (with-stx u2) (with-stx u3)) true)))))
