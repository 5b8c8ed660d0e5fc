;; epochs: 4.0
;; copies: 190
;; body
(ok (+ u1 (* u2 (- u9 u3)) (mod (pow u2 u3) u5)))
