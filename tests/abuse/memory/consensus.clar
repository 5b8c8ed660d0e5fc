;; epochs: 4.0
;; copies: 189
;; body
(ok (len (unwrap-panic (to-consensus-buff? whole))))
