;; epochs: 4.0
;; copies: 189
;; body
(begin (print whole) (ok (is-eq (print {a: u1, b: (list u1)}) {a: u1, b: (list u1)})))
