;; Swaps through any pool and sees that enough comes out.
(use-trait token .traits.token)
(use-trait pool .pool-trait.pool)

(define-constant ERR_TOO_LITTLE (err u7))

(define-public (swap (through <pool>) (from <token>) (to <token>) (amount uint) (least uint))
  (let ((out (try! (contract-call? through swap from to amount))))
    (asserts! (>= out least) ERR_TOO_LITTLE)
    (print {event: "swap", in: amount, out: out})
    (ok out)))
