;; epochs: 4.0
;; copies: 186
(define-map entries uint (buff 524288))
(define-private (f (x (buff 524288)) (y uint)) (let ((z x)) (+ y (len z))))
(define-constant pad PAD)
(map-set entries u1 c0)
(f c1 (len pad))
(let ((a pad)) (map-delete entries u1) (match (map-get? entries u1) v (len v) u0))
(define-data-var kept uint (+ u1 u2))
