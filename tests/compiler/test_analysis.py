"""Analysis as a whole: recorded deployments, contracts named in two ways, broken sources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from compiler.analysis import analyze
from compiler.contracts import DEPLOYER, bind
from compiler.diagnostics import ClarityError
from compiler.interface import ContractInterface
from compiler.interface_names import bound
from compiler.versions import ClarityVersion, Epoch

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
BOOT = (
    ("SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4", "sbtc-registry", 3, "3.0"),
    ("SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4", "sbtc-token", 3, "3.0"),
    *(
        (address, name, version, epoch)
        for address in (
            "SP000000000000000000002Q6VF78",
            "ST000000000000000000002AMW42H",
        )
        for name, version, epoch in (
            ("pox", 1, "2.0"),
            ("bns", 1, "2.0"),
            ("pox-2", 2, "2.1"),
            ("pox-3", 2, "2.4"),
            ("pox-4", 2, "2.5"),
            ("pox-5", 6, "4.0"),
        )
    ),
)
ADDRESS = "SP1Z92MPDQEWZXW36VX71Q25HKF5K2EPCJ304F275"


class Seen(Mapping[str, ContractInterface]):
    """The contracts of a chain by the names that a contract of `deployer` has for them."""

    def __init__(self, chain: dict[str, ContractInterface], deployer: str) -> None:
        self.chain = chain
        self.deployer = deployer

    def __getitem__(self, name: str) -> ContractInterface:
        return bound(self.chain[name.replace(DEPLOYER, self.deployer)], name, self.deployer)

    def __iter__(self) -> Iterator[str]:
        return iter(self.chain)

    def __len__(self) -> int:
        return len(self.chain)


def deploy(
    chain: dict[str, ContractInterface], contract: str, source: str, version: int, epoch: Epoch
) -> tuple[ContractInterface | None, str | None]:
    address, _, name = contract.partition(".")
    try:
        analyzed = analyze(source, ClarityVersion(version), epoch, Seen(chain, address), address)
    except ClarityError as error:
        return None, bind(error.diagnostic.message, address, name)
    return analyzed.interface, None


def fresh_chain() -> dict[str, ContractInterface]:
    chain: dict[str, ContractInterface] = {}
    for address, name, version, epoch in BOOT:
        source = (CORPUS / "boot" / address / f"{name}.clar").read_text(encoding="utf-8")
        contract = f"{address}.{name}"
        interface, said = deploy(chain, contract, source, version, Epoch.parse(epoch))
        assert interface is not None, (contract, said)
        chain[contract] = interface
    return chain


def recorded(folder: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    with (
        (folder / "log.jsonl").open(encoding="utf-8") as log,
        (folder / "receipts.jsonl").open(encoding="utf-8") as receipts,
    ):
        receipt = json.loads(next(receipts))
        for number, line in enumerate(log, 1):
            if receipt is not None and receipt["line"] < number:
                receipt = json.loads(next(receipts, "null"))
            matches = receipt is not None and receipt["line"] == number
            yield json.loads(line), receipt if matches else None


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the recorded corpora are not beside this folder")
@pytest.mark.parametrize(
    ("corpus", "deployments"), [("words", 2275), ("epochs", 5720), ("mainnet-epoch-4.0", 150)]
)
def test_deployments_are_accepted_and_refused_as_recorded(corpus: str, deployments: int) -> None:
    folder = CORPUS / corpus
    boot = fresh_chain()
    chain, epoch, done = dict(boot), Epoch.EPOCH_2_05, 0
    for entry, receipt in recorded(folder):
        if entry["op"] == "reset":
            chain, epoch = dict(boot), Epoch.EPOCH_2_05
        elif entry["op"] == "epoch":
            epoch = Epoch.parse(entry["epoch"])
        elif entry["op"] == "deploy" and receipt is not None:
            if done == deployments:
                break
            done += 1
            source = entry.get("code")
            if source is None:
                source = (folder / entry["source"]).read_bytes().decode()
            contract = entry["contract"]
            interface, said = deploy(chain, contract, source, entry["clarity"], epoch)
            error = receipt.get("error", {})
            assert said == error.get("message"), (contract, entry["clarity"], epoch)
            if receipt["ok"]:
                assert interface is not None
                chain[contract] = interface
    assert done == deployments


def test_a_contract_named_by_address_and_as_a_sibling_is_one_contract() -> None:
    chain: dict[str, ContractInterface] = {}
    trait = f"(use-trait t '{ADDRESS}.traits.t)"
    for name, source in (
        ("traits", "(define-trait t ((f () (response uint uint))))"),
        ("vault", f"{trait} (define-public (go (x <t>)) (contract-call? x f))"),
        ("near", f"{trait} (define-public (go (x <t>)) (contract-call? .vault go x))"),
        (
            "far",
            "(use-trait t .traits.t) "
            f"(define-public (go (x <t>)) (contract-call? '{ADDRESS}.vault go x))",
        ),
    ):
        contract = f"{ADDRESS}.{name}"
        interface, said = deploy(chain, contract, source, 1, Epoch.EPOCH_3_1)
        assert interface is not None, said
        chain[contract] = interface


@pytest.mark.parametrize("epoch", [Epoch.EPOCH_2_05, Epoch.EPOCH_3_1, Epoch.EPOCH_4_0])
@pytest.mark.parametrize("opening", ["(", "(list ", "{a: ", "(begin "])
def test_deep_nesting_is_an_error_of_the_contract(opening: str, epoch: Epoch) -> None:
    with pytest.raises(ClarityError, match="too deep of an expression nesting"):
        analyze(opening * 10_000, ClarityVersion.CLARITY_1, epoch, {})


def test_the_deepest_nesting_that_parses_is_analysed() -> None:
    depth = 130
    source = "".join(f"(let ((a{number} 1)) " for number in range(depth)) + "1" + ")" * depth
    assert analyze(source, ClarityVersion.CLARITY_6, Epoch.EPOCH_4_0, {}).ast.top_level


def test_a_broken_source_keeps_all_that_is_wrong_with_it() -> None:
    with pytest.raises(ClarityError) as caught:
        analyze("(+ 1 u1)\n(print 'xyz", ClarityVersion.CLARITY_1, Epoch.EPOCH_3_1, {})
    diagnostic = caught.value.diagnostic
    assert diagnostic.message == "expecting expression of type 'int', found 'uint'"
    assert diagnostic.span.start_line == 1
    assert diagnostic.notes
