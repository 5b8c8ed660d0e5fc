"""Programs that are nearly right: a well-typed one with one thing changed, which analysis refuses.

(Or does not: what counts is that both sides say the same.)
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from compiler.versions import ClarityVersion, Epoch
from compiler.words.names import WORD_NAMES
from runtime.crosscheck.forms import Form, forms_of, replaced
from runtime.crosscheck.generator.material import Material, written
from runtime.crosscheck.generator.programs import Case, deployment, expressions, program

_ATOMS: Final = [
    "0",
    "u0",
    "1",
    "-1",
    "u1",
    "true",
    "false",
    "none",
    "0x",
    "0x00",
    "0xabc",
    "0xg0",
    '"a"',
    'u"a"',
    '"\\x"',
    "tx-sender",
    "block-height",
    "340282366920938463463374607431768211456",
    "u340282366920938463463374607431768211456",
    "-170141183460469231731687303715884105729",
    "170141183460469231731687303715884105728",
    "int",
    "uint",
    "bool",
    "principal",
    "nope",
    "()",
    "(list)",
    "{}",
    "(ok",
    "1)",
    "(err",
    "u1)",
    "(some",
    "1)",
    "<t>",
    ".lib",
    ".nowhere.x",
    "'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZG",
    "'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.x.y.z",
    "'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGN",
    "(buff",
    "1)",
    "(string-ascii",
    "5)",
    "(list",
    "2",
    "int)",
    'u"\\u{110000}"',
    'u"\\u{d800}"',
    '"é"',
    'u"\\u{}"',
    "01",
    "u01",
    "-0",
    "+1",
    "a.b",
    "a:",
    "{a:1}",
    "{a",
    "1}",
    "{a:",
    "1,",
    "a:",
    "2}",
]
_TYPES: Final = (
    "(buff 0)", "(buff 1048577)", "(buff 1048576)", "(string-utf8 262145)", "(list 0 int)",
    "(list 65537 uint)", "(list 70000 (buff 20))", "(string-ascii u5)", "(buff -1)", "(tuple)",
    "(optional)", "(response int)", "{a: int, a: uint}", "<nope>", "trait_reference", "(list int)",
    "(optional (optional (optional int)))", "(buff 4294967296)", "(list 4294967296 int)",
)  # fmt: skip
_WHOLE: Final = (
    "(define-constant tx-sender 1)",
    "(define-private (f) (f))",
    "(define-private (ff) (gg)) (define-private (gg) (ff))",
    "(define-public (q) 1)",
    "(define-read-only (q) (var-set nope 1))",
    "(define-data-var e0 int 1)",
    "(define-data-var vv int u1)",
    "(define-map mm int)",
    "(define-map mm int nope)",
    "(define-fungible-token tt 5)",
    "(define-fungible-token tt u5 u6)",
    "(define-non-fungible-token tt)",
    "(define-trait tr ((a (int) (response int int)) (a (uint) (response int int))))",
    "(define-trait tr ((a (int) int)))",
    "(define-trait tr 5)",
    "(define-trait tr ())",
    "(use-trait tr .lib.nope)",
    "(use-trait tr .nowhere.tr)",
    "(use-trait tr nope)",
    "(impl-trait .lib.nope)",
    "(impl-trait nope)",
    "(ok 1) (err 1)",
    "(begin (ok 1) 2)",
    "(begin)",
    "(define-private (g (x int) (x int)) x)",
    "(define-private (g x) x)",
    "(define-private (int) 1)",
    "(define-private 5 1)",
    "(define-private (5) 1)",
    "(define-constant)",
    "(define-constant k)",
    "(define-constant k 1 2)",
    "(define-read-only (g) (stx-burn? u1 tx-sender))",
    "(define-read-only (g) (contract-call? .lib bump u1))",
    "(define-read-only (g) (print (var-get nope)))",
    "(let ((a 1) (a 2)) a)",
    "(let ((tx-sender 1)) 1)",
    "(let ((+ 1)) 1)",
    "(let (a 1) a)",
    "(match (some 1) + 1 2)",
    "(match 1 a 1 2)",
    "(match (ok 1) a 1 b u2)",
    "(match none a 1 2)",
    "(contract-call? .lib nope)",
    "(contract-call? .lib echo)",
    "(contract-call? .nowhere echo 1)",
    "(contract-call? nope echo 1)",
    "(contract-call? .lib echo u1)",
    "(map-get? nope 1)",
    "(unwrap-panic none)",
    "(unwrap-panic (err 1))",
    "(unwrap-panic (ok 1) 2)",
    "(default-to 1 (some u1))",
    "(fold nope (list 1) 1)",
    "(map + (list 1) (list u1))",
    "(filter + (list 1))",
    "(as-max-len? (list 1) 1)",
    "(as-max-len? (list 1) (+ u1 u1))",
    "(get a {b: 1})",
    "(get 1 {b: 1})",
    "(merge {a: 1} 1)",
    "(element-at 1 u1)",
    "(index-of (list 1) u1)",
    "(is-eq 1 u1)",
    "(if true 1 u1)",
    "(asserts! true)",
    "(define-private (h (x <nope>)) 1)",
    "(from-consensus-buff? nope 0x00)",
    "(to-consensus-buff? none)",
    "(list 1 u1)",
    "(concat (list 1) \"a\")",
    "(append (list 1) u1)",
    "(append 1 1)",
    "(at-block 0x00 (var-set x 1))",
    "(nft-mint? nope 1 tx-sender)",
    "(ft-mint? nope u1 tx-sender)",
    "(define-private (w (a int)) (begin (asserts! true u1) (asserts! true 1) 1))",
    "(define-private (w (a int)) (try! (ok 1)))",
    "(define-private (w (a int)) (unwrap! (ok 1) u1))",
    "(define-public (w) (ok (try! (if true (ok 1) (err \"a\")))))",
    "(as-contract? () 1 (ok 1))",
    "(as-contract? ((with-all-assets-unsafe) (with-stx u1)) 1)",
    "(restrict-assets? tx-sender ((with-all-assets-unsafe)) 1)",
    "(restrict-assets? tx-sender ((nope)) 1)",
    "(restrict-assets? tx-sender (+) 1)",
    "(with-stx u1)",
    "(principal-construct? 0x00)",
    "(slice? (list 1) 0 u1)",
    "(replace-at? \"abc\" u0 \"de\")",
    "(get-block-info? nope u1)",
    "(get-burn-block-info? nope u1)",
    "(get-tenure-info? nope u1)",
    "(get-stacks-block-info? nope u1)",
    "(secp256k1-verify 0x 0x 0x)",
    "(1 2)",
    "((+ 1 2))",
    "(nope 1)",
    "nope",
    "(print)",
    ")",
    "(",
    "(+ 1 2",
    "}",
    "\"abc",
    "u\"abc",
    "#",
    "(define-constant xs (list 1 2) )) 3",
    ";; only a comment",
)  # fmt: skip


def near_miss(seed: str, version: ClarityVersion, epoch: Epoch) -> Case:
    """A deployment of a program with one change, or two."""
    rng = random.Random(f"near {seed}")
    material = Material(rng)
    if material.chance(0.5):
        made = expressions(seed, version, epoch, count=material.pick((1, 1, 2, 3)))
    else:
        made = program(seed, version, epoch)
    code: str = made.operations[0]["code"]
    for _ in range(material.pick((1, 1, 1, 2))):
        code = material.pick(_CHANGES)(material, code)
    return Case([deployment(f"n{seed}", code, version)], made.words)


def _forms(code: str) -> list[Form]:
    return [form for top in forms_of(code) for form in top.all()]


def _any(material: Material, code: str) -> Form | None:
    forms = _forms(code)
    return material.pick(forms) if forms else None


def _change_atom(material: Material, code: str) -> str:
    form = _any(material, code)
    return code if form is None else replaced(code, form, material.pick(_ATOMS))


def _change_type(material: Material, code: str) -> str:
    """Another type where one stands, or a type where none should."""
    found = [
        form
        for form in _forms(code)
        if form.text(code).startswith(("(buff", "(string-", "(optional", "(list", "int", "uint"))
        or form.text(code) in ("bool", "principal")
    ]
    if not found:
        return _change_atom(material, code)
    other = material.pick(_TYPES) if material.chance(0.4) else written(material.type())
    return replaced(code, material.pick(found), other)


def _change_name(material: Material, code: str) -> str:
    atoms = [form for form in _forms(code) if not form.bracket]
    if len(atoms) < 2:
        return code
    one, other = material.pick(atoms), material.pick(atoms)
    return replaced(code, one, other.text(code))


def _change_word(material: Material, code: str) -> str:
    """Another word, of this version or not, where one stands."""
    names = [form for form in _forms(code) if form.text(code) in WORD_NAMES]
    if not names:
        return code
    return replaced(code, material.pick(names), material.pick(tuple(WORD_NAMES)))


def _drop(material: Material, code: str) -> str:
    forms = [form for form in _forms(code) if form.children]
    if not forms:
        return code
    form = material.pick(forms)
    return replaced(code, material.pick(form.children), "")


def _add(material: Material, code: str) -> str:
    forms = [form for form in _forms(code) if form.children]
    if not forms:
        return code
    child = material.pick(material.pick(forms).children)
    extra = child.text(code) if material.chance(0.5) else material.pick(_ATOMS)
    return code[: child.end] + " " + extra + code[child.end :]


def _swap(material: Material, code: str) -> str:
    forms = [form for form in _forms(code) if len(form.children) > 2]
    if not forms:
        return code
    form = material.pick(forms)
    first, second = sorted(material.rng.sample(form.children, 2), key=lambda child: child.start)
    one, other = first.text(code), second.text(code)
    return replaced(replaced(code, second, one), first, other)


def _wrap(material: Material, code: str) -> str:
    form = _any(material, code)
    if form is None:
        return code
    text = form.text(code)
    around = material.pick(
        (
            "(ok {})",
            "(some {})",
            "(list {})",
            "({})",
            "(begin {})",
            "(print {})",
            "{{a: {}}}",
            "(unwrap-panic {})",
            "(try! {})",
            "(err {})",
            "(is-ok {})",
            "(to-int {})",
            "(len {})",
            "(var-set v1 {})",
            "(asserts! {} u1)",
            "(stx-burn? {} tx-sender)",
            "(at-block {} 1)",
        )
    )
    return replaced(code, form, around.format(text))


def _deepen(material: Material, code: str) -> str:
    """Nesting at and around the limits of the parsers."""
    form = _any(material, code)
    if form is None:
        return code
    depth = material.pick((10, 20, 30, 31, 32, 33, 55, 60, 62, 63, 64, 65, 66, 120, 127, 128, 129))
    opening, closing = material.pick(
        (("(begin ", ")"), ("(list ", ")"), ("(some ", ")"), ("(", ")"), ("{a: ", "}"))
    )
    return replaced(code, form, opening * depth + form.text(code) + closing * depth)


def _lengthen(material: Material, code: str) -> str:
    """A name at and around the limit."""
    atoms = [form for form in _forms(code) if not form.bracket and form.text(code)[0].isalpha()]
    if not atoms:
        return code
    name = material.pick(atoms).text(code)
    longer = name + "x" * (material.pick((39, 40, 41, 127, 128, 129)) - len(name))
    return code.replace(f" {name} ", f" {longer} ").replace(f"({name} ", f"({longer} ")


def _add_form(material: Material, code: str) -> str:
    extra = material.pick(_WHOLE)
    if material.chance(0.2):
        form = _any(material, code)
        if form is not None:
            return replaced(code, form, extra)
    return f"{extra}\n{code}" if material.chance(0.4) else f"{code}{extra}\n"


def _move_definition(material: Material, code: str) -> str:
    """A definition inside an expression, or a second time."""
    tops = forms_of(code)
    if not tops:
        return code
    text = material.pick(tops).text(code)
    if material.chance(0.3):
        return f"{code}{text}\n"
    form = _any(material, code)
    return code if form is None else replaced(code, form, text)


def _spoil(material: Material, code: str) -> str:
    """A character lost, doubled or changed."""
    if not code:
        return code
    at = material.rng.randrange(len(code))
    put = material.pick(
        ("", code[at] * 2, "(", ")", "'", '"', "\\", ".", "<", "u", "é", "\x00", ":")
    )
    return code[:at] + put + code[at + 1 :]


_CHANGES: Final[tuple[Callable[[Material, str], str], ...]] = (
    _change_atom,
    _change_atom,
    _change_type,
    _change_name,
    _change_name,
    _change_word,
    _drop,
    _add,
    _swap,
    _wrap,
    _deepen,
    _lengthen,
    _add_form,
    _add_form,
    _move_definition,
    _spoil,
)
