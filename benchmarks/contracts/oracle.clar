;; Prices signed by one key, which is recovered from every signature.
(define-constant ERR_SIGNATURE (err u1))
(define-constant ERR_SIGNER (err u2))

(define-data-var signer (buff 33) 0x)
(define-map prices uint {price: uint, height: uint})

(define-public (set-signer (key (buff 33))) (ok (var-set signer key)))

(define-private (update-one
    (update {asset: uint, price: uint, signature: (buff 65)})
    (done (response uint uint)))
  (let ((count (try! done))
        (message (sha256 (unwrap-panic (to-consensus-buff?
          {asset: (get asset update), price: (get price update)}))))
        (key (unwrap! (secp256k1-recover? message (get signature update)) ERR_SIGNATURE)))
    (asserts! (is-eq key (var-get signer)) ERR_SIGNER)
    (map-set prices (get asset update) {price: (get price update), height: stacks-block-height})
    (ok (+ count u1))))

(define-public (update-prices
    (updates (list 50 {asset: uint, price: uint, signature: (buff 65)})))
  (fold update-one updates (ok u0)))
