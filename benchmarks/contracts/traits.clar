;; What the router and the pool know of tokens and pools.
(define-trait token
  ((transfer (uint principal principal) (response bool uint))
   (get-balance (principal) (response uint uint))))
