;; epochs: 3.4
;; copies: 190
;; body
(as-contract? ((with-stx u1)) (let ((a u1)) a))
