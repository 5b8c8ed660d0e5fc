"""The interpreter beside ours: where it is looked for, what it answers, and how it is given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.consensus import deserialize, serialize
from compiler.values import Tuple, UInt
from runtime.reference import (
    FOLDER_VARIABLE,
    ReferenceBroken,
    ReferenceMissing,
    ReferenceVM,
    reference_folder,
)

ADDRESS = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
PACKAGE = Path("node_modules/@stacks/clarinet-sdk/package.json")
SOURCE = """
(define-read-only (heights) {stacks: stacks-block-height, burn: burn-block-height})
(define-read-only (balance (of principal)) (stx-get-balance of))
(define-public (add (a uint)) (if (> a u0) (ok (+ a u1)) (err u7)))
"""


def installed(folder: Path) -> Path:
    (folder / PACKAGE).parent.mkdir(parents=True)
    (folder / PACKAGE).write_text("{}", encoding="utf-8")
    return folder


def test_the_folder_that_is_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = installed(tmp_path / "vm")
    assert reference_folder(folder) == folder
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert reference_folder() == folder
    # What is asked for comes before what the environment names.
    other = installed(tmp_path / "other")
    assert reference_folder(other) == other


def test_the_nearest_folder_above_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    folder = installed(tmp_path / ".reference-vm")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert reference_folder() == folder


def test_a_folder_without_the_package_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ReferenceMissing) as caught:
        reference_folder(tmp_path)
    assert str(caught.value) == (
        f"no reference VM: no folder {tmp_path} with @stacks/clarinet-sdk in it"
    )
    assert caught.value.hint == "install Node 20 or later, then run `make reference-vm`"


def test_each_operation_does_what_it_says(reference: ReferenceVM) -> None:
    reference.reset()
    reference.epoch("3.1")
    contract = f"{ADDRESS}.box"
    assert reference.deploy(contract, SOURCE, 3)["ok"]

    def read(function: str, *args: str) -> object:
        receipt = reference.read(contract, function, args, ADDRESS)
        return deserialize(bytes.fromhex(receipt["result"][2:]))

    before = read("heights")
    assert isinstance(before, Tuple)
    reference.mine(stacks=2)
    reference.mine(burn=3)
    stacks, burn = before["stacks"], before["burn"]
    assert isinstance(stacks, UInt)
    assert isinstance(burn, UInt)
    after = Tuple({"stacks": UInt(stacks.value + 5), "burn": UInt(burn.value + 3)})
    assert read("heights") == after
    someone = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
    of = "0x051a99e2ec69ac5b6e67b4e26edd0e2c1c1a6b9bbd23"
    reference.mint(someone, 12)
    assert read("balance", of) == UInt(12)
    receipts = reference.run(
        [
            {"op": "mine", "stacks": 1},
            {"op": "call", "contract": contract, "function": "add", "sender": WALLET}
            | {"args": [f"0x{serialize(UInt(4)).hex()}"]},
        ]
    )
    assert receipts[0] is None
    assert receipts[1] is not None
    assert receipts[1]["result"] == "0x07" + serialize(UInt(5)).hex()
    failed = reference.call(contract, "add", [f"0x{serialize(UInt(0)).hex()}"], WALLET)
    assert failed["result"] == "0x08" + serialize(UInt(7)).hex()


@pytest.mark.usefixtures("reference")
def test_what_is_closed_answers_no_more() -> None:
    vm = ReferenceVM()
    vm.close()
    vm.close()
    with pytest.raises(ReferenceBroken, match="the reference VM is closed"):
        vm.read(f"{ADDRESS}.box", "f", [], ADDRESS)


@pytest.mark.usefixtures("reference")
def test_who_does_not_answer_in_time_is_given_up() -> None:
    with ReferenceVM(timeout=0.0) as vm:
        receipt = vm.read(f"{ADDRESS}.box", "f", [], ADDRESS)
        assert receipt == {"ok": False, "error": {"kind": "timeout"}}
        assert vm.panics == 1


@pytest.mark.usefixtures("reference")
def test_a_package_that_does_not_run_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ReferenceBroken, match="node did not start"):
        ReferenceVM(installed(tmp_path))
