;; epochs: 2.05 2.1 3.0 3.3 3.4 4.0
;; copies: 190
;; body
(let ((a u1) (b true) (c 0x0102)) (ok a))
