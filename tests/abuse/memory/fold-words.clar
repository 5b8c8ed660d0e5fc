;; epochs: 4.0
;; copies: 190
;; body
(ok (+ (fold + (list u1 u2) u3) (len (map xor (list u1 u2) (list u3 u4)))))
