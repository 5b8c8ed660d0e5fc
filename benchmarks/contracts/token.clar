;; A token that anyone may mint: deployed twice, as what goes in and what comes out of the pool.
(impl-trait .traits.token)
(define-fungible-token coin)

(define-public (mint (amount uint) (to principal)) (ft-mint? coin amount to))
(define-public (transfer (amount uint) (from principal) (to principal))
  (begin
    (asserts! (is-eq from tx-sender) (err u4))
    (ft-transfer? coin amount from to)))
(define-read-only (get-balance (owner principal)) (ok (ft-get-balance coin owner)))
