"""What goes wrong in a transaction for reasons of ours undoes it, and leaves the chain usable."""

from __future__ import annotations

import pytest

from compiler.values import Ok, Principal, UInt
from compiler.versions import ClarityVersion
from runtime import accounts
from runtime.chain import Chain
from runtime.errors import TransactionError
from runtime.stores import StoredArtifact
from runtime.transactions import Deploy, apply, nonce
from runtime.transactions.model import Mode
from tests.runtime.transactions.test_ledger import CONTRACT, ME, OTHER, SOURCE, START, call, make

UINT_MAX = (1 << 128) - 1


@pytest.fixture
def chain() -> Chain:
    chain = Chain(genesis_time=1_700_000_000)
    chain.advance_epoch("3.1")
    chain.mint(ME, START)
    chain.mint(OTHER, START)
    return chain


def test_a_deployment_that_cannot_be_described_is_undone(chain: Chain) -> None:
    def describe(identifier: str, wasm: bytes) -> StoredArtifact:
        assert identifier == CONTRACT
        assert wasm.startswith(b"\0asm")
        raise OSError("the disk is full")

    deploy = Deploy("box", SOURCE, ClarityVersion.CLARITY_3)
    receipt = apply(chain, make(deploy, 0), describe).receipt
    assert receipt.error is not None
    assert receipt.error.kind == "panic"
    assert receipt.error.detail == "fault of the VM: OSError: the disk is full"
    assert CONTRACT not in chain.contracts
    # It is paid for, and can be made again.
    assert (nonce(chain.state.get, ME), chain.balance(ME)) == (1, START - 2000)
    told: list[str] = []

    def described(identifier: str, wasm: bytes) -> StoredArtifact:
        assert wasm.startswith(b"\0asm")
        told.append(identifier)
        return StoredArtifact("d", "debug")

    assert apply(chain, make(deploy, 1), described).receipt.error is None
    assert told == [CONTRACT]
    sent = apply(chain, make(call("send", UInt(5), Principal(OTHER)), 2, mode=Mode.ALLOW))
    assert sent.receipt.value == Ok(UInt(1))
    assert chain.balance(OTHER) == START + 5


def test_no_account_and_no_supply_goes_out_of_range(chain: Chain) -> None:
    before = accounts.supply(chain.state.get)
    with pytest.raises(TransactionError) as caught:
        accounts.credit(chain.state, ME, UINT_MAX)
    assert (caught.value.kind, caught.value.name) == ("Runtime", "ArithmeticOverflow")
    for by, name in ((UINT_MAX, "ArithmeticOverflow"), (-before - 1, "ArithmeticUnderflow")):
        with pytest.raises(TransactionError) as caught:
            accounts.change_supply(chain.state, by)
        assert (caught.value.kind, caught.value.name) == ("Runtime", name)
    assert chain.balance(ME) == START
    assert accounts.supply(chain.state.get) == before
