;; The functions of SIP-009, and a listener that a market tells of sales.
(define-trait nft-trait
  ((get-last-token-id () (response uint uint))
   (get-token-uri (uint) (response (optional (string-ascii 256)) uint))
   (get-owner (uint) (response (optional principal) uint))
   (transfer (uint principal principal) (response bool uint))))

(define-trait listener-trait
  ((on-sale (uint uint principal) (response bool uint))))
