;; epochs: 4.0
;; copies: 188
;; body
(ok (match (some whole) v (+ (len v) u1) u0))
