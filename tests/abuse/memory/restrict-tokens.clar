;; epochs: 4.0
;; copies: 190
;; body
(restrict-assets? tx-sender ((with-ft .helper "coin" u5) (with-nft .helper "deeds" (list {a: u1, b: 0x01} {a: u2, b: 0x0203}))) true)
;; helper
(define-fungible-token coin) (define-non-fungible-token deeds {a: uint, b: (buff 20)})
