"""Contracts that are passed for a trait and don't fit it, on both VMs."""

from __future__ import annotations

from compiler.values import Principal
from runtime.crosscheck.pair import Pair
from runtime.reference import ReferenceVM, invocation
from runtime.simnet import DEPLOYER, WALLET_1

CONTRACTS = {
    "traits": "(define-trait t ((f () (response uint uint))))",
    "caller": "(use-trait t .traits.t)(define-public (go (x <t>)) (contract-call? x f))",
    "good": "(define-public (f) (ok u7))",
    "declared": "(impl-trait .traits.t)(define-public (f) (ok u8))",
    "without": "(define-public (g) (ok u7))",
    "hidden": "(define-private (f) (ok u7))(define-public (g) (f))",
    "other": "(define-public (f) (ok 7))",
    "more": "(define-public (f (n uint)) (ok n))",
    "readable": "(define-read-only (f) (ok u9))",
}
EXPECTED = {
    "good": "0x070100000000000000000000000000000007",
    "declared": "0x070100000000000000000000000000000008",
    "readable": "0x070100000000000000000000000000000009",
    "without": "BadTraitImplementation",
    # The SDK's words for `NoSuchPublicFunction`, wherever it came from.
    "hidden": f"Method 'go' does not exist on contract '{DEPLOYER}.caller'",
    "other": "ReturnTypesMustMatch",
    "more": "BadTraitImplementation",
    "caller": "CircularReference",
    "nowhere": "NoSuchContract",
}


def _name(error: dict[str, str]) -> str:
    return error.get("name") or error["message"]


def test_what_is_passed_for_a_trait_is_checked_as_in_the_interpreter(
    reference: ReferenceVM,
) -> None:
    reference.reset()
    pair = Pair(reference)
    operations = [{"op": "epoch", "epoch": "3.1"}]
    operations += [
        {"op": "deploy", "contract": f"{DEPLOYER}.{name}", "code": code, "clarity": 3}
        for name, code in CONTRACTS.items()
    ]
    assert pair.run(operations) is None
    found = {}
    for name in EXPECTED:
        target = Principal(f"{DEPLOYER}.{name}")
        call = invocation("call", f"{DEPLOYER}.caller", "go", [target], WALLET_1)
        # Twice: what was checked is remembered.
        assert pair.run([call, call]) is None
        receipt = pair.ours.apply(call)
        reference.apply(call)
        assert receipt is not None
        found[name] = receipt["result"] if receipt["ok"] else _name(receipt["error"])
    assert found == EXPECTED
