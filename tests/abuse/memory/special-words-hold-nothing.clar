;; epochs: 4.0
;; copies: 190
;; body
(ok (and (< u1 u2) (is-some (some u1)) (or true false)))
