;; epochs: 4.0
;; copies: 188
;; body
(restrict-assets? tx-sender () (let ((a whole)) (len a)))
