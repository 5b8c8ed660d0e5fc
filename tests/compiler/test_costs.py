"""The cost tables charge what the interpreter charged: its receipts, and the boot contracts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler.costs import Cost, CostTable, Kind, Shape, cost_table
from compiler.costs.limits import (
    BLOCK_LIMITS,
    MAX_CALL_DEPTH,
    MEMORY_LIMIT,
    READ_ONLY_LIMIT,
    SIMNET_LIMIT,
)
from compiler.costs.shapes import U64_MAX, constant, linear, logn, nlogn
from compiler.versions import Epoch

SHARED = Path(__file__).parents[3] / "shared"

# The interpreter's receipts of the reference corpora: a form deployed alone, what it charges by
# hand, and the runtime that was recorded. Every form charges its lookup of the word; a charge is a
# function and its input.
RECORDED = [
    ("2.05", "(* 2 3)", "mul 2", 201),
    ("2.05", "(+ 1 2 3)", "add 3", 208),
    ("2.05", "(< 1 2)", "le 2", 182),
    ("2.05", "(and true false)", "and 2", 171),
    ("2.05", '(as-max-len? "hello" u10)', "as_max_len 0", 491),
    ("2.05", '(concat "hello " "world")', "concat 11", 1085),
    ("2.05", "(err true)", "err_cons 1", 246),
    ("2.05", "(hash160 0)", "hash160 17", 234),
    ("2.05", "(is-eq 1 1)", "eq 34", 426),
    ("2.05", '(is-eq "abc" "abc")', "eq 16", 300),
    ("2.05", '(len "blockstack")', "len 1", 502),
    ("2.05", "(list (+ 1 2) 4 5)", "list_cons 48, lookup_function 0, add 2", 1082),
    ("2.05", "(print tx-sender)", "print 148", 1873),
    ("2.05", "(sha256 0)", "sha256 17", 133),
    ("2.05", '{name: "blockstack", id: 1337}', "tuple_cons 2", 1139),
    ("2.05", "(define-constant four (+ 2 2)) (+ 4 four)", (
        "add 2, bind_name 0, lookup_function 0, lookup_variable_depth 0, lookup_variable_size 16, "
        "add 2"
    ), 695),
    ("2.1", "(as-contract tx-sender)", "as_contract 0", 154),
    ("2.1", "(bit-xor 1 2 4 -1)", "xor 4", 205),
    ("2.1", '(< "aaa" "baa")', "le 7", 193),
    ("2.1", "(begin (+ 1 2) 4 5)", "begin 3, lookup_function 0, add 2", 330),
    ("2.1", "(from-consensus-buff? int 0x00…01)", "type_parse_step 0, from_consensus_buff 17", 409),
    ("2.1", "(from-consensus-buff? bool 0x03)", "type_parse_step 0, from_consensus_buff 1", 205),
    ("2.1", '(index-of? "blockstack" "b")', "index_of 21", 248),
    ("2.1", "(is-ok (ok 1))", "is_okay 1, lookup_function 0, ok_cons 1", 489),
    ("2.1", "(keccak256 0)", "keccak256 17", 160),
    ("2.1", "(print (+ 1 2 3))", "print 16, lookup_function 0, add 3", 1888),
    ("2.1", "(replace-at? 0x00112233 u2 0x44)", "replace_at 8", 585),
    ("2.1", '(slice? "blockstack" u5 u10)', "slice 25", 464),
    ("2.1", '(slice? "abcd" u3 u1)', "", 16),
    ("2.1", "{name: \"blockstack\", id: 1337}", "tuple_cons 2", 1912),
    ("3.3", "(if (> 1 2) 1 2)", "if 0, lookup_function 0, ge 2", 342),
    ("3.4", "(to-ascii? 0x00112233)", "to_ascii 8", 294),
    ("3.4", "(to-ascii? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4)", "to_ascii 148", 2534),
    ("4.0", "(+ 1 2 3)", "add 3", 174),
    ("4.0", "(concat 0x01 0x02 0x03 0x04)", "concat 4", 384),
    ("4.0", "(append (list 1 2 3 4) 5)", "append 16, lookup_function 0, list_cons 64", 2545),
    ("4.0", "(get-bitcoin-tx-output? 0x00 u0)", "get_bitcoin_tx_output 1", 307),
    ("4.0", "(ed25519-verify 0xaf82 …)", "ed25519verify 2", 7896),
    ("4.0", "(secp256k1-decompress? 0x02…)", "secp256k1decompress 1", 1051),
    ("4.0", "(verify-merkle-proof)", "verify_merkle_proof 0, list_cons 0, lookup_function 0", 698),
]  # fmt: skip


def charge(table: CostTable, charges: str) -> Cost:
    total = Cost()
    for item in filter(None, charges.split(", ")):
        name, n = item.split()
        total += table[f"cost_{name}"].evaluate(int(n))
    return total


@pytest.mark.parametrize(("epoch", "code", "charges", "runtime"), RECORDED)
def test_recorded_runtime(epoch: str, code: str, charges: str, runtime: int) -> None:
    table = cost_table(Epoch.parse(epoch))
    assert charge(table, f"lookup_function 0, {charges}") == Cost(runtime=runtime), code


# The same, where storage is touched: runtime, write_length, write_count, read_count, read_length.
STORAGE = [
    ("2.05", "lookup_function 0, stx_balance 0", (1401, 0, 0, 1, 1)),
    ("2.05", "lookup_function 0, ge 2, fetch_var 1", (726, 0, 0, 1, 2)),
    ("2.1", "lookup_function 0, stx_transfer 0", (4656, 1, 1, 1, 1)),
    ("2.1", "lookup_function 0, burn_block_info 0", (96495, 0, 0, 1, 1)),
    ("3.4", "lookup_function 0, contract_hash 0", (204, 0, 0, 1, 32)),
    ("3.4", "lookup_function 0, block_info 0", (6337, 0, 0, 1, 1)),
    # (define-non-fungible-token names (buff 50))
    ("2.05", "type_parse_step 0, create_nft 54", (1669, 55, 1, 0, 0)),
    ("4.0", "type_parse_step 0, create_nft 54", (1628, 55, 1, 0, 0)),
]


@pytest.mark.parametrize(("epoch", "charges", "recorded"), STORAGE)
def test_recorded_storage(epoch: str, charges: str, recorded: tuple[int, ...]) -> None:
    assert tuple(charge(cost_table(Epoch.parse(epoch)), charges)) == recorded


def test_arithmetic_is_that_of_u64() -> None:
    assert linear(a=3, b=1, shift=2).evaluate(7) == 4
    assert linear(a=U64_MAX, b=7).evaluate(2) == U64_MAX
    assert nlogn(a=1, b=U64_MAX).evaluate(8) == U64_MAX
    assert constant(5).evaluate(0) == 5
    assert [logn(a=1, b=0).evaluate(n) for n in (1, 2, 3, 4, 7, 8)] == [0, 1, 1, 2, 2, 3]
    for shape in (logn(a=1, b=2), nlogn(a=1, b=2)):
        with pytest.raises(ValueError, match="log2 must be passed a positive integer"):
            shape.evaluate(0)


def test_functions_come_with_the_epochs() -> None:
    assert "cost_slice" not in cost_table(Epoch.EPOCH_2_05)
    assert "cost_slice" in cost_table(Epoch.EPOCH_2_1)
    assert "cost_to_ascii" not in cost_table(Epoch.EPOCH_3_2)
    assert "cost_to_ascii" in cost_table(Epoch.EPOCH_3_3)
    assert "cost_ed25519verify" not in cost_table(Epoch.EPOCH_3_4)
    assert len(cost_table(Epoch.EPOCH_4_0)) == 148
    assert len(cost_table(Epoch.EPOCH_4_0, mainnet=True)) == 148


def test_the_main_network_has_its_own_tables() -> None:
    assert cost_table(Epoch.EPOCH_2_05, mainnet=True).name == "costs-2"
    assert cost_table(Epoch.EPOCH_2_05).name == "costs-2-testnet"
    assert cost_table(Epoch.EPOCH_4_0, mainnet=True)["cost_add"].runtime == Shape(
        Kind.LINEAR, 1, 31, 4
    )
    assert cost_table(Epoch.EPOCH_4_0)["cost_add"].runtime == Shape(Kind.LINEAR, 11, 125)


def test_limits() -> None:
    assert BLOCK_LIMITS[Epoch.EPOCH_2_0].read_count == 7_750
    assert BLOCK_LIMITS[Epoch.EPOCH_3_4].read_count == 15_000
    assert BLOCK_LIMITS[Epoch.EPOCH_4_0].read_length == 200_000_000
    assert Cost(5_000_000_000, 15_000_000, 15_000, 15_000, 100_000_000) == SIMNET_LIMIT
    assert Cost(1_000_000_000, 0, 0, 100, 200_000) == READ_ONLY_LIMIT
    assert MEMORY_LIMIT == 100_000_000
    assert MAX_CALL_DEPTH[Epoch.EPOCH_3_3] == 64
    assert MAX_CALL_DEPTH[Epoch.EPOCH_3_4] == 128
    assert Cost(read_count=1).exceeds(Cost(runtime=5))
    assert not Cost(runtime=5).exceeds(Cost(runtime=5))


# The boot contracts that hold the tables on the chain itself (the copy of costs-4 is out of date).
BOOT = [
    ("SP000000000000000000002Q6VF78/costs", Epoch.EPOCH_2_0, True),
    ("SP000000000000000000002Q6VF78/costs-2", Epoch.EPOCH_2_05, True),
    ("ST000000000000000000002AMW42H/costs-2", Epoch.EPOCH_2_05, False),
    ("ST000000000000000000002AMW42H/costs-3", Epoch.EPOCH_2_1, False),
    ("ST000000000000000000002AMW42H/costs-5", Epoch.EPOCH_4_0, False),
]
FUNCTION = re.compile(r"\(define-read-only \((\w+) +\(n uint\)\)(.*?)(?=\(define|\Z)", re.DOTALL)
FORM = re.compile(
    r"\((linear|logn|nlogn) (?:n|\(bit-shift-right n u(\d+)\)) u(\d+) u(\d+)\)|\bu(\d+)"
)


def boot_shapes(body: str) -> tuple[Shape, ...]:
    found = []
    for form, shift, a, b, number in FORM.findall(body):
        if form:
            found.append(Shape(Kind(form), int(a), int(b), int(shift or 0)))
        else:
            found.append(constant(int(number)))
    return tuple(found) if len(found) == 5 else (*found, *[constant(0)] * 4)


@pytest.mark.parametrize(("contract", "epoch", "mainnet"), BOOT)
def test_tables_are_those_of_the_boot_contracts(contract: str, epoch: Epoch, mainnet: bool) -> None:
    path = SHARED / "corpus" / "boot" / f"{contract}.clar"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    table = cost_table(epoch, mainnet=mainnet)
    rows = dict(FUNCTION.findall(re.sub(";[^\n]*", "", path.read_text())))
    assert set(rows) - {"cost_data_hash_cost"} == set(table)
    for name in table:
        assert table[name].shapes == boot_shapes(rows[name]), name
