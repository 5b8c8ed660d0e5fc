;; epochs: 4.0
;; copies: 189
;; body
(ok (get a (merge {a: u1, b: whole} {b: 0x01, c: held})))
