"""Words of principals; versions 22 and 20 are the main network's, 26 and 21 others'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate

SP = "'SP000000000000000000002Q6VF78"
ST = "'ST000000000000000000002AMW42H"


@pytest.mark.parametrize(
    ("expression", "mainnet", "expected"),
    [
        (f"(is-standard {SP})", True, True),
        (f"(is-standard {SP}.pox)", True, True),
        (f"(is-standard {SP})", False, False),
        (f"(is-standard {ST})", False, True),
        (f"(map is-standard (list {ST} {SP}))", False, [True, False]),
        (
            f"(principal-destruct? {ST})",
            False,
            ("ok", {"hash-bytes": bytes(20), "name": None, "version": b"\x1a"}),
        ),
        (
            f"(principal-destruct? {SP}.pox-4)",
            False,
            ("err", {"hash-bytes": bytes(20), "name": ("some", "pox-4"), "version": b"\x16"}),
        ),
        (f"(contract-hash? {ST})", False, ("err", 1)),
        ("(principal-of? 0x02)", False, "TypeValueError"),
    ],
)
def test_results(evaluate: Evaluate, expression: str, mainnet: bool, expected: object) -> None:
    outcome = evaluate(expression, mainnet=mainnet, hosts={"word": None})
    assert (outcome.error or outcome.value) == expected


@pytest.mark.parametrize(("clarity", "extra"), [(1, "testnet"), (2, "")])
def test_clarity_1_gives_testnet_addresses(evaluate: Evaluate, clarity: int, extra: str) -> None:
    def word(instance: Any, site: int, _arguments: int) -> int:
        assert instance.description.sites[site].extra == extra
        instance.write(20_000, bytes(12) + b"\1" + bytes(15))
        return 20_000

    expression = f"(principal-of? 0x{'02' * 33})"
    assert evaluate(expression, clarity=clarity, hosts={"word": word}).value == ("err", 1)


@pytest.mark.parametrize(
    ("version", "hash_", "cloned"),
    [
        ("0x16", "00" * 20, True),
        ("0x20", "00" * 20, False),
        ("0x16", "00" * 19, False),
        ("0x", "00" * 20, False),
    ],
)
def test_a_name_is_cloned_where_version_and_hash_are_good(
    evaluate: Evaluate, version: str, hash_: str, cloned: bool
) -> None:
    """`cost_lookup_variable_size` of epoch 3.4 is 2n + 1; the name's size is 4 + 3."""

    def word(instance: Any, _site: int, _arguments: int) -> int:
        instance.write(20_000, bytes(64))
        return 20_000

    construct = f"(principal-construct? {version} 0x{hash_}"
    runs = [
        evaluate(expression, hosts={"word": word}, definitions='(define-constant name "pox")')
        for expression in (f'{construct} "pox")', f"{construct} name)")
    ]
    extra = runs[1].runtime - runs[0].runtime
    # besides `cost_lookup_variable_depth`, of 0
    assert extra == 1 + (2 * 7 + 1 if cloned else 0)
