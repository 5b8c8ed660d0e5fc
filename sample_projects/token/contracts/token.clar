;; A fungible token whose owner can mint.
(impl-trait .ft-trait.ft-trait)

(define-constant ERR_NOT_OWNER (err u100))
(define-constant ERR_NOT_SENDER (err u101))
(define-constant ERR_TOO_MANY (err u102))
(define-constant MAX_SUPPLY u1000000000000)

(define-fungible-token sample MAX_SUPPLY)
(define-data-var owner principal tx-sender)
(define-data-var uri (optional (string-utf8 256)) (some u"https://example.com/sample.json"))

(define-read-only (get-name) (ok "Sample Token"))
(define-read-only (get-symbol) (ok "SMPL"))
(define-read-only (get-decimals) (ok u6))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance sample who)))
(define-read-only (get-total-supply) (ok (ft-get-supply sample)))
(define-read-only (get-token-uri) (ok (var-get uri)))

(define-private (is-owner)
  (is-eq tx-sender (var-get owner)))

(define-public (transfer (amount uint) (from principal) (to principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender from) ERR_NOT_SENDER)
    (try! (ft-transfer? sample amount from to))
    (match memo note (begin (print note) true) true)
    (ok true)))

(define-public (mint (amount uint) (to principal))
  (begin
    (asserts! (is-owner) ERR_NOT_OWNER)
    (asserts! (<= (+ (ft-get-supply sample) amount) MAX_SUPPLY) ERR_TOO_MANY)
    (ft-mint? sample amount to)))

(define-public (burn (amount uint))
  (ft-burn? sample amount tx-sender))

(define-public (set-owner (new-owner principal))
  (begin
    (asserts! (is-owner) ERR_NOT_OWNER)
    (ok (var-set owner new-owner))))

(define-public (set-token-uri (new-uri (optional (string-utf8 256))))
  (begin
    (asserts! (is-owner) ERR_NOT_OWNER)
    (print {notification: "token-metadata-update", uri: new-uri})
    (ok (var-set uri new-uri))))

;; Pay up to five at once; the sum of what was paid.
(define-private (pay (item {to: principal, amount: uint}) (sum (response uint uint)))
  (let ((paid (try! sum)))
    (try! (transfer (get amount item) tx-sender (get to item) none))
    (ok (+ paid (get amount item)))))

(define-public (pay-many (items (list 5 {to: principal, amount: uint})))
  (fold pay items (ok u0)))
