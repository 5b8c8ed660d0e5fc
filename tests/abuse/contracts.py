"""Contracts that try to use too much, and how each is called; recorded by `record.py`.

Each is run in epoch 4.0 by the deployer, its functions without arguments.
"""

from __future__ import annotations

from typing import NamedTuple


class Abuse(NamedTuple):
    """A contract, and the function that is called; none where the deployment does it all."""

    name: str
    source: str
    function: str | None = None


def _times(count: int, text: str) -> str:
    return " ".join([text] * count)


_HUNDRED = f"(list {_times(100, 'u1')})"
_FORTY = f"(list {_times(40, 'u1')})"
_MEGABYTE = "\n".join(
    (
        "(define-private (twice (i uint) (b (buff 524288)))",
        "  (unwrap-panic (as-max-len? (concat b (unwrap-panic (as-max-len? b u262144))) u524288)))",
        f"(define-private (half) (fold twice (list {_times(18, 'u1')}) 0x0102))",
    )
)


def _nested(depth: int) -> Abuse:
    source = f"(define-public (run) (ok {'(+ 1 ' * depth}1{')' * depth}))"
    return Abuse(f"nested-{depth}", source, "run")


def _call_chain() -> Abuse:
    functions = ["(define-private (f0 (n uint)) n)"]
    functions += [f"(define-private (f{i} (n uint)) (f{i - 1} n))" for i in range(1, 200)]
    return Abuse(
        "call-chain", "\n".join([*functions, "(define-public (run) (ok (f199 u1)))"]), "run"
    )


def _loops_in_loops() -> Abuse:
    functions = ["(define-private (f0 (n uint) (sum uint)) (+ n sum))"]
    functions += [
        f"(define-private (f{i} (n uint) (sum uint)) (fold f{i - 1} {_HUNDRED} sum))"
        for i in range(1, 6)
    ]
    functions.append("(define-public (run) (ok (f5 u1 u0)))")
    return Abuse("loops-in-loops", "\n".join(functions), "run")


def _hash_flood() -> Abuse:
    functions = [
        _MEGABYTE,
        "(define-private (h0 (n uint) (b (buff 524288)))",
        "  (begin (sha512 b) (sha512 b) (sha512 b) (sha512 b) b))",
        f"(define-private (h1 (n uint) (b (buff 524288))) (fold h0 {_HUNDRED} b))",
        f"(define-private (h2 (n uint) (b (buff 524288))) (fold h1 {_HUNDRED} b))",
        "(define-public (run) (ok (len (h2 u1 (half)))))",
    ]
    return Abuse("hash-flood", "\n".join(functions), "run")


def _map_flood() -> Abuse:
    functions = [
        "(define-map seen uint uint)",
        "(define-data-var next uint u0)",
        "(define-private (m0 (n uint) (x uint))",
        "  (begin (map-set seen x x) (+ x u1)))",
        f"(define-private (m1 (n uint) (x uint)) (fold m0 {_HUNDRED} x))",
        f"(define-private (m2 (n uint) (x uint)) (fold m1 {_HUNDRED} x))",
        f"(define-private (m3 (n uint) (x uint)) (fold m2 {_HUNDRED} x))",
        "(define-public (run) (ok (m3 u1 u0)))",
    ]
    return Abuse("map-flood", "\n".join(functions), "run")


def _write_flood() -> Abuse:
    functions = [
        _MEGABYTE,
        "(define-map seen uint (buff 524288))",
        "(define-private (w0 (n uint) (at {x: uint, b: (buff 524288)}))",
        "  (begin (map-set seen (get x at) (get b at)) (merge at {x: (+ (get x at) u1)})))",
        f"(define-private (w1 (n uint) (at {{x: uint, b: (buff 524288)}})) (fold w0 {_HUNDRED} at))",
        "(define-public (run) (ok (get x (w1 u1 {x: u0, b: (half)}))))",
    ]
    return Abuse("write-flood", "\n".join(functions), "run")


def _quadratic_concat() -> Abuse:
    functions = [
        "(define-private (c0 (n uint) (b (buff 900000)))",
        "  (unwrap-panic (as-max-len? (concat 0x00 b) u900000)))",
        f"(define-private (c1 (n uint) (b (buff 900000))) (fold c0 {_HUNDRED} b))",
        f"(define-private (c2 (n uint) (b (buff 900000))) (fold c1 {_HUNDRED} b))",
        f"(define-private (c3 (n uint) (b (buff 900000))) (fold c2 {_HUNDRED} b))",
        "(define-public (run) (ok (len (c3 u1 0x))))",
    ]
    return Abuse("quadratic-concat", "\n".join(functions), "run")


def _copies() -> Abuse:
    functions = [
        _MEGABYTE,
        "(define-private (r0 (n uint) (b (buff 524288)))",
        "  (unwrap-panic (replace-at? b n 0xff)))",
        f"(define-private (r1 (n uint) (b (buff 524288))) (fold r0 {_HUNDRED} b))",
        f"(define-private (r2 (n uint) (b (buff 524288))) (fold r1 {_HUNDRED} b))",
        "(define-public (run) (ok (len (r2 u1 (half)))))",
    ]
    return Abuse("copies", "\n".join(functions), "run")


def _huge_lists() -> Abuse:
    row = f"(list {_times(500, 'u1')})"
    functions = [
        "(define-private (same (n uint) (m uint)) (+ n m))",
        f"(define-private (l0 (n uint) (x (list 500 uint))) (map same x {row}))",
        f"(define-private (l1 (n uint) (x (list 500 uint))) (fold l0 {_HUNDRED} x))",
        f"(define-private (l2 (n uint) (x (list 500 uint))) (fold l1 {_HUNDRED} x))",
        f"(define-public (run) (ok (len (l2 u1 {row}))))",
    ]
    return Abuse("huge-lists", "\n".join(functions), "run")


def _held_values() -> Abuse:
    bindings = " ".join(f"(b{i} whole)" for i in range(250))
    functions = [
        _MEGABYTE,
        f"(define-public (run) (let ((whole (half)) {bindings}) (ok (len b249))))",
    ]
    return Abuse("held-values", "\n".join(functions), "run")


def _big_lists_in_lists() -> Abuse:
    functions = [
        _MEGABYTE,
        "(define-public (run) (let ((b (half))) (ok (len (list b b b b)))))",
    ]
    return Abuse("value-too-large", "\n".join(functions), "run")


def _loads() -> Abuse:
    # Each call loads the whole contract again, comments included.
    comment = "\n".join(";; " + "x" * 997 for _ in range(100))
    callee = f"{comment}\n(define-read-only (nothing) u0)"
    return Abuse("loaded", callee)


def _load_flood() -> Abuse:
    functions = [
        "(define-private (n0 (n uint) (sum uint)) (+ sum (contract-call? .loaded nothing)))",
        f"(define-private (n1 (n uint) (sum uint)) (fold n0 {_HUNDRED} sum))",
        f"(define-private (n2 (n uint) (sum uint)) (fold n1 {_HUNDRED} sum))",
        "(define-public (run) (ok (n2 u1 u0)))",
    ]
    return Abuse("load-flood", "\n".join(functions), "run")


def _print_flood() -> Abuse:
    functions = [
        _MEGABYTE,
        "(define-private (p0 (n uint) (b (buff 524288))) (print b))",
        f"(define-private (p1 (n uint) (b (buff 524288))) (fold p0 {_HUNDRED} b))",
        f"(define-private (p2 (n uint) (b (buff 524288))) (fold p1 {_HUNDRED} b))",
        "(define-public (run) (ok (len (p2 u1 (half)))))",
    ]
    return Abuse("print-flood", "\n".join(functions), "run")


def _serialize_flood() -> Abuse:
    functions = [
        _MEGABYTE,
        "(define-private (s0 (n uint) (sum uint))",
        "  (+ sum (len (unwrap-panic (to-consensus-buff? (var-get kept))))))",
        "(define-data-var kept (buff 524288) 0x)",
        f"(define-private (s1 (n uint) (sum uint)) (fold s0 {_HUNDRED} sum))",
        f"(define-private (s2 (n uint) (sum uint)) (fold s1 {_HUNDRED} sum))",
        "(define-public (run) (begin (var-set kept (half)) (ok (s2 u1 u0))))",
    ]
    return Abuse("serialize-flood", "\n".join(functions), "run")


def _kept_values() -> Abuse:
    # What each iteration leaves over is freed, what it keeps is not: the answer tells.
    kept = (
        "{b: (buff 200), l: (list 200 uint), u: (optional (string-utf8 8)), w: principal,"
        " r: (response (string-ascii 9) (buff 3))}"
    )
    functions = [
        _MEGABYTE,
        "(define-data-var whole (buff 524288) 0x)",
        "(define-private (waste) (len (unwrap-panic (to-consensus-buff? (var-get whole)))))",
        f"(define-private (k0 (n uint) (at {kept}))",
        "  (begin (waste) {",
        "    b: (unwrap-panic (as-max-len? (concat (get b at) 0x07) u200)),",
        "    l: (unwrap-panic (as-max-len? (append (get l at) (waste)) u200)),",
        '    u: (if (is-eq (mod (len (get l at)) u2) u0) none (some u"\\u{1F600}ok")),',
        "    w: (if (is-some (get u at)) tx-sender current-contract),",
        '    r: (if (is-some (get u at)) (ok "fine") (err (unwrap-panic (slice? 0x010203 u1 u3)))) }))',
        "(define-public (run) (begin (var-set whole (half))",
        f'  (ok (fold k0 {_FORTY} {{b: 0x, l: (list), u: none, w: tx-sender, r: (ok "")}}))))',
    ]
    return Abuse("kept-values", "\n".join(functions), "run")


def _boxes() -> Abuse:
    source = f"(define-public (run) (ok {'(some ' * 40}u1{')' * 40}))"
    return Abuse("deep-type", source, "run")


CONTRACTS = (
    _nested(30),
    _nested(150),
    _nested(5_000),
    _boxes(),
    _call_chain(),
    _loops_in_loops(),
    _hash_flood(),
    _map_flood(),
    _write_flood(),
    _quadratic_concat(),
    _copies(),
    _huge_lists(),
    _held_values(),
    _big_lists_in_lists(),
    _loads(),
    _load_flood(),
    _print_flood(),
    _serialize_flood(),
    _kept_values(),
)
