;; epochs: 3.0
;; copies: 190
;; body
(as-contract (let ((a u1)) (ok a)))
