"""Conversions between integers, text, buffers and serialised values."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate

MAX = (1 << 127) - 1
MIN = -(1 << 127)
UMAX = (1 << 128) - 1


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(buff-to-int-le 0x)", 0),
        ("(buff-to-int-le 0x01ff)", 0xFF01),
        ("(buff-to-int-be 0x01ff)", 0x01FF),
        ("(buff-to-uint-be 0x0102030405060708090a)", 0x0102030405060708090A),
        ("(buff-to-uint-le 0x0102030405060708090a)", 0x0A090807060504030201),
        ("(buff-to-int-le 0x" + "ff" * 16 + ")", -1),
        ("(buff-to-uint-be 0x" + "ff" * 16 + ")", UMAX),
        ("(buff-to-int-be 0x80" + "00" * 15 + ")", MIN),
        ("(buff-to-int-le 0x" + "00" * 15 + "80)", MIN),
        ('(string-to-int? "")', None),
        ('(string-to-int? "-")', None),
        ('(string-to-int? "-0")', ("some", 0)),
        ('(string-to-int? "+5")', ("some", 5)),
        ('(string-to-int? "0012")', ("some", 12)),
        ('(string-to-int? "1 ")', None),
        (f'(string-to-int? "{MIN}")', ("some", MIN)),
        (f'(string-to-int? "{MIN - 1}")', None),
        (f'(string-to-int? u"{MAX}")', ("some", MAX)),
        (f'(string-to-int? u"{MAX + 1}")', None),
        ('(string-to-int? u"\\u{663}")', None),
        ('(string-to-uint? "-1")', None),
        ('(string-to-uint? "-0")', None),
        ('(string-to-uint? "+7")', ("some", 7)),
        (f'(string-to-uint? "{UMAX}")', ("some", UMAX)),
        (f'(string-to-uint? "{UMAX + 1}")', None),
        (f'(string-to-uint? "{UMAX * 10}")', None),
        ("(int-to-ascii 0)", "0"),
        (f"(int-to-ascii {MIN})", str(MIN)),
        (f"(int-to-ascii u{UMAX})", str(UMAX)),
        (f"(int-to-ascii u{10**19})", str(10**19)),
        (f"(int-to-ascii {10**38})", str(10**38)),
        (f"(int-to-utf8 {-(10**20)})", str(-(10**20))),
        ("(map int-to-ascii (list 1 22))", ["1", "22"]),
        ("(to-consensus-buff? 1)", ("some", bytes(16) + b"\1")),
        ("(to-consensus-buff? true)", ("some", b"\3")),
        ('(to-consensus-buff? {a: (some "x")})', ("some", b"\x0c\0\0\0\1\1a\x0a\x0d\0\0\0\1x")),
        ("(to-consensus-buff? (list none))", ("some", b"\x0b\0\0\0\1\x09")),
    ],
)
def test_results(evaluate: Evaluate, expression: str, expected: object) -> None:
    assert evaluate(expression).value == expected


def test_the_host_reads_consensus_bytes(evaluate: Evaluate) -> None:
    """The value gets the declared type: a list of 2 of at most 9 costs as one of 9."""

    def word(instance: Any, site: int, arguments: int) -> int:
        assert instance.description.sites[site].name == "from-consensus-buff?"
        assert instance.decode_at(instance.description.sites[site].arguments[0], arguments) == b"\7"
        # (some (list 1 2)), its entries before it
        instance.write(20_000, struct.pack("<4Q", 1, 0, 2, 0))
        instance.write(20_100, struct.pack("<4I", 1, 20_000, 2, 0))
        return 20_100

    hosts = {"word": word}
    read = "(unwrap-panic (from-consensus-buff? (list 9 int) 0x07))"
    assert evaluate(read, hosts=hosts).value == [1, 2]
    printed = evaluate(f"(print {read})", hosts={**hosts, "print": lambda *_: None})
    same = evaluate(
        f"(print (unwrap-panic (as-max-len? {read} u2)))",
        hosts={**hosts, "print": lambda *_: None},
    )
    plain = evaluate(f"(unwrap-panic (as-max-len? {read} u2))", hosts=hosts)
    # cost_print is 15n + 1458; sizes are 16 a number, 6 besides
    assert printed.runtime - evaluate(read, hosts=hosts).runtime == (
        same.runtime - plain.runtime + 15 * 16 * 7
    )


def test_empty_buffers_have_no_cost_before_clarity_5(evaluate: Evaluate) -> None:
    def word(instance: Any, _site: int, _arguments: int) -> int:
        instance.write(20_000, bytes(64))
        return 20_000

    expression = "(from-consensus-buff? int 0x)"
    assert evaluate(expression, clarity=4).error == "CostComputationFailed"
    assert evaluate(expression, clarity=5, hosts={"word": word}).value is None
