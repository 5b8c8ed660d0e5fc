;; epochs: 4.0
;; copies: 190
(use-trait t .helper.t)(define-private (take (x <t>)) (contract-call? x go u1))(define-private (call-it (x <t>)) (take x))
;; body
(call-it .helper)
;; helper
(define-trait t ((go (uint) (response uint uint))))(define-public (go (n uint)) (ok (+ n u1)))
