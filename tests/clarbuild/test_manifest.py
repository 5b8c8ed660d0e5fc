"""A manifest tells every unit and every fault, each fault at its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from workspace import DEPLOYER, OTHER, Workspace

from clarbuild.files import DiskFiles
from clarbuild.manifest import find_root, load
from clarbuild.problems import InputError
from clarbuild.report import problem_lines
from clarbuild.units import Manifest
from compiler.versions import ClarityVersion, Epoch


def loaded(path: Path) -> Manifest:
    return load(path, DiskFiles())


def complaint(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        loaded(path)
    return "\n".join(line for found in caught.value.problems for line in problem_lines(found))


def test_defaults_are_clarinets(workspace: Workspace) -> None:
    workspace.write(
        {
            "Clarinet.toml": """
[project]
name = "demo"
unknown = 1
[contracts.a]
path = "a.clar"
[contracts.b]
path = "b.clar"
epoch = 3.0
[contracts.c]
path = "c.clar"
epoch = "latest"
clarity_version = 2
deployer = "wallet_1"
[repl.analysis]
passes = ["check_checker"]
"""
        }
    )
    manifest = loaded(workspace.root)
    rules = {unit.name: (unit.epoch, unit.version, unit.deployer) for unit in manifest.units}
    assert rules == {
        "a": (Epoch.EPOCH_2_05, ClarityVersion.CLARITY_1, DEPLOYER),
        "b": (Epoch.EPOCH_3_0, ClarityVersion.CLARITY_3, DEPLOYER),
        "c": (Epoch.EPOCH_4_0, ClarityVersion.CLARITY_2, OTHER),
    }
    assert manifest.name == "demo"
    assert manifest.settings["repl"] == {"analysis": {"passes": ["check_checker"]}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[contracts", ":1:11: error: expected ']' at the end of a table declaration"),
        ("[contracts.a]\n", ":1:1: error: contract a has no path"),
        ("\n[contracts.1a]\npath='a'", ":2:1: error: '1a' can't name a contract"),
        ("[contracts.a]\npath='a'\nepoch = '9'", ":3:9: error: unknown epoch '9'"),
        ("[contracts.a]\npath='a'\nclarity_version=7", ":3:17: error: unknown clarity_version 7"),
        (
            "[contracts.a]\npath='a'\nclarity_version = 2",
            ":3:19: error: Clarity 2 can't be used in epoch 2.05, whose newest is Clarity 1",
        ),
        ("[contracts.a]\npath='a'\ndeployer='bob'", ":3:10: error: unknown deployer 'bob'"),
        ("contracts = 1", ": error: [contracts] is not a table"),
        ("[project]\nrequirements = [{contract_id = 'x'}]", ":2:16: error: 'x' is no contract"),
    ],
)
def test_faults_of_a_manifest(workspace: Workspace, text: str, message: str) -> None:
    workspace.write({"Clarinet.toml": text})
    assert message in complaint(workspace.root)


def test_all_faults_are_told_at_once(workspace: Workspace) -> None:
    workspace.write({"Clarinet.toml": "[contracts.a]\n[contracts.b]\n"})
    assert complaint(workspace.root).count("error:") == 2


def test_deployers_can_stand_in_the_settings(workspace: Workspace) -> None:
    workspace.write(
        {
            "Clarinet.toml": "[contracts.a]\npath='a.clar'\ndeployer='bob'",
            "settings/Devnet.toml": f"[accounts.bob]\n# stx_address: {OTHER}\n",
        }
    )
    assert loaded(workspace.root).units[0].deployer == OTHER


def test_requirements_are_where_clarinet_keeps_them(workspace: Workspace) -> None:
    contract = f"{OTHER}.trait"
    workspace.write(
        {
            "Clarinet.toml": f"[project]\nrequirements=[{{contract_id='{contract}'}}]",
            f".cache/requirements/{contract}.clar": "",
            f".cache/requirements/{contract}.json": json.dumps(
                {"epoch": "Epoch2_05", "clarity_version": "Clarity1"}
            ),
        }
    )
    (unit,) = loaded(workspace.root).units
    assert (unit.id, unit.epoch, unit.required) == (contract, Epoch.EPOCH_2_05, True)
    assert unit.path is not None
    assert unit.path.exists()


def test_a_folder_without_manifest(workspace: Workspace) -> None:
    workspace.write({"a.clar": "", f"{OTHER}/sub/b.clar": "", ".git/c.clar": "", "x.txt": ""})
    manifest = loaded(workspace.root)
    assert [unit.id for unit in manifest.units] == [f"{DEPLOYER}.a", f"{OTHER}.b"]
    assert manifest.units[0].epoch is Epoch.EPOCH_4_0


def test_two_files_of_one_contract(workspace: Workspace) -> None:
    workspace.write({"x/a.clar": "", "y/a.clar": ""})
    assert "are contract" in complaint(workspace.root)


def test_nothing_to_build(workspace: Workspace) -> None:
    assert "no Clarinet.toml and no .clar file here" in complaint(workspace.root)
    assert "no such file or folder" in complaint(workspace.root / "none")
    workspace.write({"x.txt": ""})
    assert "neither a folder" in complaint(workspace.root / "x.txt")


def test_a_log_deploys_under_the_epoch_in_force(workspace: Workspace) -> None:
    log = [
        {"op": "epoch", "epoch": "2.4"},
        {"op": "deploy", "contract": f"{OTHER}.a", "code": "(ok 1)", "clarity": 2},
        {"op": "call", "contract": f"{OTHER}.a", "function": "deploy", "args": [], "sender": OTHER},
        {"op": "reset"},
        {"op": "deploy", "contract": f"{OTHER}.a", "source": "c/a.clar", "clarity": 1},
        {"op": "epoch", "epoch": "3.1"},
        {
            "op": "deploy",
            "contract": f"{OTHER}.pox",
            "source": "pox.clar",
            "clarity": 1,
            "boot": True,
            "epoch": "2.0",
        },
    ]
    workspace.write({"log.jsonl": "\n".join(map(json.dumps, log)) + "\n\n"})
    units = loaded(workspace.root / "log.jsonl").units
    rules = [(u.name, u.line, u.segment, str(u.epoch), str(u.cost_epoch)) for u in units]
    assert rules == [
        ("a", 2, 0, "2.4", "2.4"),
        ("a", 5, 1, "2.05", "2.05"),
        ("pox", 7, 1, "2.0", "3.1"),
    ]
    assert units[0].code == "(ok 1)"
    assert units[1].path == workspace.root / "c/a.clar"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"op": "deploy", }', ":1:18: error: not valid JSON"),
        ('{"op": "deploy"}', ":1:1: error: the operation has no field 'contract'"),
        ('{"op": "epoch", "epoch": "7"}', "error: unknown epoch '7'"),
        ('["deploy"]', "error: not an operation of a transaction log"),
        ('{"op":"deploy","contract":"x","code":"","clarity":1}', "is no contract identifier"),
        (
            json.dumps({"op": "deploy", "contract": f"{OTHER}.a", "code": "", "clarity": 9}),
            "9 is not a valid",
        ),
    ],
)
def test_faults_of_a_log(workspace: Workspace, line: str, message: str) -> None:
    workspace.write({"log.jsonl": line})
    assert message in complaint(workspace.root / "log.jsonl")


def test_the_nearest_manifest_upwards(workspace: Workspace) -> None:
    workspace.write({"Clarinet.toml": "", "a/b/c.clar": ""})
    assert find_root(workspace.root / "a" / "b", DiskFiles()) == workspace.root
