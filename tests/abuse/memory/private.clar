;; epochs: 2.05 2.1 4.0
;; copies: 188
(define-private (f (x (buff 524288)) (y (buff 524288))) (+ (len x) (len y)))
;; body
(ok (f whole held))
