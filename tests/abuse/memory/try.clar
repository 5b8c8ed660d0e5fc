;; epochs: 4.0
;; copies: 189
;; body
(ok (len (try! (if (> (len held) u0) (ok whole) (err u7)))))
