;; epochs: 4.0
;; copies: 189
(define-map m uint (buff 524288))
;; body
(begin (map-insert m u1 whole) (map-insert m u1 whole) (map-insert m u1 whole) (let ((a u1))
  (ok a)))
