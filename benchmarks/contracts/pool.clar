;; A pool of two tokens whose product stays constant, less a fee of 0.3 %.
(use-trait token .traits.token)
(impl-trait .pool-trait.pool)

(define-constant POOL (as-contract tx-sender))

(define-public (swap (from <token>) (to <token>) (amount uint))
  (let ((trader tx-sender)
        (reserve-in (try! (contract-call? from get-balance POOL)))
        (reserve-out (try! (contract-call? to get-balance POOL)))
        (paid (* amount u997))
        (out (/ (* paid reserve-out) (+ (* reserve-in u1000) paid))))
    (try! (contract-call? from transfer amount trader POOL))
    (try! (as-contract (contract-call? to transfer out POOL trader)))
    (ok out)))
