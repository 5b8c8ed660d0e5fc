;; epochs: 2.1
;; copies: 190
;; body
(ok (at-block (unwrap-panic (get-block-info? id-header-hash u1)) (let ((a u1)) a)))
