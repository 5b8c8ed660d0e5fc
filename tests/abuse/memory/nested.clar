;; epochs: 4.0
;; copies: 184
(define-private (f0 (x (buff 524288))) (+ (len x) u1))
(define-private (f1 (x (buff 524288))) (let ((y x)) (f0 y)))
(define-private (f2 (x (buff 524288))) (+ (f1 x) (f0 x)))
(define-private (f3 (x (buff 524288))) (if (> (f0 x) u7) (f2 x) u0))
;; body
(ok (f3 whole))
