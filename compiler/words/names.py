"""Every word of the language: its kind and the Clarity versions that have it.

The one place that says since when and until when a word exists (the interpreter's
`NativeFunctions`, `NativeVariables` and `DefineFunctions`); parser, checker and code
generation all ask here.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from compiler.versions import ClarityVersion

Kind = Literal["definition", "function", "keyword"]


class WordName(NamedTuple):
    """A word, its kind, and the first and last Clarity version that have it."""

    name: str
    kind: Kind
    since: int = 1
    until: int = 6


_ROWS = (
    WordName("define-constant", "definition"),
    WordName("define-data-var", "definition"),
    WordName("define-fungible-token", "definition"),
    WordName("define-map", "definition"),
    WordName("define-non-fungible-token", "definition"),
    WordName("define-private", "definition"),
    WordName("define-public", "definition"),
    WordName("define-read-only", "definition"),
    WordName("define-trait", "definition"),
    WordName("impl-trait", "definition"),
    WordName("use-trait", "definition"),
    WordName("*", "function"),
    WordName("+", "function"),
    WordName("-", "function"),
    WordName("/", "function"),
    WordName("<", "function"),
    WordName("<=", "function"),
    WordName(">", "function"),
    WordName(">=", "function"),
    WordName("and", "function"),
    WordName("append", "function"),
    WordName("as-contract", "function", 1, 3),
    WordName("as-max-len?", "function"),
    WordName("asserts!", "function"),
    WordName("at-block", "function", 1, 4),
    WordName("begin", "function"),
    WordName("concat", "function"),
    WordName("contract-call?", "function"),
    WordName("contract-of", "function"),
    WordName("default-to", "function"),
    WordName("element-at", "function"),
    WordName("err", "function"),
    WordName("filter", "function"),
    WordName("fold", "function"),
    WordName("ft-burn?", "function"),
    WordName("ft-get-balance", "function"),
    WordName("ft-get-supply", "function"),
    WordName("ft-mint?", "function"),
    WordName("ft-transfer?", "function"),
    WordName("get", "function"),
    WordName("get-block-info?", "function", 1, 2),
    WordName("hash160", "function"),
    WordName("if", "function"),
    WordName("index-of", "function"),
    WordName("is-eq", "function"),
    WordName("is-err", "function"),
    WordName("is-none", "function"),
    WordName("is-ok", "function"),
    WordName("is-some", "function"),
    WordName("keccak256", "function"),
    WordName("len", "function"),
    WordName("let", "function"),
    WordName("list", "function"),
    WordName("log2", "function"),
    WordName("map", "function"),
    WordName("map-delete", "function"),
    WordName("map-get?", "function"),
    WordName("map-insert", "function"),
    WordName("map-set", "function"),
    WordName("match", "function"),
    WordName("merge", "function"),
    WordName("mod", "function"),
    WordName("nft-burn?", "function"),
    WordName("nft-get-owner?", "function"),
    WordName("nft-mint?", "function"),
    WordName("nft-transfer?", "function"),
    WordName("not", "function"),
    WordName("ok", "function"),
    WordName("or", "function"),
    WordName("pow", "function"),
    WordName("principal-of?", "function"),
    WordName("print", "function"),
    WordName("secp256k1-recover?", "function"),
    WordName("secp256k1-verify", "function"),
    WordName("sha256", "function"),
    WordName("sha512", "function"),
    WordName("sha512/256", "function"),
    WordName("some", "function"),
    WordName("sqrti", "function"),
    WordName("stx-burn?", "function"),
    WordName("stx-get-balance", "function"),
    WordName("stx-transfer?", "function"),
    WordName("to-int", "function"),
    WordName("to-uint", "function"),
    WordName("try!", "function"),
    WordName("tuple", "function"),
    WordName("unwrap!", "function"),
    WordName("unwrap-err!", "function"),
    WordName("unwrap-err-panic", "function"),
    WordName("unwrap-panic", "function"),
    WordName("var-get", "function"),
    WordName("var-set", "function"),
    WordName("xor", "function"),
    WordName("bit-and", "function", 2),
    WordName("bit-not", "function", 2),
    WordName("bit-or", "function", 2),
    WordName("bit-shift-left", "function", 2),
    WordName("bit-shift-right", "function", 2),
    WordName("bit-xor", "function", 2),
    WordName("buff-to-int-be", "function", 2),
    WordName("buff-to-int-le", "function", 2),
    WordName("buff-to-uint-be", "function", 2),
    WordName("buff-to-uint-le", "function", 2),
    WordName("element-at?", "function", 2),
    WordName("from-consensus-buff?", "function", 2),
    WordName("get-burn-block-info?", "function", 2),
    WordName("index-of?", "function", 2),
    WordName("int-to-ascii", "function", 2),
    WordName("int-to-utf8", "function", 2),
    WordName("is-standard", "function", 2),
    WordName("principal-construct?", "function", 2),
    WordName("principal-destruct?", "function", 2),
    WordName("replace-at?", "function", 2),
    WordName("slice?", "function", 2),
    WordName("string-to-int?", "function", 2),
    WordName("string-to-uint?", "function", 2),
    WordName("stx-account", "function", 2),
    WordName("stx-transfer-memo?", "function", 2),
    WordName("to-consensus-buff?", "function", 2),
    WordName("get-stacks-block-info?", "function", 3),
    WordName("get-tenure-info?", "function", 3),
    WordName("as-contract?", "function", 4),
    WordName("contract-hash?", "function", 4),
    WordName("restrict-assets?", "function", 4),
    WordName("secp256r1-verify", "function", 4),
    WordName("to-ascii?", "function", 4),
    WordName("with-all-assets-unsafe", "function", 4),
    WordName("with-ft", "function", 4),
    WordName("with-nft", "function", 4),
    WordName("with-stacking", "function", 4, 5),
    WordName("with-stx", "function", 4),
    WordName("ed25519-verify", "function", 6),
    WordName("get-bitcoin-tx-output?", "function", 6),
    WordName("secp256k1-decompress?", "function", 6),
    WordName("verify-merkle-proof", "function", 6),
    WordName("with-pox", "function", 6),
    WordName("with-staking", "function", 6),
    WordName("block-height", "keyword", 1, 2),
    WordName("burn-block-height", "keyword"),
    WordName("contract-caller", "keyword"),
    WordName("false", "keyword"),
    WordName("is-in-regtest", "keyword"),
    WordName("none", "keyword"),
    WordName("stx-liquid-supply", "keyword"),
    WordName("true", "keyword"),
    WordName("tx-sender", "keyword"),
    WordName("chain-id", "keyword", 2),
    WordName("is-in-mainnet", "keyword", 2),
    WordName("tx-sponsor?", "keyword", 2),
    WordName("stacks-block-height", "keyword", 3),
    WordName("tenure-height", "keyword", 3),
    WordName("current-contract", "keyword", 4),
    WordName("stacks-block-time", "keyword", 4),
)

WORD_NAMES: dict[str, WordName] = {row.name: row for row in _ROWS}


def word_kind(name: str, version: ClarityVersion) -> Kind | None:
    """The kind of the word `name` in `version`, or `None` where the version has no such word."""
    row = WORD_NAMES.get(name)
    if row is None or not row.since <= version <= row.until:
        return None
    return row.kind


def is_reserved(name: str, version: ClarityVersion) -> bool:
    """Whether `name` is a function or a keyword of the language, which nothing else can bear."""
    return word_kind(name, version) in ("function", "keyword")
