;; Mints a piece and hands it on.
(define-non-fungible-token piece uint)
(define-data-var last uint u0)

(define-public (mint-and-transfer (to principal))
  (let ((id (+ (var-get last) u1)))
    (var-set last id)
    (try! (nft-mint? piece id tx-sender))
    (try! (nft-transfer? piece id tx-sender to))
    (ok id)))
