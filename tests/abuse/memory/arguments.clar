;; epochs: 2.05 2.1 3.0 3.3 3.4 4.0
;; copies: 190
;; body
(begin (+ u1 u2) (ok u1))
