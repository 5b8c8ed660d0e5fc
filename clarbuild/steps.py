"""What the compilation of each unit is made of: its step, which has the key, and its request.

Keys are made in the order of the dependencies, without parsing. Reads no file and asks no store.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from cache.digest import ActionKey, Digest
from clarbuild.context import Options
from clarbuild.graph import Graph
from clarbuild.key import CompileStep, Toolchain
from clarbuild.plan import Plan
from clarbuild.references import with_siblings
from clarbuild.sources import Source
from clarbuild.units import Manifest
from clarbuild.worker import CompileRequest


class Steps:
    """The steps of a build's units; numbers are those of the manifest's units."""

    def __init__(
        self,
        manifest: Manifest,
        found: Sequence[Source],
        graph: Graph,
        plan: Plan,
        options: Options,
        toolchain: Toolchain,
    ) -> None:
        self._manifest = manifest
        self._found = found
        self._graph = graph
        self._plan = plan
        self._options = options
        self._toolchain = toolchain
        self._steps: dict[int, CompileStep] = {}
        self._keys: dict[Hashable, ActionKey] = {}

    def step(self, number: int) -> CompileStep:
        """The compilation of a unit all of whose dependencies are finished."""
        step = self._steps.get(number)
        if step is None:
            step = self._steps[number] = self._describe(number)
        return step

    def key(self, number: int) -> ActionKey:
        """Its key; in a log, many units are the same step."""
        step = self.step(number)
        identity = step.identity
        key = self._keys.get(identity)
        if key is None:
            key = self._keys[identity] = step.key
        return key

    def forget(self) -> None:
        """Lets the steps go, which a build has little use for after its end; they can be made again."""
        self._steps.clear()
        self._keys.clear()

    def _describe(self, number: int) -> CompileStep:
        unit = self._manifest.units[number]
        source = self._found[number].digest
        assert source is not None
        needs: dict[str, Digest | None] = {}
        at_home = f"{unit.deployer}."
        addressed = self._addresses_itself(number)
        for identifier, other in self._plan.needs(number).items():
            exported = None if other is None else self._plan.exported(other)
            needs[identifier] = None if exported is None else exported.observed
            if other is not None and exported is not None and not addressed:
                foreign = self._manifest.units[other].deployer != unit.deployer
                addressed = foreign and any(
                    mention.startswith(at_home) for mention in exported.mentions
                )
        return CompileStep(
            source,
            unit.version,
            unit.epoch,
            unit.cost_epoch,
            self._options.profile,
            needs,
            unit.deployer if addressed else None,
            self._toolchain,
        )

    def _addresses_itself(self, number: int) -> bool:
        """Whether the source names contracts at its deployer's address by that address."""
        at_home = f"{self._manifest.units[number].deployer}."
        return any(name.startswith(at_home) for name in self._graph.references[number].all)

    def request(self, number: int, text: str, interface: Callable[[int], bytes]) -> CompileRequest:
        """What the compiler is asked for a unit whose needs are built."""
        unit = self._manifest.units[number]
        return CompileRequest(
            with_siblings(text, unit.deployer) if self._addresses_itself(number) else text,
            unit.version,
            unit.epoch,
            unit.cost_epoch,
            self._options.profile,
            unit.deployer,
            tuple(
                (identifier, interface(other))
                for identifier, other in sorted(self._plan.needs(number).items())
                if other is not None
            ),
            # A log has many contracts that nobody may ever call: a replay compiles what it calls.
            native=self._manifest.kind != "log",
        )
