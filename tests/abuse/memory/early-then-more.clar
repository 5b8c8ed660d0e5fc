;; epochs: 4.0
;; copies: 185
(define-private (f1 (x (buff 524288)) (k (buff 524288))) (let ((y x) (z x)) (try! (if (> (len k) u0) (err u1) (ok u1))) (ok u2)))
;; body
(let ((r (f1 whole held)) (a whole) (b whole)) (ok (+ (len a) (len b))))
