"""How much memory a function may come to hold and keep, from types alone.

Sizes are the interpreter's: 16 for numbers, 4 and the bytes for buffers, 1 more around `some` and `ok`.
A bound takes twice the size of a value that is held.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler import abi
from compiler.costs.limits import MEMORY_LIMIT
from compiler.costs.memory import MemoryBound
from compiler.description import ModuleDescription
from compiler.pipeline import CompileOptions, Profile, compile_contract
from compiler.versions import ClarityVersion, Epoch
from compiler.wasm import stdlib
from runtime.chain import Chain
from runtime.simnet import DEPLOYER

_DEFINITIONS = """
(define-data-var name (buff 100) 0x)
(define-map seen uint (buff 20))
(define-fungible-token coin)
(define-private (add (a uint) (b uint)) (+ a b))
(define-private (see (n uint) (sum uint)) (begin (map-set seen n 0x) (add n sum)))
"""


def _description(source: str, profile: Profile = "debug") -> ModuleDescription:
    compiled = compile_contract(
        _DEFINITIONS + source,
        ClarityVersion.CLARITY_3,
        Epoch.EPOCH_3_0,
        {},
        CompileOptions(profile=profile),
    )
    return ModuleDescription.from_bytes(compiled.metadata)


@pytest.mark.parametrize(
    ("body", "held", "kept"),
    [
        ("u1", 0, 0),
        ("(+ u1 u2)", 2 * 32, 0),
        ("(+ u1 (* u2 u3))", 2 * (32 + 32), 0),
        # The arguments of `add` and, in it, those of `+`.
        ("(add u1 u2)", 2 * (32 + 32), 0),
        ("(let ((a 0x0102) (b a)) u1)", 2 * (6 + 6), 0),
        ("(match (some u1) n n u0)", 2 * 16, 0),
        # Branches hold one or the other, and may keep either.
        ("(if (var-set name 0x01) (add u1 u2) (+ u1 u2))", 2 * 64, 105),
        ("(begin (var-set name 0x01) u1)", 2 * (1 + 16), 105),
        # 17 bytes of a key, 1 + 5 + 20 of a value; three times two numbers for `see`, for `begin`
        # a bool and a number, and for `add` and in it two numbers each.
        ("(fold see (list u1 u2 u3) u0)", 2 * (32 + 17 + 32 + 32), 3 * 43),
        ("(len (map see (list u1 u2) (list u3 u4)))", 2 * (38 + 0) + 2 * (32 + 17 + 64), 2 * 43),
        ("(is-ok (ft-transfer? coin u1 tx-sender .other))", 2 * 17, 2 * (148 + 16)),
    ],
)
def test_a_functions_bound(body: str, held: int, kept: int) -> None:
    description = _description(f"(define-private (f) {body})")
    assert description.functions["f"].memory == MemoryBound(held, kept)


@pytest.mark.parametrize("profile", ["debug", "release"])
def test_inlining_changes_no_bound(profile: Profile) -> None:
    description = _description("(define-public (f) (ok (see u1 (add u2 u3))))", profile)
    # (ok …): a number; the arguments of `see`, one of them `add`'s answer; then as above.
    see = 32 + 17 + 32 + 32
    assert description.functions["f"].memory == MemoryBound(2 * (16 + see), 43)


def test_a_deployment_holds_its_constants_until_it_ends() -> None:
    description = _description(
        "(define-constant four 0x01020304) (define-constant three (+ u1 u2)) (add three three)"
    )
    # `four` is known to the byte, `three` is not; the variable's and the map's types, the token and the
    # variable's value of 4 bytes are kept.
    assert description.deploy_memory.held == 8 + 2 * 16 + 2 * 64
    assert description.deploy_memory.kept == (5 + 2 * 4) + (1 + 5) + 1


def test_the_helpers_that_count_know_the_limit_the_cell_and_the_errors() -> None:
    text = (Path(stdlib.__file__).parents[1] / "stdlib" / "metering.wat").read_text()
    counting = text[text.index("hold_memory") : text.index("log2_u64")]
    assert set(re.findall(r"i64.const (\d+)", counting)) == {"0", str(MEMORY_LIMIT)}
    assert set(re.findall(r"offset=(0x\w+)", counting)) == {f"{abi.KEPT:#x}"}
    aborts = re.findall(r"call \$abort \(i32.const (\d+)\)", counting)
    assert [abi.Abort(int(code)).name for code in aborts] == [
        "MEMORY_EXCEEDED",
        "RESTRICT_ASSETS_MEMORY",
        "MEMORY_EXCEEDED",
    ]


def test_a_bound_beyond_the_limit_does_not_end_what_stays_below_it() -> None:
    chain = Chain()
    chain.advance_epoch("3.0")
    source = "(define-data-var big (list 60000 uint) (list)) (define-public (f) (let ({}) (ok u1)))"
    # As it happens the lists are short, but for the first that has the variable's type.
    bound = " ".join(f"(b{i} (list u{i} (len (var-get big))))" for i in range(100))
    name = f"{DEPLOYER}.many"
    assert chain.deploy(name, source.format(bound)).ok
    assert chain.call(name, "f", [], DEPLOYER).ok
