"""Runs transactions on a chain of traced modules and says what their lines spent."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from clarbuild.project import Chain, Project
from compiler.syntax.ast import AtomNode, ListNode, Node
from compiler.syntax.build import build_ast_with_diagnostics
from compiler.versions import ClarityVersion, Epoch
from runtime.arguments import Argument
from runtime.boot import BootContracts
from runtime.modules import CompileInMemory
from runtime.profiler import ENTRY, Place, Profile, Recorder, Spent, Stack, sum_of
from runtime.receipts import Receipt

Function = tuple[str, str]
"""A contract and the name of one of its functions."""

DEPLOYMENT: Final = "(deployment)"


class Findings(Struct, frozen=True):
    """What was profiled: by the function that was called, and the sources that lines stand in."""

    functions: Mapping[Function, Profile]
    sources: Mapping[str, Source]
    failed: int
    """Transactions that ended with an error, which have no costs and don't count."""

    @property
    def total(self) -> Spent:
        """What everything spent."""
        return sum_of(profile.total for profile in self.functions.values())

    def lines(self) -> dict[Place, tuple[Spent, Spent]]:
        """Of each line what it spent itself, and with all that it called."""
        found: dict[Place, tuple[Spent, Spent]] = {}
        for profile in self.functions.values():
            for place, (own, whole) in profile.lines().items():
                mine, all_ = found.setdefault(place, (Spent(), Spent()))
                mine.add(own)
                all_.add(whole)
        return found

    def name(self, place: Place) -> str:
        """The place for people: contract, definition and line."""
        contract = place.contract.partition(".")[2]
        if place.line == ENTRY:
            return f"{contract}: entering"
        source = self.sources.get(place.contract)
        inside = source.definition(place.line) if source else ""
        return f"{contract}{f'.{inside}' if inside else ''}:{place.line}"

    def text(self, place: Place) -> str:
        """The line itself."""
        source = self.sources.get(place.contract)
        return source.line(place.line) if source and place.line != ENTRY else ""

    def stacks(self) -> dict[tuple[str, ...], Spent]:
        """What was spent, by the function that was called and the places on the way."""
        found: dict[tuple[str, ...], Spent] = {}
        for (contract, function), profile in self.functions.items():
            root = f"{contract.partition('.')[2]} {function}"
            for stack, spent in profile.by_stack.items():
                found.setdefault((root, *self._names(stack)), Spent()).add(spent)
        return found

    def _names(self, stack: Stack) -> list[str]:
        return [self.name(place) for place in stack[1:]]


class Source:
    """A contract's lines, and which definition each stands in."""

    def __init__(self, text: str, version: ClarityVersion, epoch: Epoch) -> None:
        self._lines = text.split("\n")
        ast, _ = build_ast_with_diagnostics(text, version, epoch)
        found = sorted((node.span.start_line, _defined(node)) for node in ast.top_level)
        self._starts = [start for start, _ in found]
        self._names = [name for _, name in found]

    def definition(self, line: int) -> str:
        """The name of what is defined there, "" outside of definitions."""
        at = bisect_right(self._starts, line) - 1
        return self._names[at] if at >= 0 else ""

    def line(self, number: int) -> str:
        """The text of a line, without what it is indented by."""
        return self._lines[number - 1].strip() if number <= len(self._lines) else ""


def _defined(node: Node) -> str:
    match node:
        case ListNode(children=[AtomNode(name=keyword), AtomNode(name=name), *_]):
            return name if keyword.startswith("define-") else ""
        case ListNode(
            children=[AtomNode(name=keyword), ListNode(children=[AtomNode(name=name), *_]), *_]
        ):
            return name if keyword.startswith("define-") else ""
        case _:
            return ""


class ProfiledChain(Chain):
    """A chain that profiles its transactions: it runs each as often as `times` says from the same
    state, of which the last run stays."""

    def __init__(self, *, times: int = 1, **options: Any) -> None:
        self.times = times
        self.functions: dict[Function, Profile] = {}
        self.failed = 0
        super().__init__(**options)
        self._recorder = Recorder(self)

    def deploy(
        self, contract: str, source: str, clarity_version: ClarityVersion | int | None = None
    ) -> Receipt:
        """As every chain does, profiled once."""
        run = super().deploy
        return self._profiled(contract, DEPLOYMENT, lambda: run(contract, source, clarity_version))

    def call(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """As every chain does, profiled."""
        run = super().call
        return self._profiled(
            contract, function, lambda: run(contract, function, arguments, sender)
        )

    def read(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """As every chain does, profiled."""
        run = super().read
        return self._profiled(
            contract, function, lambda: run(contract, function, arguments, sender)
        )

    def _profiled(self, contract: str, function: str, run: Callable[[], Receipt]) -> Receipt:
        runs = []
        place = self.snapshot() if self.times > 1 else None
        for number in range(self.times):
            if place is not None and number:
                self.revert(place)
            self._recorder.begin()
            receipt = run()
            if receipt.error is not None:
                self.failed += 1
                return receipt
            runs.append(self._recorder.end(contract, receipt.costs))
        self.functions.setdefault((contract, function), Profile()).add(runs)
        return receipt

    def findings(self, *, deployments: bool) -> Findings:
        """What was found so far; deployments only where they are asked for."""
        functions = {
            (contract, function): profile
            for (contract, function), profile in self.functions.items()
            if deployments or function != DEPLOYMENT
        }
        sources = {
            identifier: Source(contract.source, contract.version, contract.epoch)
            for identifier, contract in self.contracts.items()
        }
        return Findings(functions, sources, self.failed)


def profiled_chain(project: Project) -> ProfiledChain:
    """A chain on which the project is deployed and nothing has been profiled yet."""
    modules = CompileInMemory("release", traced=True)
    chain = project.chain(make=ProfiledChain, modules=modules, profile="release")
    assert isinstance(chain, ProfiledChain)
    chain.functions.clear()
    return chain


def profile_log(log: Path, boot: BootContracts | None, times: int) -> Findings:
    """Profile all transactions of a log, each run `times` times."""
    from runtime.replay import replay

    modules = CompileInMemory("release", traced=True)
    chains: list[ProfiledChain] = []

    def make_chain() -> ProfiledChain:
        chains.append(ProfiledChain(times=times, modules=modules, profile="release", boot=boot))
        return chains[-1]

    for _ in replay(log, make_chain):
        pass
    whole: dict[Function, Profile] = {}
    sources: dict[str, Source] = {}
    failed = 0
    for chain in chains:
        found = chain.findings(deployments=True)
        sources.update(found.sources)
        failed += found.failed
        for function, profile in found.functions.items():
            whole.setdefault(function, Profile()).merge(profile)
    return Findings(whole, sources, failed)
