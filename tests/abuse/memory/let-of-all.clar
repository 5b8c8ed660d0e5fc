;; epochs: 4.0
;; copies: 190
;; body
(let ((a (list u1 u2)) (b {x: 1, y: (some 0x01)}) (c none) (d tx-sender)) (ok (is-none (if true none (some u1)))))
