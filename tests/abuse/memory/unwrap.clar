;; epochs: 4.0
;; copies: 189
;; body
(ok (len (unwrap-panic (some (unwrap! (as-max-len? whole u524288) (err u1))))))
