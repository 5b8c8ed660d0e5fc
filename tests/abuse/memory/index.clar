;; epochs: 4.0
;; copies: 190
;; body
(ok (index-of? (list 0x0102 0x01) 0x01))
