;; epochs: 4.0
;; copies: 189
;; body
(begin (is-err (restrict-assets? tx-sender () (begin (try! (stx-transfer? u1 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (let ((a whole) (b whole) (c whole)) (len b))))) (let ((d held)) (ok u1)))
