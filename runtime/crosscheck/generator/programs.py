"""Contracts and transactions from a seed: the generator's front door.

A case is a list of operations of the transaction log. What it calls in other contracts is deployed
first, by `prelude`, once for a chain.
"""

from __future__ import annotations

import random
from typing import Final

from msgspec import Struct, field

from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    BufferType,
    ListType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    TupleType,
    Type,
)
from compiler.values import Principal, Value
from compiler.versions import ClarityVersion, Epoch
from runtime.crosscheck.generator import (  # noqa: F401  (the productions register themselves)
    words_assets,
    words_chain,
    words_control,
    words_numbers,
    words_sequences,
)
from runtime.crosscheck.generator.material import DEPLOYER, SENDERS, WALLET, Material, written
from runtime.crosscheck.generator.writer import Known, Scope, Writer
from runtime.reference import Operation, invocation

EXPRESSIONS_PER_CASE: Final = 10

EPOCHS: Final = tuple(
    Epoch.parse(name) for name in ("2.05", "2.1", "2.4", "2.5", "3.0", "3.1", "3.3", "3.4", "4.0")
)


class Case(Struct):
    """What is compared: operations after the prelude; `words` are those that were written."""

    operations: list[Operation]
    words: set[str] = field(default_factory=set)


_LIB: Final = """
(define-fungible-token coin)
(define-non-fungible-token card uint)
(define-data-var count uint u0)
(define-map seen principal uint)
(define-read-only (echo (x int)) x)
(define-read-only (pair (x int) (y uint)) {a: x, b: y})
(define-read-only (names (who principal)) (list who tx-sender contract-caller))
(define-read-only (maybe (x uint)) (if (> x u5) (some x) none))
(define-read-only (cut (x (buff 20))) (as-max-len? x u8))
(define-public (bump (by uint))
  (begin (var-set count (+ (var-get count) by)) (print {count: (var-get count)})
    (ok (var-get count))))
(define-public (bump-then-fail (by uint))
  (begin (var-set count (+ (var-get count) by)) (print by) (err u7)))
(define-public (see (who principal))
  (ok (map-set seen who (+ u1 (default-to u0 (map-get? seen who))))))
(define-public (give (amount uint) (to principal)) (ft-mint? coin amount to))
(define-public (deal (id uint) (to principal)) (nft-mint? card id to))
(define-read-only (get-count) (var-get count))
(define-read-only (sum (xs (list 5 int))) (fold + xs 0))
"""

_SEEN: Final = (
    Known(".lib", "echo", (INT,), INT, False),
    Known(".lib", "pair", (INT, UINT), TupleType((("a", INT), ("b", UINT))), False),
    Known(".lib", "names", (PRINCIPAL,), ListType(PRINCIPAL, 3), False),
    Known(".lib", "maybe", (UINT,), OptionalType(UINT), False),
    Known(".lib", "cut", (BufferType(20),), OptionalType(BufferType(8)), False),
    Known(".lib", "bump", (UINT,), ResponseType(UINT, UINT), True),
    Known(".lib", "bump-then-fail", (UINT,), ResponseType(BOOL, UINT), True),
    Known(".lib", "see", (PRINCIPAL,), ResponseType(BOOL, UINT), True),
    Known(".lib", "give", (UINT, PRINCIPAL), ResponseType(BOOL, UINT), True),
    Known(".lib", "deal", (UINT, PRINCIPAL), ResponseType(BOOL, UINT), True),
    Known(".lib", "get-count", (), UINT, False),
    Known(".lib", "sum", (ListType(INT, 5),), INT, False),
)


def versions_of(epoch: Epoch) -> tuple[ClarityVersion, ...]:
    """The versions of Clarity that can be deployed in an epoch."""
    return tuple(version for version in ClarityVersion if version <= epoch.newest_clarity)


def deployment(
    name: str, code: str, version: ClarityVersion, deployer: str = DEPLOYER
) -> Operation:
    """The operation that deploys a contract."""
    return {
        "op": "deploy",
        "contract": f"{deployer}.{name}",
        "code": code,
        "clarity": int(version),
    }


def prelude(version: ClarityVersion, epoch: Epoch) -> list[Operation]:
    """A fresh chain in an epoch, with the library that the cases call."""
    return [
        {"op": "reset"},
        {"op": "epoch", "epoch": str(epoch)},
        # `at-block` looks back a tenure, which must be one of this epoch's.
        {"op": "mine", "burn" if epoch.has_tenures else "stacks": 3},
        {"op": "mint", "to": WALLET, "amount": "5000"},
        deployment("lib", _LIB, version),
    ]


def expressions(
    seed: str, version: ClarityVersion, epoch: Epoch, count: int = EXPRESSIONS_PER_CASE
) -> Case:
    """A contract with a function for each of `count` expressions, and a call of each."""
    writer = Writer(Material(random.Random(seed)), version, epoch, _SEEN)
    name = f"e{seed}"
    calls = [_function(writer, f"{DEPLOYER}.{name}", f"e{i}") for i in range(count)]
    deploy = deployment(name, writer.source(), version)
    return Case([deploy, *(call for row in calls for call in row)], writer.used)


def _function(w: Writer, contract: str, name: str) -> list[Operation]:
    """A function around an expression, and one to three calls of it."""
    material = w.material
    params = tuple((f"p{i}", material.type(2)) for i in range(material.pick((0, 0, 1, 1, 2, 3))))
    public = material.chance(0.35)
    w.fuel = material.pick((6, 12, 25, 40))
    depth = material.pick((1, 2, 2, 3, 3, 4, 5))
    if public:
        returns: Type = ResponseType(material.type(1), material.type(1))
        scope = Scope(params, returns=returns, writes=True)
        before = " ".join(w.plain(scope, depth) for _ in range(material.pick((1, 1, 2))))
        body = f"(begin {before} {w.expr(returns, scope, 2)})"
    elif material.chance(0.6):
        # A word first, then what it gives: every word gets its turn.
        body, _ = w.any_word(Scope(params, returns=None, writes=False), depth)
    else:
        returns = material.type(2)
        body = w.expr(returns, Scope(params, returns=returns, writes=False), depth)
    shown = "".join(f" ({each} {written(of)})" for each, of in params)
    kind = "public" if public else "read-only"
    w.definitions.append(f"(define-{kind} ({name}{shown}) {body})")
    times = material.pick((1, 2, 3)) if params else 1
    return [
        invocation(
            "call" if public else "read",
            contract,
            name,
            _arguments(material, [of for _, of in params]),
            material.pick(SENDERS),
        )
        for _ in range(times)
    ]


def _arguments(material: Material, types: list[Type]) -> list[Value]:
    """Arguments of these types; now and then a wrong one, or one too many or too few."""
    if material.chance(0.96):
        return [material.value(of) for of in types]
    n = material.rng.random()
    if n < 0.3:
        types = [*types, material.type(1)]
    elif n < 0.6:
        types = types[:-1]
    else:
        # Since Clarity 2 the interpreter takes lists and tuples of any contents where it wants
        # lists and tuples: the wrong ones here are neither.
        wrong = [i for i, of in enumerate(types) if not isinstance(of, ListType | TupleType)]
        if wrong:
            types[material.pick(wrong)] = material.scalar()
    return [material.value(of) for of in types]


def program(seed: str, version: ClarityVersion, epoch: Epoch) -> Case:
    """A contract whose top level runs words too, and calls of its functions."""
    writer = Writer(Material(random.Random(seed)), version, epoch, _SEEN)
    material = writer.material
    name = f"g{seed}"
    calls: list[Operation] = []
    scope = Scope(returns=None, writes=True)
    for i in range(material.pick((2, 3, 4, 6))):
        n = material.rng.random()
        writer.fuel = 15
        if n < 0.3:
            writer.definitions.append(writer.plain(scope, 3))
        elif n < 0.5:
            writer.definitions.append(f"(print {writer.any_word(scope, 3)[0]})")
        elif n < 0.6:
            writer.constant(material.type(2))
        elif n < 0.7:
            of = material.type(2)
            node = writer.expr(of, Scope(returns=None, writes=False), 2)
            var = writer.fresh("w")
            writer.definitions.append(f"(define-data-var {var} {written(of)} {node})")
            writer.vars.append((var, of))
        else:
            calls += _function(writer, f"{DEPLOYER}.{name}", f"e{i}")
    if material.chance(0.7):
        writer.fuel = 15
        writer.definitions.append(writer.any_word(scope, 3)[0])
    if material.chance(0.2):
        # Definitions are sorted by what they need: any order must do.
        material.rng.shuffle(writer.definitions)
    return Case([deployment(name, writer.source(), version), *calls], writer.used)


# --- transactions over several contracts -------------------------------------------------------

_TRAIT: Final = """
(define-trait vault (
  (put (uint principal) (response uint uint))
  (peek (principal) (response uint uint))
  (name () (response (string-ascii 12) uint))))
"""

_TRAIT_PARAMS: Final[tuple[tuple[str, tuple[Type, ...], Type], ...]] = (
    ("put", (UINT, PRINCIPAL), UINT),
    ("peek", (PRINCIPAL,), UINT),
    ("name", (), StringAsciiType(12)),
)


def transactions(seed: str, version: ClarityVersion, epoch: Epoch) -> Case:
    """A trait, contracts that have it, one that uses any of them, and a sequence of calls."""
    material = Material(random.Random(seed))
    traits, user = f"t{seed}", f"u{seed}"
    vaults = [f"k{seed}-{i}" for i in range(material.pick((1, 2, 2)))]
    operations = [deployment(traits, _TRAIT, version)]
    used: set[str] = {"define-trait"}
    targets: list[tuple[str, str, tuple[Type, ...]]] = []
    for vault in vaults:
        writer = Writer(material, version, epoch, _SEEN)
        if material.chance(0.8):
            writer.definitions.append(f"(impl-trait .{traits}.vault)")
            used.add("impl-trait")
        for name, params, good in _TRAIT_PARAMS:
            read_only = name != "put" and material.chance(0.5)
            _method(writer, name, params, ResponseType(good, UINT), writes=not read_only)
            if not read_only:
                targets.append((vault, name, params))
        operations.append(deployment(vault, writer.source(), version))
        used |= writer.used
    known = tuple(
        Known(f".{vault}", name, params, ResponseType(good, UINT), True)
        for vault in vaults
        for name, params, good in _TRAIT_PARAMS
    )
    dynamic = tuple(
        Known("t0", name, params, ResponseType(good, UINT), True)
        for name, params, good in _TRAIT_PARAMS
    )
    writer = Writer(material, version, epoch, _SEEN + known)
    writer.definitions.append(f"(use-trait vault .{traits}.vault)")
    used |= {"use-trait", "contract-of"}
    for i in range(material.pick((1, 2, 3))):
        _dispatcher(writer, f"d{i}", dynamic)
        targets.append((user, f"d{i}", (UINT, PRINCIPAL)))
    operations.append(deployment(user, writer.source(), version))
    used |= writer.used
    for _ in range(material.pick((4, 6, 10))):
        contract, name, taken = material.pick(targets)
        values = [material.value(of) for of in taken]
        if contract == user:
            vault = material.pick((*vaults, *vaults, *vaults, "lib", traits))
            values = [Principal(f"{DEPLOYER}.{vault}"), *values]
        sender = material.pick(SENDERS)
        operations.append(invocation("call", f"{DEPLOYER}.{contract}", name, values, sender))
        if material.chance(0.1):
            operations.append({"op": "mine", "stacks": 1})
    return Case(operations, used)


def _method(
    w: Writer, name: str, params: tuple[Type, ...], of: ResponseType, *, writes: bool
) -> None:
    names = tuple((f"p{i}", each) for i, each in enumerate(params))
    scope = Scope(names, returns=of, writes=writes)
    w.fuel = 20
    body = " ".join(w.plain(scope, 3) for _ in range(w.material.pick((0, 1, 2))))
    shown = "".join(f" ({each} {written(held)})" for each, held in names)
    answer = w.expr(of, scope, 2)
    # Both sides of the answer must be known for the trait: one of each is in every body.
    whole = f"(if true {answer} {w.exact(of, scope)})"
    kind = "public" if writes else "read-only"
    w.definitions.append(f"(define-{kind} ({name}{shown}) (begin {body} {whole}))")


def _dispatcher(w: Writer, name: str, dynamic: tuple[Known, ...]) -> None:
    """A function that calls what it is given, and may undo it."""
    names: tuple[tuple[str, Type], ...] = (("p1", UINT), ("p2", PRINCIPAL))
    returns = ResponseType(w.material.type(1), UINT)
    scope = Scope(names, returns=returns, writes=True)
    kept, w.known = w.known, w.known + dynamic * 3
    w.fuel = 30
    forced = w.material.pick(dynamic)
    w.fuel = 12
    args = "".join(f" {w.expr(of, scope.deaf(), 2)}" for of in forced.params)
    call = _through(w, name, forced.name, args)
    call = w.material.pick((f"(try! {call})", f"(is-ok {call})", f"(is-err {call})"))
    # Only this function has `t0`: what it makes on the way may not call it.
    w.known = kept
    w.fuel = 30
    body = " ".join(w.plain(scope, 3) for _ in range(w.material.pick((1, 2, 3))))
    seen = w.material.pick(("", "(print (contract-of t0))"))
    answer = w.expr(returns, scope, 2)
    w.definitions.append(
        f"(define-public ({name} (t0 <vault>) (p1 uint) (p2 principal))"
        f" (begin {body} {seen} {call} {answer}))"
    )


def _through(w: Writer, name: str, method: str, args: str) -> str:
    """A call of what `t0` is: directly, or by another name where traits can be bound."""
    direct = f"(contract-call? t0 {method}{args})"
    n = w.material.rng.random()
    if n < 0.4:
        return direct
    if n < 0.6 or not w.version.casts_traits:
        helper = f"{name}-by"
        body = f"(contract-call? t1 {method}{args.replace(' p', ' q')})"
        if " p" in args and ("(" in args or "{" in args):
            return direct
        w.definitions.append(
            f"(define-private ({helper} (t1 <vault>) (q1 uint) (q2 principal)) {body})"
        )
        return f"({helper} t0 p1 p2)"
    if n < 0.75:
        return f"(let ((t1 t0)) (contract-call? t1 {method}{args}))"
    if n < 0.9:
        return f"(match (some t0) t1 (contract-call? t1 {method}{args}) {direct})"
    return f"(match (element-at (list t0 t0) u1) t1 (contract-call? t1 {method}{args}) {direct})"
