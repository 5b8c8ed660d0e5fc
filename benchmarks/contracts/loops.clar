;; Loops over the first n of NUMBERS, a constant of a thousand numbers that stands before this text.
(define-map entries uint uint)

(define-private (first-numbers (n uint)) (unwrap-panic (slice? NUMBERS u0 n)))

(define-private (add-square (i uint) (acc uint)) (+ acc (* i i)))
(define-read-only (squares (n uint)) (fold add-square (first-numbers n) u0))

(define-private (set-entry (i uint) (acc uint))
  (begin (map-set entries i acc) (+ acc u1)))
(define-public (set-entries (n uint)) (ok (fold set-entry (first-numbers n) u0)))

(define-private (append-one (i uint) (acc (list 1000 uint)))
  (unwrap-panic (as-max-len? (append acc i) u1000)))
(define-read-only (appended (n uint)) (len (fold append-one (first-numbers n) (list))))
