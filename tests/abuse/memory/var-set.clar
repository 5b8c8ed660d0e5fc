;; epochs: 4.0
;; copies: 189
(define-data-var v (buff 524288) 0x)
;; body
(begin (var-set v whole) (var-set v 0x) (ok (len (var-get v))))
