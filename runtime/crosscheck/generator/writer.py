"""Writes well-typed expressions: chooses a word that gives the type wanted, and its arguments.

The words themselves are in the `words_*` modules; this one knows scopes, the contract that grows
around the expressions, and how deep to go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from compiler.type_relations import admits
from compiler.types import (
    BOOL,
    NoType,
    OptionalType,
    PrincipalType,
    ResponseType,
    Type,
)
from compiler.versions import ClarityVersion, Epoch
from compiler.words.names import WORD_NAMES
from runtime.crosscheck.generator.material import Material, written

Made = tuple[str, Type]


class Known(NamedTuple):
    """A function that is already deployed: where, its parameters and what it gives."""

    contract: str
    name: str
    params: tuple[Type, ...]
    returns: Type
    writes: bool


class Scope:
    """What an expression may use: names, whether it may write, and what it may return early."""

    __slots__ = ("names", "returns", "writes")

    def __init__(
        self, names: tuple[tuple[str, Type], ...] = (), *, returns: Type | None, writes: bool
    ) -> None:
        self.names = names
        self.returns = returns
        self.writes = writes

    def with_names(self, *names: tuple[str, Type]) -> Scope:
        """This scope and more names."""
        return Scope(self.names + names, returns=self.returns, writes=self.writes)

    def deaf(self) -> Scope:
        """This scope without a way to return early."""
        return Scope(self.names, returns=None, writes=self.writes)


Production = Callable[["Writer", Scope, "Type | None", int], "Made | None"]


class Row(NamedTuple):
    """A way to write a word: what classes of type it can give, and whether it writes."""

    word: str
    gives: tuple[type, ...]
    make: Production
    writes: bool


ROWS: list[Row] = []

# Words that read nothing that a contract keeps in variables and tokens, themselves or by what
# they call.
_TIMELESS = frozenset(
    [
        "+",
        "-",
        "*",
        "/",
        "mod",
        "pow",
        "<",
        "<=",
        ">",
        ">=",
        "and",
        "or",
        "not",
        "is-eq",
        "if",
        "begin",
        "let",
        "some",
        "ok",
        "tuple",
        "merge",
        "concat",
        "append",
        "list",
        "burn-block-height",
        "block-height",
        "stacks-block-height",
        "tenure-height",
        "stx-liquid-supply",
        "chain-id",
        "tx-sender",
        "contract-caller",
        "stx-get-balance",
        "stx-account",
        "get-block-info?",
        "get-stacks-block-info?",
        "get-tenure-info?",
        "get-burn-block-info?",
        "map-get?",
        "nft-get-owner?",
        "sha256",
        "to-int",
        "to-uint",
    ]
)


def produces(word: str, *gives: type, writes: bool = False) -> Callable[[Production], Production]:
    """Registers a production for a word; with no classes named, it can give any type."""

    def register(make: Production) -> Production:
        ROWS.append(Row(word, gives, make, writes))
        return make

    return register


class Writer:
    """A contract being written. What expressions need is defined as they need it."""

    def __init__(
        self,
        material: Material,
        version: ClarityVersion,
        epoch: Epoch,
        known: tuple[Known, ...] = (),
    ) -> None:
        self.material = material
        self.version = version
        self.epoch = epoch
        self.known = known
        self.definitions: list[str] = []
        self.fuel = 0
        self.used: set[str] = set()
        self.vars: list[tuple[str, Type]] = []
        self.maps: list[tuple[str, Type, Type]] = []
        self.constants: list[tuple[str, Type]] = []
        self.fts: list[str] = []
        self.nfts: list[tuple[str, Type]] = []
        self.functions: list[tuple[str, tuple[Type, ...], Type, bool]] = []
        self._names = 0
        self.rows = [row for row in ROWS if self._has(row.word)]
        self._by_class: dict[type, list[Row]] = {}
        self._nesting = 0
        # Inside `at-block`: a variable that was not there yet reads as `none` in the interpreter,
        # whatever its type, so that none is read there.
        self.past = 0

    def _has(self, word: str) -> bool:
        row = WORD_NAMES[word]
        if not row.since <= self.version <= row.until:
            return False
        return word != "at-block" or self.epoch.has_at_block

    def fresh(self, stem: str) -> str:
        """A name that nothing has yet."""
        self._names += 1
        return f"{stem}{self._names}"

    # --- expressions ---------------------------------------------------------------------------

    def expr(self, of: Type, scope: Scope, depth: int) -> str:
        """An expression whose type `of` admits."""
        self.fuel -= 1
        if depth > 0 and self.fuel > 0 and not self.material.chance(0.12):
            rows = self._rows_for(of, scope)
            for _ in range(6):
                if not rows:
                    break
                row = self.material.pick(rows)
                made = row.make(self, scope, of, depth - 1)
                if made is not None:
                    self.used.add(row.word)
                    return made[0]
        return self.leaf(of, scope)

    def leaf(self, of: Type, scope: Scope) -> str:
        """A name or a literal."""
        if scope.names and self.material.chance(0.6):
            names = [name for name, held in scope.names if admits(of, held, self.epoch)]
            if names:
                return self.material.pick(names)
        if isinstance(of, PrincipalType):
            return self.material.pick(
                ("tx-sender", "contract-caller", "tx-sender", self.material.literal(of))
            )
        return self.material.literal(of)

    def any_word(self, scope: Scope, depth: int) -> Made:
        """An expression with a word chosen before its type."""
        self.fuel -= 1
        rows = [row for row in self.rows if scope.writes or not row.writes]
        if self.past:
            rows = [row for row in rows if row.word in _TIMELESS]
        while True:
            row = self.material.pick(rows)
            made = row.make(self, scope, None, depth - 1)
            if made is not None:
                self.used.add(row.word)
                return made

    def word(self, word: str, scope: Scope, depth: int) -> Made | None:
        """An expression with this word, if it can be written here."""
        rows = [row for row in self.rows if row.word == word and (scope.writes or not row.writes)]
        for _ in range(8):
            if not rows:
                return None
            made = self.material.pick(rows).make(self, scope, None, depth - 1)
            if made is not None:
                self.used.add(word)
                return made
        return None

    def _rows_for(self, of: Type, scope: Scope) -> list[Row]:
        kind = type(of)
        rows = self._by_class.get(kind)
        if rows is None:
            rows = [row for row in self.rows if not row.gives or kind in row.gives]
            # Words that give this very class, before those that give anything.
            rows += 2 * [row for row in rows if row.gives]
            self._by_class[kind] = rows
        if self.past:
            return [row for row in rows if row.word in _TIMELESS]
        return rows if scope.writes else [row for row in rows if not row.writes]

    def exact(self, of: Type, scope: Scope) -> str:
        """An expression of exactly this type: literals may have a narrower one."""
        # What is bound by `let` or `match` may be narrower than its scope says; parameters are not.
        names = [name for name, held in scope.names if held == of and name.startswith("p")]
        if names and self.material.chance(0.7):
            return self.material.pick(names)
        if self.past:
            return self.leaf(of, scope)
        return f"(var-get {self.var(of)})"

    def filled(self, of: Type, scope: Scope, depth: int) -> str:
        """An expression of a sequence whose elements' type is known."""
        if self.material.chance(0.3):
            return self.exact(of, scope)
        kept, self.material.fewest = self.material.fewest, 1
        node = self.expr(of, scope, depth)
        self.material.fewest = kept
        return node

    def plain(self, scope: Scope, depth: int) -> str:
        """An expression of any type but a response: one that may stand before others in a body."""
        for _ in range(4):
            node, of = self.any_word(scope, depth)
            if not isinstance(of, ResponseType):
                return node
        return self.expr(BOOL, scope, 0)

    def response(self, ok: Type, err: Type, scope: Scope, depth: int) -> str:
        """A response of which both sides' types are known."""
        of = ResponseType(ok, err)
        n = self.material.rng.random()
        if n < 0.4 or isinstance(ok, NoType):
            return self.exact(of, scope)
        good = f"(ok {self.expr(ok, scope, depth)})"
        bad = f"(err {self.expr(err, scope, depth)})"
        if self.material.chance(0.3):
            good, bad = bad, good
        return f"(if {self.expr(BOOL, scope, depth)} {good} {bad})"

    def optional(self, inner: Type, scope: Scope, depth: int) -> str:
        """An optional of which the inner type is known."""
        n = self.material.rng.random()
        if n < 0.3:
            return self.exact(OptionalType(inner), scope)
        if n < 0.7:
            return f"(some {self.expr(inner, scope, depth)})"
        some = f"(some {self.expr(inner, scope, depth)})"
        return f"(if {self.expr(BOOL, scope, depth)} {some} none)"

    # --- definitions on demand -----------------------------------------------------------------

    def var(self, of: Type) -> str:
        """A data variable of exactly this type."""
        for name, held in self.vars:
            if held == of:
                return name
        name = self.fresh("v")
        self.vars.append((name, of))
        value = self.material.literal(of)
        self.definitions.append(f"(define-data-var {name} {written(of)} {value})")
        return name

    def map(self, key: Type | None, value: Type | None) -> tuple[str, Type, Type]:
        """A map with this key and value, or some map where that is left open."""
        for row in self.maps:
            if (key is None or row[1] == key) and (value is None or row[2] == value):
                return row
        key = self.material.type(1) if key is None else key
        value = self.material.type(2) if value is None else value
        name = self.fresh("m")
        self.maps.append((name, key, value))
        self.definitions.append(f"(define-map {name} {written(key)} {written(value)})")
        return name, key, value

    def ft(self) -> str:
        """A fungible token."""
        if not self.fts or (len(self.fts) < 2 and self.material.chance(0.2)):
            name = self.fresh("ft")
            limit = f" u{self.material.pick((0, 5, 1000, 10**18))}" if self.fts else ""
            self.definitions.append(f"(define-fungible-token {name}{limit})")
            self.fts.append(name)
        return self.material.pick(self.fts)

    def nft(self) -> tuple[str, Type]:
        """A non-fungible token."""
        if not self.nfts or (len(self.nfts) < 2 and self.material.chance(0.2)):
            name = self.fresh("nft")
            of = self.material.type(1)
            self.definitions.append(f"(define-non-fungible-token {name} {written(of)})")
            self.nfts.append((name, of))
        return self.material.pick(self.nfts)

    def constant(self, of: Type) -> str:
        """A constant whose type `of` admits."""
        found = [name for name, held in self.constants if held == of]
        if found and self.material.chance(0.7):
            return self.material.pick(found)
        name = self.fresh("c")
        kept, self.fuel = self.fuel, 6
        value = self.expr(of, Scope(returns=None, writes=False), 2)
        self.fuel = kept
        self.constants.append((name, of))
        self.definitions.append(f"(define-constant {name} {value})")
        return name

    def function(
        self, params: tuple[Type, ...], returns: Type, *, writes: bool, folded: bool = False
    ) -> str:
        """A private function of these types.

        One that is `folded` has exactly the type of its last parameter: the checker's type of a
        `fold` is what the function answers, and need not admit the initial value.
        """
        found = [
            name
            for name, taken, given, wrote in self.functions
            if taken == params and given == returns and wrote <= writes and not folded
        ]
        # A function may not end up calling itself: none is made while too many are being made.
        if found and (self._nesting > 1 or self.material.chance(0.6)):
            return self.material.pick(found)
        name = self.fresh("f")
        names = tuple((f"p{i}", of) for i, of in enumerate(params))
        self._nesting += 1
        kept, self.fuel = self.fuel, 10
        depth = 3 if self._nesting < 3 else 0
        scope = Scope(names, returns=returns, writes=writes)
        body = self.expr(returns, scope, depth)
        if folded:
            body = f"(if true {body} {names[-1][0]})"
        self.fuel = kept
        self._nesting -= 1
        kind = "private" if self.material.chance(0.8) or writes else "read-only"
        shown = " ".join(f"({each} {written(of)})" for each, of in names)
        self.definitions.append(f"(define-{kind} ({name}{' ' if shown else ''}{shown}) {body})")
        self.functions.append((name, params, returns, writes))
        return name

    def source(self) -> str:
        """The contract so far."""
        return "\n".join(self.definitions) + "\n"
