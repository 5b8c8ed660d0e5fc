;; epochs: 4.0
;; copies: 190
(define-private (f (a (string-ascii 9)) (b (string-utf8 9))) (concat b u"x"))
;; body
(ok (len (f "abc" u"\u{1F600}")))
