;; epochs: 4.0
;; copies: 190
(define-private (f (a (list 9 (list 9 uint))) (b {k: (list 9 (buff 9))})) (let ((c a) (d b)) (get k d)))
;; body
(ok (len (f (list (list u1) (list u2 u3)) {k: (list 0x01 0x0203)})))
