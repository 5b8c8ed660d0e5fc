;; epochs: 4.0
;; copies: 186
(define-map m (buff 524288) uint)
;; body
(begin (map-set m whole u1) (map-delete m whole) (map-delete m whole) (map-insert m held u1) (let ((a u1)) (ok a)))
