;; What the router knows of a pool.
(use-trait token .traits.token)
(define-trait pool
  ((swap (<token> <token> uint) (response uint uint))))
