;; epochs: 4.0
;; copies: 186
;; body
(begin whole whole whole (ok (is-eq whole held)))
