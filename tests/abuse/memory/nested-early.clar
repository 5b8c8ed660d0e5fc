;; epochs: 3.0 4.0
;; copies: 186
(define-private (f0 (x (buff 524288))) (let ((y x) (z y)) (len z)))
(define-private (f1 (x (buff 524288))) (let
  ((y x) (q (asserts! (is-eq y x) u3)) (z (unwrap! (if (> (len x) u9) none (some y)) u4))) (f0 z)))
;; body
(ok (let ((a (f1 whole)) (b (f1 held))) (f0 whole)))
