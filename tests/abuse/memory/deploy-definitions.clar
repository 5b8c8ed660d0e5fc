;; epochs: 4.0
;; copies: 189
(define-data-var kept (buff 524288) (half))
(define-data-var few (list 100 (optional uint)) (list (some u1) none))
(define-map entries {a: uint, b: (list 10 (buff 20))} (response uint (string-ascii 5)))
(define-fungible-token coin u1000)
(define-non-fungible-token deed {a: (string-utf8 7), b: principal})
(define-constant pad PAD)
(define-constant last true)
