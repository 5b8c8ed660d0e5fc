;; A collection of numbered pieces; it remembers what each was last sold for.
(impl-trait .nft-trait.nft-trait)
(impl-trait .nft-trait.listener-trait)

(define-constant ERR_NOT_OWNER (err u401))
(define-constant ERR_SOLD_OUT (err u402))
(define-constant ERR_NO_SUCH_PIECE (err u404))
(define-constant MAX_PIECES u100)

(define-non-fungible-token piece uint)
(define-data-var last-id uint u0)
(define-map last-price uint {price: uint, buyer: principal, height: uint})

(define-read-only (get-last-token-id) (ok (var-get last-id)))
(define-read-only (get-owner (id uint)) (ok (nft-get-owner? piece id)))
(define-read-only (get-token-uri (id uint))
  (ok (if (is-some (nft-get-owner? piece id))
        (some (concat "https://example.com/piece/" (int-to-ascii id)))
        none)))
(define-read-only (get-last-price (id uint)) (map-get? last-price id))

(define-public (mint)
  (let ((id (+ (var-get last-id) u1)))
    (asserts! (<= id MAX_PIECES) ERR_SOLD_OUT)
    (try! (nft-mint? piece id tx-sender))
    (var-set last-id id)
    (ok id)))

(define-public (transfer (id uint) (from principal) (to principal))
  (let ((owner (unwrap! (nft-get-owner? piece id) ERR_NO_SUCH_PIECE)))
    (asserts! (and (is-eq owner from) (is-eq tx-sender from)) ERR_NOT_OWNER)
    (nft-transfer? piece id from to)))

(define-public (burn (id uint))
  (let ((owner (unwrap! (nft-get-owner? piece id) ERR_NO_SUCH_PIECE)))
    (asserts! (is-eq tx-sender owner) ERR_NOT_OWNER)
    (nft-burn? piece id owner)))

(define-public (on-sale (id uint) (price uint) (buyer principal))
  (begin
    (asserts! (not (is-eq contract-caller tx-sender)) ERR_NOT_OWNER)
    (map-set last-price id {price: price, buyer: buyer, height: stacks-block-height})
    (ok true)))
