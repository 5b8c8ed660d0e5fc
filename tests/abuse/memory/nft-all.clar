;; epochs: 4.0
;; copies: 190
(define-fungible-token coin) (define-non-fungible-token deed {a: uint, b: (buff 20)})(define-private (id (n uint)) {a: n, b: 0x0102030405})
;; body
(begin (try! (nft-mint? deed (id u1) tx-sender)) (is-err (nft-mint? deed (id u1) tx-sender)) (try! (nft-transfer? deed (id u1) tx-sender 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (try! (nft-burn? deed (id u1) 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (is-err (nft-burn? deed (id u1) 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5)) (let ((a u1)) (ok a)))
