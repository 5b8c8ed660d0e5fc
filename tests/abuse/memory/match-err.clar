;; epochs: 4.0
;; copies: 188
;; body
(match (if (> (len held) u0) (err whole) (ok u1)) v (ok v) e (ok (+ (len e) u1)))
