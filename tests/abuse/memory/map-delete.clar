;; epochs: 4.0
;; copies: 190
(define-map m uint (buff 524288))
;; body
(begin (map-insert m u1 0x) (map-delete m u1) (map-delete m u1) (let ((a u1)) (ok a)))
