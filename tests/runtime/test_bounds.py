"""However little may be kept, the answers stay the interpreter's: what is kept is never needed."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.replay import replay

TESTS = Path(__file__).parents[1]
LOGS = [
    *(TESTS / "samples" / name for name in ("counter", "marketplace", "token", "vault")),
    TESTS / "runtime" / "words" / "depth",
]
BOUNDS = [
    "runtime.session.MAX_GUESTS",
    "runtime.session.MAX_AMOUNTS",
    "runtime.session.MAX_CALLERS",
    "runtime.session.MAX_CROSSINGS",
    "runtime.session.MAX_PREPARED",
    "runtime.contracts.MAX_VIEWS",
    "runtime.codecs.codec._MAX_CACHED",
    "runtime.codecs.simple._MAX_CACHED",
    "runtime.engine.thin.MAX_VIEWS",
    "runtime.stores.store._MOST_KEPT",
]
MEMORY = [f"runtime.{module}.MAX_KEPT_MEMORY" for module in ("session", "prepared", "crossing")]


def answers_as_recorded(log: Path) -> None:
    text = Path(f"{log}.receipts.jsonl").read_text(encoding="utf-8")
    rows = map(json.loads, text.splitlines())
    wanted = {row["line"]: row for row in rows if not row.get("volatile")}
    modules = CompileInMemory()
    replayed = replay(Path(f"{log}.log.jsonl"), lambda: Chain(modules=modules))
    answers = {answer.line: json.loads(answer.to_json()) for answer in replayed}
    differing = [
        (answers.get(line), wanted[line]) for line in wanted if answers[line] != wanted[line]
    ]
    assert differing[:3] == []
    assert wanted


def set_to(monkeypatch: pytest.MonkeyPatch, names: list[str], value: int) -> None:
    for name in names:
        module, _, bound = name.rpartition(".")
        monkeypatch.setattr(import_module(module), bound, value)


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_with_room_for_one_of_each(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to(monkeypatch, BOUNDS, 1)
    answers_as_recorded(log)


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_with_instances_that_are_dropped_after_each_call(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to(monkeypatch, MEMORY, 0)
    answers_as_recorded(log)
