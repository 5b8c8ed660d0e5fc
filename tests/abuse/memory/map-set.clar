;; epochs: 2.05 4.0
;; copies: 189
(define-map m uint (buff 524288))
;; body
(begin (map-set m u1 whole) (map-set m u1 0x) (map-set m u2 held) (let ((a u1)) (ok a)))
