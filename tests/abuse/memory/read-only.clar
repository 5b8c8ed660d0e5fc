;; epochs: 4.0
;; copies: 187
(define-read-only (get-it (b (buff 524288))) (let ((c b)) (len c)))
;; body
(ok (get-it whole))
