;; epochs: 4.0
;; copies: 190
(define-fungible-token coin) (define-non-fungible-token deed {a: uint, b: (buff 20)})(define-private (id (n uint)) {a: n, b: 0x0102030405})
;; body
(begin (try! (nft-mint? deed (id u1) tx-sender)) (ok u1))
