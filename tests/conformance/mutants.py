"""Edits of real contracts that mostly keep their types: code that nobody wrote, about real data.

Expressions in functions' bodies are wrapped, swapped with others, or have their words replaced by
words of the same types. Whether an edit fits is for the analysis to say, of both VMs alike.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from typing import Final

from runtime.crosscheck.forms import Form, forms_of, replaced
from runtime.reference import Operation

_FUNCTIONS: Final = {"define-public", "define-private", "define-read-only"}
# How many of a word's arguments come before those that are expressions.
_NAMES_FIRST: Final = {
    **dict.fromkeys(("var-set", "map-get?", "map-set", "map-insert", "map-delete"), 1),
    **dict.fromkeys(("ft-get-balance", "ft-mint?", "ft-burn?", "ft-transfer?"), 1),
    **dict.fromkeys(("nft-get-owner?", "nft-mint?", "nft-burn?", "nft-transfer?"), 1),
    **dict.fromkeys(("get", "map", "filter", "fold", "get-block-info?"), 1),
    "contract-call?": 2,
}
# Words whose arguments are left alone.
_LEFT: Final = {
    *("var-get", "ft-get-supply", "tuple", "contract-of", "restrict-assets?", "as-contract?"),
    *("from-consensus-buff?", "use-trait", "get-stacks-block-info?", "get-tenure-info?"),
}
_FAMILIES: Final = (
    ("+", "-", "*", "/", "mod", "pow", "bit-and", "bit-or", "bit-xor"),
    ("<", ">", "<=", ">=", "is-eq"),
    ("and", "or", "is-eq"),
    ("unwrap!", "unwrap-err!"),
    ("unwrap-panic", "try!", "unwrap-err-panic"),
    ("is-ok", "is-err", "is-some", "is-none"),
    ("ok", "err", "some"),
    ("map-set", "map-insert"),
    ("sha256", "keccak256", "sha512/256"),
    ("tx-sender", "contract-caller", "current-contract"),
    ("block-height", "burn-block-height", "stacks-block-height"),
    ("element-at", "element-at?"),
    ("true", "false"),
)
_WRAPS: Final = (
    "(begin {x})",
    "(begin (print {x}) {x})",
    "(print {x})",
    "(let ((mutant {x})) mutant)",
    "(let ((mutant {x})) (begin (is-eq mutant {x}) mutant))",
    "(if true {x} {x})",
    "(if (is-eq {x} {x}) {x} {y})",
    "(if false {y} {x})",
    "(default-to {x} none)",
    "(default-to {y} (some {x}))",
    "(unwrap-panic (some {x}))",
    "(unwrap-panic (if true (ok {x}) (err u1)))",
    "(unwrap-err-panic (if true (err {x}) (ok {y})))",
    "(match (some {x}) mutant mutant {y})",
    "(match (if true (ok {x}) (err {y})) mutant mutant other other)",
    "(get field {{field: {x}}})",
    "(get field (merge {{field: {y}, more: u1}} {{field: {x}}}))",
    "(unwrap-panic (element-at (list {x}) u0))",
    "(unwrap-panic (element-at (list {y} {x}) u1))",
    "(unwrap-panic (element-at (append (list {y}) {x}) u1))",
    "(unwrap-panic (element-at (concat (list {y}) (list {x} {x})) u2))",
    "(unwrap-panic (element-at (unwrap-panic (as-max-len? (list {x}) u1)) u0))",
    "(begin (index-of (list {y}) {x}) {x})",
    "(begin (to-consensus-buff? {x}) {x})",
    "(unwrap-panic (replace-at? (list {y} {y}) u0 {x}))",
    "(begin (map is-eq (list {x}) (list {y})) {x})",
    "(begin (asserts! (is-eq {x} {y}) (err u77)) {x})",
    "(as-contract {x})",
    "(at-block (unwrap-panic (get-block-info? id-header-hash (- block-height u1))) {x})",
    "(at-block (unwrap-panic (get-stacks-block-info? id-header-hash (- stacks-block-height u1))) {x})",
)
_LITERAL: Final = re.compile(
    r"""(?P<buffer>0x)|(?P<uint>u\d)|(?P<int>-?\d)|(?P<principal>')|(?P<utf8>u")|(?P<ascii>")"""
)
_SEQUENCE_WRAPS: Final = (
    "(concat {x} {x})",
    "(concat {x} {y})",
    "(unwrap-panic (as-max-len? {x} u40))",
    "(unwrap-panic (as-max-len? (concat {x} {y}) u200))",
    "(unwrap-panic (slice? {x} u0 (len {x})))",
    "(unwrap-panic (slice? {x} u1 (len {x})))",
    "(begin (len {x}) {x})",
)
# What is put in twice, or more often where mutants are mutated, stays small.
_MAX_LENGTH: Final = 300
_MOST_EDITS: Final = 2


def with_mutants(
    operations: Iterable[Operation], count: int, chance: random.Random
) -> Iterator[Operation]:
    """The operations, each deployment followed by those of `count` mutants of its contract."""
    for number, operation in enumerate(operations):
        yield operation
        if operation["op"] != "deploy" or operation.get("boot"):
            continue
        address = operation["contract"].partition(".")[0]
        for at in range(count):
            contract = f"{address}.mutant-{number}-{at}"
            code = mutant(operation["code"], chance)
            yield {**operation, "contract": contract, "code": code}


def mutant(source: str, chance: random.Random) -> str:
    """The source with one edit or two."""
    for _ in range(chance.randint(1, _MOST_EDITS)):
        source = _edited(source, chance)
    return source


def _edited(source: str, chance: random.Random) -> str:
    found = list(_expressions(source))
    if not found:
        return source
    form = chance.choice(found)
    drawn = chance.random()
    if drawn < 0.25:
        words = _in_place_of(source, form)
        if words:
            place = form.children[0] if form.children else form
            return replaced(source, place, chance.choice(words))
    if drawn < 0.4:
        return replaced(source, form, _another(source, form, found, chance))
    if drawn < 0.45 and len(form.children) > 2:
        one, other = chance.sample(form.children[1:], 2)
        first, last = sorted((one, other), key=lambda each: each.start)
        swapped = replaced(source, last, first.text(source))
        return replaced(swapped, first, last.text(source))
    short = [each for each in found if each.end - each.start <= _MAX_LENGTH]
    if not short:
        return source
    form = chance.choice(short)
    other = form.text(source)
    if chance.random() < 0.5:
        other = _another(source, form, short, chance)
    wraps = _WRAPS if chance.random() < 0.9 else _SEQUENCE_WRAPS
    return replaced(source, form, chance.choice(wraps).format(x=form.text(source), y=other))


def _another(source: str, form: Form, found: list[Form], chance: random.Random) -> str:
    """Another expression, of the same word or kind of literal if there is one."""
    kind = _kind(source, form)
    alike = [each for each in found if _kind(source, each) == kind]
    return chance.choice(alike).text(source)


def _kind(source: str, form: Form) -> str:
    """What is put in the place of what: forms of one word, literals of one kind."""
    if form.children:
        return form.bracket + form.children[0].text(source)
    found = _LITERAL.match(form.text(source))
    return "name" if found is None else str(found.lastgroup)


def _in_place_of(source: str, form: Form) -> list[str]:
    """Words that may stand where the form has its own."""
    word = (form.children[0] if form.children else form).text(source)
    return [other for family in _FAMILIES if word in family for other in family if other != word]


def _expressions(source: str) -> Iterator[Form]:
    """The expressions in the bodies of functions."""
    for top in forms_of(source):
        if len(top.children) > 2 and top.children[0].text(source) in _FUNCTIONS:
            for body in top.children[2:]:
                yield from _within(source, body)


def _within(source: str, form: Form) -> Iterator[Form]:
    yield form
    if form.bracket != "(" or not form.children:
        return
    word = form.children[0].text(source)
    arguments = form.children[1:]
    if word in _LEFT:
        return
    if word == "let" and arguments:
        for binding in arguments[0].children:
            if len(binding.children) == 2:
                yield from _within(source, binding.children[1])
        arguments = arguments[1:]
    elif word == "match":
        names = (1, 3) if len(arguments) == 5 else (1,)
        arguments = [each for at, each in enumerate(arguments) if at not in names]
    elif word == "as-max-len?":
        arguments = arguments[:1]
    for argument in arguments[_NAMES_FIRST.get(word, 0) :]:
        yield from _within(source, argument)
