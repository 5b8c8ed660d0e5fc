;; The root that a leaf and its proof give; the smaller of two hashes comes first.
(define-private (hash-up (sibling (buff 32)) (hash (buff 32)))
  (sha256 (if (< hash sibling) (concat hash sibling) (concat sibling hash))))

(define-read-only (root (leaf (buff 32)) (proof (list 64 (buff 32))))
  (fold hash-up proof leaf))
