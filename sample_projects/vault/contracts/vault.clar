;; A vault: deposits are locked until a height, and shared out among beneficiaries by weight.

(define-constant ERR_NOTHING (err u200))
(define-constant ERR_LOCKED (err u201))
(define-constant ERR_NO_SUCH_VAULT (err u202))
(define-constant ERR_NOT_OWNER (err u203))
(define-constant ERR_WEIGHTS (err u204))
(define-constant ERR_CLOSED (err u205))
(define-constant VAULT (as-contract tx-sender))

(define-data-var next-id uint u1)
(define-data-var paused bool false)
(define-data-var owner principal tx-sender)
(define-data-var recent (list 5 uint) (list))

(define-map vaults uint
  {owner: principal,
   amount: uint,
   unlock: uint,
   note: (optional (string-utf8 40)),
   shares: (list 8 {who: principal, weight: uint})})
(define-map ids-of principal (list 20 uint))

(define-read-only (get-vault (id uint)) (map-get? vaults id))
(define-read-only (get-ids (who principal)) (default-to (list) (map-get? ids-of who)))
(define-read-only (get-recent) (var-get recent))

(define-private (weigh (share {who: principal, weight: uint}) (sum uint))
  (+ sum (get weight share)))

(define-private (is-weighty (share {who: principal, weight: uint}))
  (> (get weight share) u0))

(define-private (who-of (share {who: principal, weight: uint}))
  (get who share))

(define-read-only (get-beneficiaries (id uint))
  (match (map-get? vaults id)
    vault (map who-of (get shares vault))
    (list)))

(define-private (remember (id uint))
  (let ((old (var-get recent))
        (kept (if (< (len old) u5) old (default-to (list) (slice? old u1 u5)))))
    (var-set recent (unwrap-panic (as-max-len? (append kept id) u5)))))

(define-public (lock
    (amount uint)
    (blocks uint)
    (shares (list 8 {who: principal, weight: uint}))
    (note (optional (string-utf8 40))))
  (let ((id (var-get next-id))
        (weighty (filter is-weighty shares)))
    (asserts! (not (var-get paused)) ERR_CLOSED)
    (asserts! (> amount u0) ERR_NOTHING)
    (asserts! (> (fold weigh weighty u0) u0) ERR_WEIGHTS)
    (try! (stx-transfer? amount tx-sender VAULT))
    (map-insert vaults id
      {owner: tx-sender,
       amount: amount,
       unlock: (+ stacks-block-height blocks),
       note: note,
       shares: weighty})
    (map-set ids-of tx-sender
      (unwrap! (as-max-len? (append (get-ids tx-sender) id) u20) ERR_CLOSED))
    (var-set next-id (+ id u1))
    (remember id)
    (print {event: "lock", id: id, hash: (sha256 id), shares: weighty})
    (ok id)))

(define-private (pay
    (share {who: principal, weight: uint})
    (state (response {amount: uint, total: uint, paid: uint} uint)))
  (let ((now (try! state))
        (part (/ (* (get amount now) (get weight share)) (get total now))))
    (and (> part u0) (try! (as-contract (stx-transfer? part tx-sender (get who share)))))
    (ok (merge now {paid: (+ (get paid now) part)}))))

(define-public (release (id uint))
  (let ((vault (unwrap! (map-get? vaults id) ERR_NO_SUCH_VAULT))
        (shares (get shares vault))
        (total (fold weigh shares u0)))
    (asserts! (>= stacks-block-height (get unlock vault)) ERR_LOCKED)
    (let ((result (try! (fold pay shares
            (ok {amount: (get amount vault), total: total, paid: u0})))))
      (map-delete vaults id)
      (print {event: "release", id: id, paid: (get paid result)})
      (ok (get paid result)))))

(define-public (set-share (id uint) (index uint) (who principal) (weight uint))
  (let ((vault (unwrap! (map-get? vaults id) ERR_NO_SUCH_VAULT))
        (shares (unwrap! (replace-at? (get shares vault) index {who: who, weight: weight})
          ERR_WEIGHTS)))
    (asserts! (is-eq tx-sender (get owner vault)) ERR_NOT_OWNER)
    (asserts! (> weight u0) ERR_WEIGHTS)
    (map-set vaults id (merge vault {shares: shares}))
    (ok (index-of? (get-ids tx-sender) id))))

(define-public (set-paused (value bool))
  (begin
    (asserts! (is-eq tx-sender (var-get owner)) ERR_NOT_OWNER)
    (ok (var-set paused value))))
