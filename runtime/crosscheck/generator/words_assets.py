"""Productions for data variables, maps, STX and tokens."""

from __future__ import annotations

from compiler.types import (
    BOOL,
    PRINCIPAL,
    UINT,
    BoolType,
    BufferType,
    OptionalType,
    ResponseType,
    TupleType,
    Type,
    UIntType,
)
from runtime.crosscheck.generator.material import DEPLOYER
from runtime.crosscheck.generator.words_control import wanted
from runtime.crosscheck.generator.writer import Made, Scope, Writer, produces

_DONE = ResponseType(BOOL, UINT)
_ACCOUNT = TupleType((("locked", UINT), ("unlock-height", UINT), ("unlocked", UINT)))


@produces("var-get")
def _var_get(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    return f"(var-get {w.var(of)})", of


@produces("var-set", BoolType, writes=True)
def _var_set(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = w.material.pick(w.vars)[1] if w.vars and w.material.chance(0.7) else w.material.type()
    return f"(var-set {w.var(of)} {w.expr(of, s, d)})", BOOL


def _key(w: Writer, of: Type, s: Scope, d: int) -> str:
    # Keys should meet: few different ones.
    if w.material.chance(0.5):
        kept = w.material.rng
        w.material.rng = type(kept)(w.material.pick((1, 2)))
        literal = w.material.literal(of)
        w.material.rng = kept
        return literal
    return w.expr(of, s, d)


@produces("map-get?", OptionalType)
def _map_get(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is not None and not isinstance(want, OptionalType):
        return None
    name, key, value = w.map(None, None if want is None else want.inner)
    return f"(map-get? {name} {_key(w, key, s, d)})", OptionalType(value)


def _map_write(word: str) -> None:
    @produces(word, BoolType, writes=True)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
        name, key, value = w.material.pick(w.maps) if w.maps else w.map(None, None)
        node = "" if word == "map-delete" else f" {w.expr(value, s, d)}"
        return f"({word} {name} {_key(w, key, s, d)}{node})", BOOL


for _word in ("map-set", "map-insert", "map-delete"):
    _map_write(_word)


# --- tokens ------------------------------------------------------------------------------------


def _amount(w: Writer, s: Scope, d: int) -> str:
    if w.material.chance(0.7):
        return f"u{w.material.pick((0, 1, 1, 2, 3, 5, 10, 100, 10**15))}"
    return w.expr(UINT, s, d)


def _party(w: Writer, s: Scope, d: int) -> str:
    n = w.material.rng.random()
    if n < 0.5:
        return "tx-sender"
    if n < 0.8:
        return f"'{DEPLOYER}" if n < 0.65 else w.material.literal_principal()
    return w.expr(PRINCIPAL, s, d)


def _done(want: Type | None) -> bool:
    return want is None or want == _DONE


@produces("ft-get-supply", UIntType)
def _ft_supply(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(ft-get-supply {w.ft()})", UINT


@produces("ft-get-balance", UIntType)
def _ft_balance(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(ft-get-balance {w.ft()} {_party(w, s, d)})", UINT


def _ft_change(word: str, parties: int) -> None:
    @produces(word, ResponseType, writes=True)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        if not _done(want):
            return None
        owners = " ".join(_party(w, s, d) for _ in range(parties))
        return f"({word} {w.ft()} {_amount(w, s, d)} {owners})", _DONE


_ft_change("ft-mint?", 1)
_ft_change("ft-burn?", 1)
_ft_change("ft-transfer?", 2)


@produces("nft-get-owner?", OptionalType)
def _nft_owner(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is not None and want != OptionalType(PRINCIPAL):
        return None
    name, of = w.nft()
    return f"(nft-get-owner? {name} {_key(w, of, s, d)})", OptionalType(PRINCIPAL)


def _nft_change(word: str, parties: int) -> None:
    @produces(word, ResponseType, writes=True)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        if not _done(want):
            return None
        name, of = w.nft()
        owners = " ".join(_party(w, s, d) for _ in range(parties))
        return f"({word} {name} {_key(w, of, s, d)} {owners})", _DONE


_nft_change("nft-mint?", 1)
_nft_change("nft-burn?", 1)
_nft_change("nft-transfer?", 2)


# --- STX ---------------------------------------------------------------------------------------


@produces("stx-get-balance", UIntType)
def _stx_balance(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(stx-get-balance {_party(w, s, d)})", UINT


@produces("stx-account", TupleType)
def _stx_account(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is not None and want != _ACCOUNT:
        return None
    return f"(stx-account {_party(w, s, d)})", _ACCOUNT


@produces("stx-transfer?", ResponseType, writes=True)
def _stx_transfer(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _done(want):
        return None
    return f"(stx-transfer? {_amount(w, s, d)} {_party(w, s, d)} {_party(w, s, d)})", _DONE


@produces("stx-transfer-memo?", ResponseType, writes=True)
def _stx_memo(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _done(want):
        return None
    memo = w.expr(BufferType(34), s, d)
    parties = f"{_party(w, s, d)} {_party(w, s, d)}"
    return f"(stx-transfer-memo? {_amount(w, s, d)} {parties} {memo})", _DONE


@produces("stx-burn?", ResponseType, writes=True)
def _stx_burn(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _done(want):
        return None
    return f"(stx-burn? {_amount(w, s, d)} {_party(w, s, d)})", _DONE
