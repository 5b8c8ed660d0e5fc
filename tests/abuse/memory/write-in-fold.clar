;; epochs: 4.0
;; copies: 188
(define-map m uint uint)
(define-private (g (n uint) (acc uint)) (begin (map-set m n acc) (+ n acc)))
;; body
(begin (fold g (list u1 u2 u3 u4 u5) u0) (let ((a whole)) (ok (len a))))
