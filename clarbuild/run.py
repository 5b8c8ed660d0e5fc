"""Builds what is at one path, again and again: reads it, plans, and lets one build after another run.

Contents decide what is done. A manifest is read again unless all that it was read from says the
same; a source unless its stamp proves it unchanged. What a watcher saw being touched narrows where
a next build looks; a build that looks at everything follows when it is quiet.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from blake3 import blake3
from msgspec.structs import replace

from clarbuild.building import Building
from clarbuild.context import Listener, Options, Surroundings, checked
from clarbuild.graph import Graph, link
from clarbuild.key import Profile, Toolchain
from clarbuild.manifest import load
from clarbuild.memory import Recalled, Settled, load_memory, memory_path, save_memory
from clarbuild.outcome import BuildResult, Noted
from clarbuild.recall import NotingFiles, says_the_same
from clarbuild.references import References, passed_references
from clarbuild.sources import Source, Sources
from clarbuild.units import Manifest
from clarbuild.worker import CompileRequest

_NO_REFERENCES = References((), ())


class Builder:
    """Builds what is at one path, again and again; keeps in memory what it learnt."""

    def __init__(self, location: Path, options: Options, surroundings: Surroundings) -> None:
        self.location = location
        self.options = options
        self.around = surroundings
        self._memory_path = memory_path(surroundings.state, location, options.profile)
        self.memory = load_memory(self._memory_path).used_by(_tool(surroundings.toolchain))
        self._latest: Building | None = None
        self._whole: Building | None = None

    def build(
        self,
        listen: Listener,
        check: Callable[[], None] = lambda: None,
        touched: Collection[str] | None = None,
    ) -> BuildResult:
        """Builds all that isn't built; raises `InputError` where there is nothing to build from.

        `check` is called again and again, and may raise to give the build up; what was compiled
        until then is kept. With `touched`, the paths that may have changed since the latest build
        that came to its end, only these are looked at where that is enough, and what this build
        learnt is written down by the next that looks at everything.
        """
        started = time.perf_counter()
        building = None if touched is None else self._go_on(touched)
        narrow = building is not None
        with self.around.store.lease():
            if building is None:
                building = self._begin(check)
            self._latest = building
            result = building.run(listen, check, started, dry=False)
            building.settle()
        self._whole = building
        if not narrow:
            self.memory.prune(building.found)
            if self.memory.changed:
                save_memory(self._memory_path, self.memory, self.location)
        if self.around.store.problem:
            listen(Noted(self.around.store.problem))
        return result

    def dry_run(self, listen: Listener) -> BuildResult:
        """What `build` would do: outcomes that would be built have a reason, and no artifact."""
        started = time.perf_counter()
        with self.around.store.lease():
            self._latest = self._begin()
            return self._latest.run(listen, lambda: None, started, dry=True)

    def in_other_profile(self) -> Builder:
        """A builder of the same in the profile that this one is not of."""
        profile: Profile = "debug" if self.options.profile == "release" else "release"
        return Builder(self.location, replace(self.options, profile=profile), self.around)

    def request(self, number: int) -> CompileRequest:
        """What the compiler is asked for a unit of the latest build."""
        assert self._latest is not None, "there was a build"
        return self._latest.request(number)

    def text(self, number: int) -> str:
        """The source of a unit of the latest build."""
        assert self._latest is not None, "there was a build"
        return self._latest.text(number)

    def manifest(self) -> Manifest:
        """What there is to build."""
        given = f"{self.location}, {self.options.version}, {self.options.epoch}"
        recalled = self.memory.recalled
        if (
            recalled is not None
            and recalled.given == given
            and says_the_same(recalled.asked, self.around.files)
        ):
            return recalled.manifest
        files = NotingFiles(self.around.files)
        manifest = load(
            self.location, files, version=self.options.version, epoch=self.options.epoch
        )
        self.memory.recall(Recalled(given, tuple(files.asked), manifest))
        return manifest

    # A build that looks at everything

    def _begin(self, check: Callable[[], None] = lambda: None) -> Building:
        manifest = self.manifest()
        sources = self._sources()
        found = [sources.source(unit) for unit in checked(manifest.units, check)]
        graph = self._linked(manifest, sources, found)
        settled = self._settled(manifest, found, graph, check)
        known = {} if self._whole is None else self._whole.lookup.entries
        return Building(
            manifest,
            sources,
            found,
            graph,
            settled,
            known,
            self.memory,
            self.options,
            self.around,
            check=check,
        )

    def _linked(self, manifest: Manifest, sources: Sources, found: list[Source]) -> Graph:
        references = tuple(
            _NO_REFERENCES if source.digest is None else sources.references(unit, source)
            for unit, source in zip(manifest.units, found, strict=True)
        )

        def passed(number: int) -> frozenset[str]:
            return passed_references(sources.text(manifest.units[number], found[number]))

        before = self._whole
        if (
            before is not None
            and before.manifest is manifest
            and before.graph.references == references
            and all(
                found[number].digest == before.found[number].digest or passed(number) == was
                for number, was in before.graph.passed.items()
            )
        ):
            return before.graph
        return link(manifest, references, passed)

    def _sources(self) -> Sources:
        clock = self.around.clock
        return Sources(self.around.files, self.memory, lambda: int(clock() * 1e9))

    def _settled(
        self,
        manifest: Manifest,
        found: list[Source],
        graph: Graph,
        check: Callable[[], None],
    ) -> dict[int, Settled]:
        """The units that the build before settled, and that are what they were then."""
        rows = self.memory.settled
        if not rows:
            return {}
        units = manifest.units
        labels = [unit.label for unit in units]
        settled: dict[int, Settled] = {}
        for number, label in enumerate(checked(labels, check)):
            row = rows.get(label)
            if (
                row is not None
                and row.key is not None
                and row.source == found[number].digest
                and row.rules == units[number].rules
                and row.dependencies == tuple(labels[o] for o in graph.dependencies[number])
            ):
                settled[number] = row
        return settled

    # A build that goes on from the one before

    def _go_on(self, touched: Collection[str]) -> Building | None:
        """A build after edits of sources alone; None where more must be looked at."""
        before = self._whole
        if before is None:
            return None
        numbers: set[int] = set()
        for path in touched:
            known = before.by_path.get(os.path.abspath(path))
            if known is None:
                return None
            numbers.update(known)
        sources = self._sources()
        found = list(before.found)
        for number in numbers:
            unit = before.manifest.units[number]
            source = found[number] = sources.source(unit)
            if source.digest is None:
                return None
            if sources.references(unit, source) != before.graph.references[number]:
                return None
            was = before.graph.passed.get(number)
            if was is not None and passed_references(sources.text(unit, source)) != was:
                return None
        settled = dict(before.settling.left)
        for number in numbers:
            row = settled.get(number)
            if row is None:
                continue
            if row.source != found[number].digest:
                del settled[number]
            elif row.key is not None:
                self.memory.built(before.manifest.units[number].label, row.key)
        return Building(
            before.manifest,
            sources,
            found,
            before.graph,
            settled,
            before.lookup.entries,
            self.memory,
            self.options,
            self.around,
            before=before,
        )


def _tool(toolchain: Toolchain) -> str:
    """What a project's memory depends on besides the project: the compiler, and what plans."""
    return f"{toolchain.compiler.hex()} {toolchain.host_interface} {_planner()}"


@cache
def _planner() -> str:
    """The digest of this package's own files."""
    hasher = blake3(derive_key_context="clarbuild 2026 planner fingerprint")
    for file in sorted(Path(__file__).parent.glob("*.py")):
        hasher.update(file.read_bytes())
    return hasher.hexdigest()
