"""The graph finds who needs whom and every circle; the plan moves each unit once."""

from __future__ import annotations

from pathlib import Path

import pytest
from workspace import DEPLOYER, OTHER

from cache.digest import ActionKey, Digest
from clarbuild.graph import Graph, absolute, link, relative
from clarbuild.plan import Exported, Plan, State
from clarbuild.references import find_references, passed_references
from clarbuild.units import Manifest, Unit
from compiler.versions import ClarityVersion, Epoch

SHOWN = Exported(Digest.of(b"interface"), ())


def graph(sources: dict[str, str], *, kind: str = "project") -> Graph:
    """Units in the order given; a name may be "name@line" in a log, or have an address."""
    units = []
    for number, label in enumerate(sources):
        contract = label.partition("@")[0]
        deployer, _, name = contract.rpartition(".")
        rules = (ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1, Epoch.EPOCH_3_1)
        units.append(Unit(deployer or DEPLOYER, name, *rules, line=number, boot=name == "boot"))
    manifest = Manifest(kind, "p", Path(), Path(), tuple(units))  # type: ignore[arg-type]
    texts = list(sources.values())
    found = [find_references(text) for text in texts]
    return link(manifest, found, lambda number: passed_references(texts[number]))


def test_dependencies_by_sibling_and_by_address() -> None:
    made = graph(
        {
            "a": "(contract-call? .b f)",
            "b": f"(use-trait t '{OTHER}.c.t) .gone .b",
            f"{OTHER}.c": f"'{DEPLOYER}.d",
            "d": "",
        }
    )
    assert made.dependencies == ((1,), (2,), (3,), ())
    assert made.dependents == ((), (0,), (1,), (2,))
    assert made.cycles == ()


def test_a_circle_is_told_with_its_path() -> None:
    made = graph(
        {
            "a": "(contract-call? .b f)",
            "b": "(contract-call? .c f)",
            "c": "(contract-call? .a f)",
            "d": "(contract-call? .a f)",
        }
    )
    assert made.cycles == ((0, 1, 2, 0),)


def test_a_name_alone_closes_no_circle() -> None:
    made = graph({"a": "(contract-call? .b f)", "b": "(is-eq contract-caller .a)"})
    assert made.cycles == ()
    assert made.dependencies == ((1,), ())


def test_an_argument_outweighs_a_mere_name() -> None:
    made = graph({"a": "(contract-call? .x f .b)", "b": "(is-eq contract-caller .a)", "x": ""})
    assert made.dependencies[0] == (1, 2)
    assert made.dependencies[1] == ()


def test_a_log_knows_only_earlier_deployments() -> None:
    made = graph({"a@1": "(contract-call? .b f)", "b@2": "", "b@3": "", "c@4": ".b"}, kind="log")
    assert made.dependencies == ((), (), (), (1, 2))
    assert made.deployments(3, "†.b") == [1, 2]


def test_boot_contracts_are_there_before_a_logs_first_line() -> None:
    made = graph({"a@1": "(contract-call? .boot f)", "boot@2": ".a", "b@3": ""}, kind="log")
    assert made.dependencies == ((1,), (), ())


@pytest.mark.parametrize("identifier", ["†.a", f"{OTHER}.a"])
def test_names_of_contracts_there_and_back(identifier: str) -> None:
    assert relative(absolute(identifier, DEPLOYER), DEPLOYER) == identifier
    assert relative(f"{DEPLOYER}.a", DEPLOYER) == "†.a"


def test_a_unit_is_ready_when_all_it_needs_is_finished() -> None:
    plan = Plan(graph({"a": "(contract-call? .b f) .c", "b": "", "c": ""}))
    assert [plan.take(), plan.take(), plan.take()] == [1, 2, None]
    plan.set_state(1, State.BUILT, SHOWN)
    assert plan.take() is None
    plan.set_state(2, State.INVALID)
    assert plan.take() == 0
    assert plan.needs(0) == {"†.b": 1, "†.c": None}
    assert plan.unfinished == 1


def test_a_finished_unit_stays_so() -> None:
    plan = Plan(graph({"a": ""}))
    plan.set_state(0, State.BUILT, SHOWN)
    with pytest.raises(ValueError, match="finished already"):
        plan.set_state(0, State.READY)


def test_the_same_action_runs_once() -> None:
    plan = Plan(graph({"a": "", f"{OTHER}.a": ""}))
    key = ActionKey(bytes(32))
    assert plan.start(0, key)
    assert not plan.start(1, key)
    assert plan.running(key) == [0, 1]


def test_traits_in_an_interface_are_needed_too() -> None:
    plan = Plan(graph({"a": "(contract-call? .b f)", "b": "", f"{OTHER}.c": "", "t": ""}))
    plan.set_state(2, State.BUILT, SHOWN)
    plan.set_state(3, State.BUILT, Exported(SHOWN.observed, (f"{OTHER}.c",)))
    plan.set_state(1, State.BUILT, Exported(SHOWN.observed, ("†.t",)))
    assert plan.needs(0) == {"†.b": 1, "†.t": 3, f"{OTHER}.c": 2}


def test_the_first_valid_deployment_takes_a_name() -> None:
    plan = Plan(graph({"b@1": "", "b@2": "", "b@3": "", "c@4": ".b"}, kind="log"))
    plan.set_state(0, State.INVALID)
    plan.set_state(1, State.BUILT, SHOWN)
    plan.set_state(2, State.BUILT, SHOWN)
    assert plan.needs(3) == {"†.b": 1}
