"""Sources with what each line of them charges; compiles once more to learn where charges stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from compiler.analysis import analyze
from compiler.lower.cost_places import CostPlaces
from compiler.pipeline import generate
from compiler.syntax.ast import ListNode

if TYPE_CHECKING:
    from clarbuild.outcome import BuildResult
    from clarbuild.run import Builder
    from clarbuild.worker import CompileRequest


class ShadedSource(Struct, frozen=True):
    """A contract's source; `lines` has the least and the most runtime that lines charge in a run of
    the function that they are in, by their numbers."""

    contract: str
    text: str
    lines: dict[int, tuple[int, int]]


def shaded_sources(builder: Builder, result: BuildResult) -> dict[str, ShadedSource]:
    """The sources of a build's valid contracts, by contract."""
    found = {}
    for outcome in result.outcomes:
        if outcome.wasm is not None:
            request = builder.request(outcome.number)
            identifier = outcome.unit.id
            found[identifier] = ShadedSource(identifier, request.source, _lines(request))
    return found


def _lines(request: CompileRequest) -> dict[int, tuple[int, int]]:
    from clarbuild.worker import decoded_interfaces

    analyzed = analyze(request.source, request.version, request.epoch, decoded_interfaces(request))
    places = CostPlaces()
    generate(analyzed, request.version, request.epoch, places=places)
    lines: dict[int, tuple[int, int]] = {}
    pending = list(analyzed.typed.ast.top_level)
    while pending:
        node = pending.pop()
        if isinstance(node, ListNode):
            pending.extend(node.children)
        charged = places.nodes.get(node.id)
        line = node.span.start_line
        if charged is not None and line > 0:
            least, most = lines.get(line, (0, 0))
            lines[line] = (least + charged[0], most + charged[1])
    return lines
