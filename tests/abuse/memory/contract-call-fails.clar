;; epochs: 3.0 4.0
;; copies: 185
;; body
(match (contract-call? .helper go whole) n (ok n) e (let ((a whole) (b whole) (c whole))
  (ok (+ e (len c)))))
;; helper
(define-data-var kept (buff 524288) 0x)
(define-public (go (b (buff 524288))) (let ((c b)) (var-set kept c)
  (if (is-eq b 0x) (ok u1) (err (len c)))))
