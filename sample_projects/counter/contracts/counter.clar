;; Counts: one number for all, and one for each principal.

(define-constant ERR_UNDERFLOW (err u100))
(define-constant ERR_NOT_OWNER (err u101))
(define-constant ERR_TOO_LARGE (err u102))
(define-constant MAX_STEP u1000)

(define-data-var total uint u0)
(define-data-var owner principal tx-sender)
(define-map counts principal uint)

(define-read-only (get-total)
  (var-get total))

(define-read-only (get-count (who principal))
  (default-to u0 (map-get? counts who)))

(define-read-only (get-summary (who principal))
  {total: (var-get total), mine: (get-count who), height: stacks-block-height})

(define-public (increment)
  (add u1))

(define-public (add (step uint))
  (let ((mine (+ (get-count tx-sender) step)))
    (asserts! (<= step MAX_STEP) ERR_TOO_LARGE)
    (map-set counts tx-sender mine)
    (var-set total (+ (var-get total) step))
    (print {event: "add", who: tx-sender, step: step, mine: mine})
    (ok mine)))

(define-public (decrement)
  (let ((mine (get-count tx-sender)))
    (asserts! (> mine u0) ERR_UNDERFLOW)
    (map-set counts tx-sender (- mine u1))
    (var-set total (- (var-get total) u1))
    (ok (- mine u1))))

;; What others counted is kept: the total is set to zero for a new round.
(define-public (reset)
  (begin
    (asserts! (is-eq tx-sender (var-get owner)) ERR_NOT_OWNER)
    (print {event: "reset", total: (var-get total)})
    (ok (var-set total u0))))
