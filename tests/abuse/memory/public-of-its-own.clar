;; epochs: 4.0
;; copies: 187
(define-data-var v (buff 524288) 0x)
(define-public (put (b (buff 524288))) (begin (var-set v b) (err (len b))))
;; body
(begin (unwrap-err! (put whole) (err u9)) (let ((d whole)) (ok (len d))))
