;; Sells pieces of any collection: the market holds a piece while it is listed.
(use-trait nft .nft-trait.nft-trait)
(use-trait listener .nft-trait.listener-trait)

(define-constant ERR_NOT_SELLER (err u501))
(define-constant ERR_NOT_LISTED (err u502))
(define-constant ERR_WRONG_COLLECTION (err u503))
(define-constant ERR_PRICE (err u504))
(define-constant ERR_OWN_PIECE (err u505))
(define-constant FEE_PER_MILLE u25)
(define-constant MARKET (as-contract tx-sender))

(define-data-var listings uint u0)
(define-map listed
  {collection: principal, id: uint}
  {seller: principal, price: uint})

(define-read-only (get-listing (collection principal) (id uint))
  (map-get? listed {collection: collection, id: id}))

(define-read-only (get-fee (price uint))
  (/ (* price FEE_PER_MILLE) u1000))

(define-public (list-piece (collection <nft>) (id uint) (price uint))
  (begin
    (asserts! (> price u0) ERR_PRICE)
    (try! (contract-call? collection transfer id tx-sender MARKET))
    (map-set listed {collection: (contract-of collection), id: id} {seller: tx-sender, price: price})
    (var-set listings (+ (var-get listings) u1))
    (ok (var-get listings))))

(define-public (unlist-piece (collection <nft>) (id uint))
  (let ((key {collection: (contract-of collection), id: id})
        (listing (unwrap! (map-get? listed key) ERR_NOT_LISTED))
        (seller (get seller listing)))
    (asserts! (is-eq tx-sender seller) ERR_NOT_SELLER)
    (map-delete listed key)
    (as-contract (contract-call? collection transfer id tx-sender seller))))

(define-public (buy (collection <nft>) (id uint) (tell (optional <listener>)))
  (let ((buyer tx-sender)
        (key {collection: (contract-of collection), id: id})
        (listing (unwrap! (map-get? listed key) ERR_NOT_LISTED))
        (price (get price listing))
        (fee (get-fee price)))
    (asserts! (not (is-eq buyer (get seller listing))) ERR_OWN_PIECE)
    (try! (stx-transfer? (- price fee) buyer (get seller listing)))
    (and (> fee u0) (try! (stx-transfer? fee buyer MARKET)))
    (try! (as-contract (contract-call? collection transfer id tx-sender buyer)))
    (map-delete listed key)
    (match tell
      told (try! (contract-call? told on-sale id price buyer))
      true)
    (print {event: "sale", collection: (contract-of collection), id: id, price: price, fee: fee})
    (ok price)))

;; Several pieces of the sample collection at one price, all or none.
(define-private (list-one (id uint) (result (response uint uint)))
  (match result
    listed-so-far (begin
      (try! (list-piece .collection id listed-so-far))
      (ok listed-so-far))
    problem (err problem)))

(define-public (list-many (ids (list 10 uint)) (price uint))
  (fold list-one ids (ok price)))
