;; epochs: 4.0
;; copies: 190
;; body
(ok (secp256k1-verify (sha256 held) 0x00 0x00))
