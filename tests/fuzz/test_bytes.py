"""Hostile bytes: a diagnostic or a value, never a traceback, a hang, or memory without bound.

Short here; `CLARBUILD_FUZZ=N` multiplies the number of examples.
"""

from __future__ import annotations

import os
import random
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clarbuild.files import DiskFiles
from clarbuild.manifest import load
from clarbuild.problems import InputError
from compiler.analysis import analyze
from compiler.consensus import SerializationError, deserialize, serialize
from compiler.diagnostics import ClarityError
from compiler.literals import parse_literal
from compiler.pipeline import CompileOptions, compile_contract
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
    StringUtf8Type,
    TupleType,
)
from compiler.versions import ClarityVersion, Epoch

TIMES = int(os.environ.get("CLARBUILD_FUZZ", "1"))
SEED = int(os.environ.get("CLARBUILD_FUZZ_SEED", "20260101"))
SECONDS_A_SOURCE = 20
MEMORY_A_SOURCE = 200 * 1024 * 1024

SAMPLES = sorted((Path(__file__).parents[2] / "sample_projects").glob("*/contracts/*.clar"))
PIECES = [
    "(", ")", "{", "}", "<", ">", "'", '"', 'u"', "\\", ";;", "\n", " ", ".", ",", ":", "0x", "u",
    "-1", "u340282366920938463463374607431768211456", "\\u{110000}", "define-public", "let", "match",
    "(list 1 2)", "(tuple", "as-contract", "'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM", ".x.y",
    "contract-call?", "\x00", "é", "𝔸", "none", "(try! ", "(fold ", "buff", "string-utf8", "trait",
]  # fmt: skip


def mutated(source: str, chance: random.Random) -> str:
    """`source` with a few cuts, doublings and foreign pieces."""
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(source) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            source = source[:at] + source[at + chance.randint(1, 12) :]
        elif kind == 1:
            source = source[:at] + chance.choice(PIECES) + source[at:]
        elif kind == 2:
            end = min(len(source), at + chance.randint(1, 60))
            source = source[:end] + source[at:end] + source[end:]
        else:
            source = source[:at] + chance.choice(PIECES) + source[at + 1 :]
    return source


def sources() -> Iterator[str]:
    chance = random.Random(SEED)
    for _ in range(60 * TIMES):
        yield mutated(chance.choice(SAMPLES).read_text(encoding="utf-8"), chance)
    for _ in range(60 * TIMES):
        yield "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 80)))
    for size in (0, 1, 1000):
        yield "".join(map(chr, (chance.randrange(1, 0x500) for _ in range(size))))
    yield "(" * 10_000
    yield "{a: " * 10_000
    yield "(+ 1 " * 10_000 + "1" + ")" * 10_000
    yield "(list " + "u1 " * 20_000 + ")"


def test_any_text_is_a_contract_or_a_diagnostic() -> None:
    print(f"seed {SEED}")
    for number, source in enumerate(sources()):
        version = ClarityVersion(1 + number % 6)
        started = time.monotonic()
        try:
            analyze(source, version, Epoch.EPOCH_4_0, {})
        except ClarityError as error:
            assert error.diagnostic.message, source[:200]
        assert time.monotonic() - started < SECONDS_A_SOURCE, source[:200]


def test_what_analysis_accepts_can_be_generated() -> None:
    """A mutated contract that is still valid is compiled, on the builder that checks the stack."""
    chance = random.Random(SEED + 1)
    compiled = 0
    for _ in range(60 * TIMES):
        source = mutated(chance.choice(SAMPLES).read_text(encoding="utf-8"), chance)
        try:
            compile_contract(
                source,
                ClarityVersion.CLARITY_3,
                Epoch.EPOCH_3_1,
                {},
                CompileOptions(profile=chance.choice(("debug", "release")), checked=True),
            )
        except ClarityError:
            continue
        compiled += 1
    assert compiled


TYPES = [
    INT,
    UINT,
    BOOL,
    PRINCIPAL,
    BufferType(8),
    StringAsciiType(8),
    StringUtf8Type(8),
    OptionalType(UINT),
    ResponseType(UINT, BOOL),
    ListType(BufferType(4), 3),
    TupleType((("a", UINT), ("b", OptionalType(StringUtf8Type(3))))),
]


@settings(max_examples=300 * TIMES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.sampled_from([None, *TYPES]), st.booleans())
def test_any_bytes_are_a_value_or_an_error(data: bytes, type_: object, sanitize: bool) -> None:
    try:
        value = deserialize(data, type_, sanitize)  # type: ignore[arg-type]
    except SerializationError as error:
        assert error.kind
        return
    if type_ is None:
        assert serialize(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b" + (1 << 20).to_bytes(4, "big"),
        b"\x0b\xff\xff\xff\xff" + b"\x09" * 100,
        b"\x02\xff\xff\xff\xff",
        b"\x0c\xff\xff\xff\xff\x01a\x09",
        b"\x0a" * 100_000 + b"\x09",
        b"\x0b\x00\x00\x00\x01" * 50_000,
    ],
)
def test_sizes_that_are_lies_take_no_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SerializationError):
            deserialize(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_A_SOURCE


@settings(max_examples=300 * TIMES, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_argument_is_a_value_or_a_diagnostic(text: str) -> None:
    try:
        parse_literal(text)
    except ClarityError as error:
        assert error.diagnostic.message


@settings(
    max_examples=100 * TIMES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.binary(max_size=80)
    | st.sampled_from(
        [
            b"[contracts.a]\npath = 3",
            b"[contracts.a]\npath = 'x'\nclarity_version = 'two'",
            b"[contracts]\na = 1",
            b"[contracts.a]\npath = 'a.clar'\nepoch = 7.5",
            b"[project]\nrequirements = 5\n[contracts.'..']\npath='/etc/passwd'",
        ]
    )
)
def test_any_manifest_is_read_or_a_problem(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "Clarinet.toml"
    path.write_bytes(contents)
    try:
        load(path, DiskFiles())
    except InputError as error:
        assert error.problems[0].diagnostic.message
