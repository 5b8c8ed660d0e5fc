"""Productions for control, bindings, options and responses, and calls of private functions."""

from __future__ import annotations

from compiler.type_relations import admits
from compiler.types import (
    BOOL,
    INT,
    UINT,
    BoolType,
    BufferType,
    NoType,
    OptionalType,
    ResponseType,
    TupleType,
    Type,
)
from compiler.versions import ClarityVersion
from runtime.crosscheck.generator.writer import Made, Scope, Writer, produces


def wanted(w: Writer, want: Type | None) -> Type:
    """The type wanted, or one made up."""
    return w.material.type() if want is None else want


@produces("if")
def _if(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    return f"(if {w.expr(BOOL, s, d)} {w.expr(of, s, d)} {w.expr(of, s, d)})", of


@produces("let")
def _let(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    bindings = []
    for _ in range(w.material.pick((1, 1, 2, 3))):
        name = w.fresh("x")
        if w.material.chance(0.5):
            held = w.material.type(1)
            # What is bound has the expression's own type, which may be narrower: only where that
            # does not matter may it be used later.
            node = w.exact(held, s) if w.material.chance(0.3) else w.expr(held, s, d)
        else:
            node, held = w.any_word(s, d)
        bindings.append(f"({name} {node})")
        if not _holds_no_type(held):
            s = s.with_names((name, held))
    before = f"{w.plain(s, d)} " if w.material.chance(0.2) else ""
    return f"(let ({' '.join(bindings)}) {before}{w.expr(of, s, d)})", of


def _holds_no_type(of: Type) -> bool:
    match of:
        case NoType():
            return True
        case OptionalType(inner):
            return _holds_no_type(inner)
        case ResponseType(ok, err):
            return _holds_no_type(ok) or _holds_no_type(err)
        case TupleType(fields):
            return any(_holds_no_type(field) for _, field in fields)
        case _:
            return False


@produces("begin")
def _begin(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    before = " ".join(w.plain(s, d) for _ in range(w.material.pick((0, 1, 1, 2))))
    return f"(begin {before} {w.expr(of, s, d)})", of


@produces("print")
def _print(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    return f"(print {w.expr(of, s, d)})", of


@produces("match")
def _match_optional(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    inner = w.material.type(1)
    name = w.fresh("o")
    given = w.optional(inner, s, d)
    bound = s.with_names((name, inner))
    return f"(match {given} {name} {w.expr(of, bound, d)} {w.expr(of, s, d)})", of


@produces("match")
def _match_response(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    good, bad = w.material.type(1), w.material.type(1)
    ok, err = w.fresh("o"), w.fresh("r")
    given = w.response(good, bad, s, d)
    return (
        f"(match {given} {ok} {w.expr(of, s.with_names((ok, good)), d)}"
        f" {err} {w.expr(of, s.with_names((err, bad)), d)})",
        of,
    )


@produces("asserts!", BoolType)
def _asserts(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if s.returns is None or not (want is None or want is BOOL):
        return None
    # Most should hold, or little else would run.
    held = w.expr(BOOL, s, d) if w.material.chance(0.4) else "true"
    return f"(asserts! {held} {w.expr(s.returns, s.deaf(), d)})", BOOL


@produces("unwrap!")
def _unwrap(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if s.returns is None:
        return None
    of = wanted(w, want)
    given = _container(w, of, s, d)
    return f"(unwrap! {given} {w.expr(s.returns, s.deaf(), d)})", of


def _container(w: Writer, of: Type, s: Scope, d: int) -> str:
    if w.material.chance(0.5):
        return w.optional(of, s, d)
    return w.response(of, w.material.type(1), s, d)


@produces("unwrap-err!")
def _unwrap_err(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if s.returns is None:
        return None
    of = wanted(w, want)
    given = w.response(w.material.type(1), of, s, d)
    return f"(unwrap-err! {given} {w.expr(s.returns, s.deaf(), d)})", of


@produces("unwrap-panic")
def _unwrap_panic(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    if w.material.chance(0.7):
        return f"(unwrap-panic (some {w.expr(of, s, d)}))", of
    return f"(unwrap-panic {_container(w, of, s, d)})", of


@produces("unwrap-err-panic")
def _unwrap_err_panic(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    if w.material.chance(0.7):
        return f"(unwrap-err-panic (err {w.expr(of, s, d)}))", of
    return f"(unwrap-err-panic {w.response(w.material.type(1), of, s, d)})", of


@produces("try!")
def _try(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = wanted(w, want)
    match s.returns:
        case ResponseType(_, err):
            return f"(try! {w.response(of, err, s, d)})", of
        case OptionalType():
            return f"(try! {w.optional(of, s, d)})", of
        case _:
            return None


@produces("default-to")
def _default_to(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    return f"(default-to {w.expr(of, s, d)} {w.optional(_wider(w, of), s, d)})", of


def _wider(w: Writer, of: Type) -> Type:
    """At times a tuple with a field more, which the analysis forgets and the value keeps."""
    if not isinstance(of, TupleType) or w.material.chance(0.7):
        return of
    # Of one type each: what unlike ones come to is not the interpreter's (docs/differences.md).
    more: dict[str, Type] = {"more": UINT, "most": BufferType(3), "much": OptionalType(BOOL)}
    name = w.material.pick(tuple(more))
    return TupleType(tuple(sorted({**dict(of.fields), name: more[name]}.items())))


@produces("some", OptionalType)
def _some(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    inner = want.inner if isinstance(want, OptionalType) else w.material.type(1)
    if isinstance(inner, NoType):
        return None
    return f"(some {w.expr(inner, s, d)})", OptionalType(inner)


@produces("ok", ResponseType)
def _ok(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    if isinstance(want, ResponseType):
        return f"(ok {w.expr(want.ok, s, d)})", want
    of = ResponseType(w.material.type(1), w.material.type(1))
    return w.response(of.ok, of.err, s, d), of


@produces("err", ResponseType)
def _err(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not isinstance(want, ResponseType):
        return None
    return f"(err {w.expr(want.err, s, d)})", want


@produces("is-ok", BoolType)
def _is_ok(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(is-ok {w.response(w.material.type(1), w.material.type(1), s, d)})", BOOL


@produces("is-err", BoolType)
def _is_err(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(is-err {w.response(w.material.type(1), w.material.type(1), s, d)})", BOOL


@produces("is-some", BoolType)
def _is_some(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(is-some {w.optional(w.material.type(1), s, d)})", BOOL


@produces("is-none", BoolType)
def _is_none(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(is-none {w.optional(w.material.type(1), s, d)})", BOOL


@produces("define-constant")
def _constant(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = wanted(w, want)
    return w.constant(of), of


@produces("define-private")
def _private(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    params = tuple(w.material.type(1) for _ in range(w.material.pick((0, 1, 1, 2, 3))))
    name = w.function(params, of, writes=s.writes and w.material.chance(0.5))
    return f"({' '.join([name, *(w.expr(each, s, d) for each in params)])})", of


@produces("at-block")
def _at_block(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    inner = Scope(s.names, returns=s.returns, writes=False)
    place = "(unwrap-panic (get-stacks-block-info? id-header-hash (- stacks-block-height u1)))"
    if w.version <= ClarityVersion.CLARITY_2:
        place = "(unwrap-panic (get-block-info? id-header-hash (- block-height u1)))"
    if w.material.chance(0.1):
        place = "0x00"
    w.past += 1
    body = w.expr(of, inner, d)
    w.past -= 1
    return f"(at-block {place} {body})", of


@produces("as-contract")
def _as_contract(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    return f"(as-contract {w.expr(of, s, d)})", of


@produces("contract-call?")
def _contract_call(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    fitting = [
        known
        for known in w.known
        if (s.writes or not known.writes) and (want is None or admits(want, known.returns, w.epoch))
    ]
    if not fitting:
        return None
    known = w.material.pick(fitting)
    if not known.contract.startswith("."):
        # Simnet's tracer charges for a contract's name before the arguments, which we learn of
        # only after them: none may leave early.
        s = s.deaf()
    args = "".join(f" {w.expr(of, s, d)}" for of in known.params)
    return f"(contract-call? {known.contract} {known.name}{args})", known.returns


@produces("tuple", TupleType)
def _tuple(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = want if isinstance(want, TupleType) else w.material.tuple_type()
    fields = list(of.fields)
    w.material.rng.shuffle(fields)
    if w.material.chance(0.4):
        shown = " ".join(f"({name} {w.expr(field, s, d)})" for name, field in fields)
        return f"(tuple {shown})", of
    shown = ", ".join(f"{name}: {w.expr(field, s, d)}" for name, field in fields)
    return f"{{{shown}}}", of


@produces("get")
def _get(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    optional = isinstance(of, OptionalType) and w.material.chance(0.5)
    held = of.inner if isinstance(of, OptionalType) and optional else of
    others = tuple(row for row in w.material.tuple_type(0).fields if row[0] != "b")
    whole = TupleType(tuple(sorted((*others, ("b", held)))))
    if optional:
        return f"(get b {w.optional(whole, s, d)})", of
    return f"(get b {w.expr(whole, s, d)})", of


@produces("merge", TupleType)
def _merge(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = want if isinstance(want, TupleType) else w.material.tuple_type()
    left, right = [], []
    for row in of.fields:
        n = w.material.rng.random()
        if n < 0.6:
            right.append(row)
        if n > 0.4:
            left.append(row)
    if not left:
        left.append(("zz", INT) if want is None else of.fields[0])
    if not right:
        right.append(of.fields[-1])
    made = dict(left) | dict(right)
    first = w.expr(TupleType(tuple(left)), s, d)
    second = w.expr(TupleType(tuple(right)), s, d)
    return f"(merge {first} {second})", TupleType(tuple(sorted(made.items())))


@produces("as-contract?", ResponseType, writes=True)
def _as_contract_safe(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    body = _guarded_body(w, s, want, d)
    if body is None:
        return None
    if w.material.chance(0.3):
        allowed = "(with-all-assets-unsafe)"
        w.used.add("with-all-assets-unsafe")
    else:
        allowed = " ".join(_allowance(w, s, d) for _ in range(w.material.pick((0, 1, 1, 2, 3))))
    return f"(as-contract? ({allowed}) {body[0]})", ResponseType(body[1], UINT)


@produces("restrict-assets?", ResponseType, writes=True)
def _restrict_assets(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    body = _guarded_body(w, s, want, d)
    if body is None:
        return None
    allowed = " ".join(_allowance(w, s, d) for _ in range(w.material.pick((0, 1, 1, 2, 3))))
    owner = "tx-sender" if w.material.chance(0.7) else w.material.literal_principal()
    return f"(restrict-assets? {owner} ({allowed}) {body[0]})", ResponseType(body[1], UINT)


def _guarded_body(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = w.material.scalar()
    if isinstance(want, ResponseType):
        if want.err is not UINT or isinstance(want.ok, ResponseType):
            return None
        of = want.ok
    moves = [f"(is-ok {made[0]})" for made in (_move(w, s, d) for _ in range(2)) if made]
    before = " ".join(moves[: w.material.pick((0, 1, 1, 2))])
    return f"{before} {w.expr(of, s, d)}", of


_MOVES = (
    "stx-transfer?",
    "stx-burn?",
    "stx-transfer-memo?",
    "ft-transfer?",
    "ft-burn?",
    "ft-mint?",
    "nft-transfer?",
    "nft-burn?",
    "nft-mint?",
)


def _move(w: Writer, s: Scope, d: int) -> Made | None:
    return w.word(w.material.pick(_MOVES), s, d)


def _allowance(w: Writer, s: Scope, d: int) -> str:
    words = ["with-stx", "with-ft", "with-nft"]
    if w.version <= ClarityVersion.CLARITY_5:
        words.append("with-stacking")
    else:
        words += ["with-staking", "with-pox"]
    word = w.material.pick(words)
    w.used.add(word)
    contract = w.material.pick(("current-contract", ".lib", "tx-sender"))
    amount = f"u{w.material.pick((0, 1, 5, 10, 100, 10**6))}"
    match word:
        case "with-ft":
            return f'(with-ft {contract} "{w.material.pick((w.ft(), "*", "coin"))}" {amount})'
        case "with-nft":
            name, of = w.nft()
            listed = " ".join(w.expr(of, s, 0) for _ in range(w.material.pick((0, 1, 2))))
            return f'(with-nft {contract} "{w.material.pick((name, "*"))}" (list {listed}))'
        case "with-pox":
            return "(with-pox)"
        case _:
            return f"({word} {w.expr(UINT, s, 0) if w.material.chance(0.3) else amount})"
