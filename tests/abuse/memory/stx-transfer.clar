;; epochs: 4.0
;; copies: 190
;; body
(begin (try! (stx-transfer? u10 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (ok u1))
