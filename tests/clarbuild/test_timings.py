"""The timings tell what ran when; their page and the graph hold in one file and escape names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as Xml
from collections import Counter
from pathlib import Path

from msgspec import structs
from workspace import REPOSITORY, Workspace, environment

from clarbuild.graph_svg import graph_svg, layers, order, threaded
from clarbuild.outcome import BuildResult, Compiled, Compiling, Event, Finished, Noted, Status
from clarbuild.timings import Recorder, Timings, chrome_trace
from clarbuild.timings_page import page

CONTRACTS = {
    "token": "(define-public (pay) (ok 1))",
    "shop": "(define-public (buy) (contract-call? .token pay))",
    "client": "(define-public (go) (contract-call? .shop buy))",
    "broken": "\n(bad)",
    "alone": "(define-public (f) (ok 1))",
}


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


def recorded(workspace: Workspace) -> tuple[BuildResult, Timings]:
    """A build of which each contract took a second, on two workers in turn."""
    workspace.project(CONTRACTS)
    clock = Clock()
    seen: list[Event] = []
    recorder = Recorder(seen.append, clock)
    count = 0

    def listen(event: Event) -> None:
        nonlocal count
        if isinstance(event, Compiled):
            passes = (("parse", 0.25), ("lower", 0.5))
            worker = f"worker {count % 2}"
            event = structs.replace(
                event, worker=worker, started=clock.now, seconds=1.0, passes=passes
            )
            clock.now += 0.5
            count += 1
        recorder(event)

    result = workspace.builder().build(listen)
    recorder(Noted("the remote <b>is</b> slow"))
    assert any(isinstance(event, Finished) for event in seen)
    return result, recorder.timings(result, "debug")


def test_spans_passes_and_concurrency(workspace: Workspace) -> None:
    _, timings = recorded(workspace)
    assert {span.name for span in timings.spans} == set(CONTRACTS)
    assert len(timings.spans) == 5
    assert timings.workers == ["worker 0", "worker 1"]
    assert timings.passes == {"parse": 1.25, "lower": 2.5, "between": 1.25}
    assert max(running for _, running in timings.concurrency()) == 2
    assert timings.concurrency()[-1][1] == 0
    assert timings.reasons == Counter({"not built before": 5})
    assert {span.name: span.status for span in timings.spans}["broken"] is Status.INVALID


def test_a_clock_elsewhere_is_moved_home(workspace: Workspace) -> None:
    workspace.project({"token": CONTRACTS["token"]})
    clock = Clock()
    recorder = Recorder(lambda _event: None, clock)
    unit = workspace.builder().manifest().units[0]
    clock.now += 1
    recorder(Compiling(unit, "r"))
    clock.now += 3
    recorder(Compiled(unit, "w", 99_999.0, 2.0, ()))
    (span,) = recorder.timings(workspace.build(), "debug").spans
    assert (span.start, span.end) == (2.0, 4.0)


def test_the_trace_is_what_chrome_reads(workspace: Workspace) -> None:
    _, timings = recorded(workspace)
    events = json.loads(chrome_trace(timings))["traceEvents"]
    names = {e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    assert names == {"worker 0", "worker 1"}
    spans = [e for e in events if e["ph"] == "X" and e["cat"] == "compile"]
    assert {e["name"] for e in spans} == set(CONTRACTS)
    assert all(e["dur"] == 1_000_000 and e["ts"] >= 0 for e in spans)
    assert [e["name"] for e in events if e.get("cat") == "pass"] == ["parse", "lower"] * 5
    assert [e["args"]["contracts"] for e in events if e["ph"] == "C"][-1] == 0


def test_the_page_needs_nothing_else(workspace: Workspace) -> None:
    _, timings = recorded(workspace)
    timings.spans[0].name = "<script>alert(1)</script>"
    text = page(timings)
    assert "<script" not in text
    assert "the remote &lt;b&gt;is&lt;/b&gt; slow" in text
    assert not re.search(r"(src|href|url)\s*[=(]", text)
    assert "prefers-color-scheme:dark" in text
    for shown in ("shop", "worker 1", "parse", "lower", "not built before", "Slowest contracts"):
        assert shown in text


def test_a_page_of_nothing(workspace: Workspace) -> None:
    workspace.project({"token": CONTRACTS["token"]})
    workspace.build()
    recorder = Recorder(lambda _event: None)
    result = workspace.builder().build(recorder)
    text = page(recorder.timings(result, "debug"))
    assert "Nothing was compiled" in text
    assert json.loads(chrome_trace(recorder.timings(result, "debug")))["traceEvents"]


def test_the_graph(workspace: Workspace) -> None:
    result, _ = recorded(workspace)
    root = Xml.fromstring(graph_svg(result))
    space = "{http://www.w3.org/2000/svg}"
    x = {}
    for group in root.iter(f"{space}g"):
        name = group.find(f"{space}text").text  # type: ignore[union-attr]
        x[name] = float(group.find(f"{space}rect").get("x"))  # type: ignore[union-attr, arg-type]
    assert x["token"] < x["shop"] < x["client"]
    assert set(x) == set(CONTRACTS)
    assert len(list(root.iter(f"{space}path"))) == 2
    titles = {title.text for title in root.iter(f"{space}title")}
    assert any(title and title.endswith("broken: invalid (not built before)") for title in titles)


def test_layers_bends_and_cycles() -> None:
    needs: dict[int, tuple[int, ...]] = {0: (), 1: (0,), 2: (1,), 3: (0, 2), 4: (5,), 5: (4,)}
    columns = layers(needs)
    assert columns == [[0], [1], [2], [3], [4, 5]]
    columns, chains = threaded(columns, needs)
    (long,) = [chain for chain in chains if chain[0] == 0 and chain[-1] == 3]
    assert len(long) == 4
    assert all(bend < 0 for bend in long[1:-1])
    assert [len(column) for column in columns] == [1, 2, 2, 1, 2]
    order(columns, {})
    assert sorted(columns[1])[-1] == 1


def test_lines_that_cross_are_untangled() -> None:
    columns = [[0, 1, 2], [3, 4, 5]]
    neighbours = {0: [5], 5: [0], 1: [4], 4: [1], 2: [3], 3: [2]}
    order(columns, neighbours)
    rows = {n: row for column in columns for row, n in enumerate(column)}
    assert all(rows[a] == rows[b] for a, (b,) in neighbours.items())


def test_the_command(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"token": CONTRACTS["token"], "shop": CONTRACTS["shop"]})
    here = tmp_path / "here"
    here.mkdir()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "clarbuild", "build", str(workspace.root)),
            *("--timings", "--graph", "graph.svg"),
        ],
        cwd=here,
        env=environment(tmp_path) | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert sorted(path.name for path in here.iterdir()) == [
        "clarbuild-timings.html",
        "clarbuild-timings.json",
        "graph.svg",
    ]
    text = (here / "clarbuild-timings.html").read_text()
    for shown in ("parse", "check", "lower", "encode", "native code"):
        assert shown in text
