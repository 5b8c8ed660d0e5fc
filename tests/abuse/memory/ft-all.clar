;; epochs: 4.0
;; copies: 190
(define-fungible-token coin) (define-non-fungible-token deed {a: uint, b: (buff 20)})(define-private (id (n uint)) {a: n, b: 0x0102030405})
;; body
(begin (try! (ft-mint? coin u100 tx-sender)) (try! (ft-burn? coin u3 tx-sender)) (try! (ft-transfer? coin u4 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (is-err (ft-transfer? coin u400 tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (is-err (ft-burn? coin u400 tx-sender)) (let ((a u1)) (ok a)))
