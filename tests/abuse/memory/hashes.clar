;; epochs: 4.0
;; copies: 189
;; body
(ok (len (concat (sha256 whole) (hash160 held))))
