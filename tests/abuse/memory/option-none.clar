;; epochs: 4.0
;; copies: 190
;; body
(let ((a (if true none (some u1)))) (ok (default-to u7 a)))
