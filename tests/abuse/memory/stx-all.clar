;; epochs: 4.0
;; copies: 190
;; body
(begin (try! (stx-transfer? u10 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (is-err (stx-transfer? u0 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (is-err (stx-transfer? u1000000000000000000 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (try! (stx-burn? u1 tx-sender)) (is-err (stx-burn? u1000000000000000000 tx-sender)) (let ((a u1)) (ok a)))
