"""One build: finds what is there, compiles what isn't, and tells a listener.

What the build before left settled, and nothing has touched since, is taken over by its key; the
store is asked for its artifact all the same. Each round asks the store once for all contracts
whose turn has come. Reads sources and the store; prints nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from cache.digest import ActionKey
from cache.outcome import Miss
from clarbuild.artifacts import Brief
from clarbuild.compilations import Compilations
from clarbuild.context import Listener, Options, Surroundings, checked
from clarbuild.graph import Graph
from clarbuild.lookup import Lookup
from clarbuild.memory import Memory, Settled
from clarbuild.outcome import (
    BuildResult,
    Compiled,
    Compiling,
    Finished,
    Noted,
    Outcome,
    Started,
    Status,
)
from clarbuild.plan import Exported, Plan, State
from clarbuild.pool import available_processors
from clarbuild.problems import InputError, Problem
from clarbuild.remote import Wanted
from clarbuild.settling import Settling
from clarbuild.sources import Source, Sources
from clarbuild.steps import Steps
from clarbuild.telling import Problems, why_missing
from clarbuild.units import Manifest, Unit
from clarbuild.worker import CompileReply, CompileRequest


class Building:
    """One build. Numbers are those of the manifest's units.

    `settled` are the units that the build before settled and that are what they were then; `known`
    the artifacts that it found, if it ran in this process. Where this one goes on from one `before`
    it, these and the outcomes are there already, and what is settled isn't looked for again.
    """

    def __init__(
        self,
        manifest: Manifest,
        sources: Sources,
        found: list[Source],
        graph: Graph,
        settled: Mapping[int, Settled],
        known: dict[ActionKey, Brief],
        memory: Memory,
        options: Options,
        around: Surroundings,
        *,
        check: Callable[[], None] = lambda: None,
        before: Building | None = None,
    ) -> None:
        self.manifest = manifest
        self.found = found
        self.graph = graph
        self.outcomes: list[Outcome | None] = [None] * len(manifest.units)
        self.keys: dict[int, ActionKey] = {n: row.key for n, row in settled.items() if row.key}
        self.lookup = Lookup(
            around.store, around.remote(manifest), known, still_there=before is not None
        )
        self.settling = Settling(manifest, found, graph, memory, self.lookup.shows)
        self._sources = sources
        self._before = before
        self._memory = memory
        self._options = options
        self._around = around
        self._problems = Problems(manifest, found, graph)
        self._waiting: list[ActionKey] = []
        self._compilations = Compilations(
            lambda work: around.executor(options.jobs, work), around.compile
        )
        self._listen: Listener = lambda _event: None
        self._plan_anew(settled if before is not None else self._still_stored(settled, check))

    def run(
        self, listen: Listener, check: Callable[[], None], started: float, *, dry: bool
    ) -> BuildResult:
        """The whole build; `started` is when it began, in `time.perf_counter`'s seconds."""
        self._listen = listen
        self.lookup.begin()
        self._take_over(check)
        self._announced = False
        try:
            self._work(check, dry=dry)
            while self._widen():
                self._work(check, dry=dry)
        except BaseException:
            self._compilations.abandon()
            raise
        self._announce()
        if dry:
            self._pretend()
            return self._result(started)
        self._compilations.finish()
        if told := self.lookup.finish():
            listen(Noted(told))
        self.steps.forget()
        self._sources.forget_texts()
        return self._result(started)

    def _work(self, check: Callable[[], None], *, dry: bool) -> None:
        """Finishes all open units; in a dry run only what needs no compiler."""
        while self.plan.unfinished:
            if self._ask(self._take(), fetch=not dry):
                continue
            self._announce()
            if dry:
                return
            self._submit(check)
            if not self._compilations:
                break
            for key, reply in self._compilations.collect(check):
                if reply is None:
                    self._waiting.append(key)
                else:
                    self._take_reply(key, reply)
        if self.plan.unfinished:
            for number in self.plan.stuck():
                self._blocked(number)

    def _announce(self) -> None:
        if not self._announced:
            self._announced = True
            hits = len(self.outcomes) - self.outcomes.count(None)
            self._listen(Started(self.manifest, len(self.outcomes), hits))

    def _result(self, started: float) -> BuildResult:
        return BuildResult(
            self.manifest,
            tuple(filter(None, self.outcomes)),
            tuple(self._problems.of_cycle(cycle) for cycle in self.graph.cycles),
            time.perf_counter() - started,
        )

    def settle(self) -> None:
        """Leaves in the memory what this build, which has come to its end, has settled."""
        before = self._before
        if before is None:
            self.settling.leave(self.outcomes, range(len(self.manifest.units)), None)
            return
        self.settling.leave(self.outcomes, self.open, before.settling)
        # Else each build would keep all before it.
        self.by_path = before.by_path
        self._before = None

    @cached_property
    def by_path(self) -> dict[str, list[int]]:
        """The units whose source stands in a file, by its absolute path."""
        if self._before is not None:
            return self._before.by_path
        here = os.getcwd()
        found: dict[str, list[int]] = {}
        for number, unit in enumerate(self.manifest.units):
            if unit.path is not None:
                path = os.path.normpath(os.path.join(here, unit.path))
                found.setdefault(path, []).append(number)
        return found

    # What the build before left

    def _still_stored(
        self, settled: Mapping[int, Settled], check: Callable[[], None]
    ) -> Mapping[int, Settled]:
        """Those of the settled units whose artifacts are in the store."""
        self.lookup.find({row.key for row in settled.values() if row.key is not None}, check)
        return {n: row for n, row in settled.items() if row.key in self.lookup.entries}

    def _plan_anew(self, settled: Mapping[int, Settled]) -> None:
        """Plans what is not settled, and what depends on it and may have to follow.

        Where that is one unit of a build that goes on, it is most often the last, too: what depends
        on it is planned once it shows something else.
        """
        self.settling.rows = settled
        units = range(len(self.manifest.units))
        changed = set(units).difference(settled)
        self._narrow = self._before is not None and len(changed) == 1
        self.open = changed if self._narrow else self.graph.reach(changed)
        self._untouched = sorted(set(settled).difference(self.open))
        self._plan(self._untouched)

    def _widen(self) -> bool:
        """Plans what depends on the one unit that was open, if that shows something else."""
        if not self._narrow or not self.settling.stirred:
            return False
        self._narrow = False
        followers = self.graph.reach(self.open) - self.open
        for number in followers:
            self.outcomes[number] = None
        self.open = self.open | followers
        self._plan([n for n in range(len(self.manifest.units)) if n not in followers])
        return bool(followers)

    def _plan(self, finished: Iterable[int]) -> None:
        keys, lookup = self.keys, self.lookup

        def recalled(number: int) -> Exported | None:
            key = keys.get(number)
            entry = None if key is None else lookup.entries.get(key)
            return None if entry is None else entry.exported

        # No method of this object: it would be in a circle, and stay when the next build is there.
        self.plan = Plan(self.graph, frozenset(finished), recalled)
        self.steps = Steps(
            self.manifest,
            self.found,
            self.graph,
            self.plan,
            self._options,
            self._around.toolchain,
        )

    def _take_over(self, check: Callable[[], None]) -> None:
        """Concludes what nothing has touched."""
        if self._before is None:
            for number in checked(self._untouched, check):
                self._keep(number)
            return
        self.outcomes = list(self._before.outcomes)
        for number in self.open:
            self.outcomes[number] = None
        for number in self._before.open - self.open:
            self._keep(number)

    def _keep(self, number: int) -> None:
        """Concludes a unit as the build before left it; one that goes on has told of it before."""
        before = None if self._before is None else self._before.outcomes[number]
        if before is None:
            self._record(self._outcome(number, self._entry(number)))
        elif before.status is Status.BUILT or before.remote:
            self.outcomes[number] = self._outcome(number, self._entry(number))
        else:
            self.outcomes[number] = before

    def _end(self, number: int, state: State, exported: Exported | None = None) -> None:
        """Finishes a unit that the build before did not settle."""
        self.settling.end(number, exported)
        self.plan.set_state(number, state, exported)

    # Asking

    def _take(self) -> list[ActionKey]:
        """Makes the keys of all units whose turn has come; the new ones are returned."""
        new: list[ActionKey] = []
        while (number := self.plan.take()) is not None:
            source = self.found[number]
            if source.problem is not None:
                self._finish(number, Status.INVALID, problems=source.problem.problems)
                continue
            if any(self._blocks(other) for other in self.graph.dependencies[number]):
                self._blocked(number)
                continue
            if self.settling.holds(number):
                entry = self._entry(number)
                self._keep(number)
                self.plan.set_state(number, _state(entry), entry.exported)
                continue
            key = self.keys[number] = self.steps.key(number)
            known = self.lookup.entries.get(key)
            if known is not None:
                self._conclude(number, known)
            elif self.plan.start(number, key):
                new.append(key)
        return new

    def _blocks(self, number: int) -> bool:
        """Whether a finished unit keeps those that depend on it from being built."""
        outcome = self.outcomes[number]
        return outcome is not None and outcome.status in (Status.BLOCKED, Status.BROKEN)

    def _ask(self, keys: list[ActionKey], *, fetch: bool) -> bool:
        """Asks the store, then the remote, for what was taken; whether anything became known."""
        if not keys:
            return False
        missing = self.lookup.ask(keys, self._why_missing)
        jobs = self._options.jobs or available_processors()
        fetched = self.lookup.fetch(missing, self._wanted, jobs) if fetch else set()
        waiting = [key for key in missing if key not in fetched]
        self._waiting += waiting
        for key in keys:
            entry = self.lookup.entries.get(key)
            if entry is not None:
                for number in self.plan.running(key):
                    self._conclude(number, entry)
        return len(waiting) < len(keys)

    def _why_missing(self, key: ActionKey, miss: Miss) -> str:
        number = self.plan.first_running(key)
        unit = self._unit(number)
        last = self._memory.last.get(unit.label)
        return why_missing(self._around.store, unit, self.steps.step(number), key, last, miss)

    def _wanted(self, key: ActionKey) -> Wanted | None:
        number = self.plan.first_running(key)
        try:
            return Wanted(self.steps.step(number), self.text(number))
        except InputError:
            return None  # a source that can't be read now is a fault that its compilation tells

    def _pretend(self) -> None:
        """Ends a dry run: says why each waiting contract would be compiled, and what may follow."""
        hopeless = self.graph.reach(n for cycle in self.graph.cycles for n in cycle)
        for key in self._waiting:
            reason = self.lookup.reasons[key]
            for number in self.plan.running(key):
                unit = self._unit(number)
                self._record(Outcome(unit, number, Status.BUILT, key, reason=reason))
        perhaps = "perhaps: depends on what would be built"
        for number, outcome in enumerate(self.outcomes):
            if outcome is None and number in hopeless:
                self._blocked(number)
            elif outcome is None:
                self._record(Outcome(self._unit(number), number, Status.BUILT, reason=perhaps))

    # Compiling

    def _submit(self, check: Callable[[], None]) -> None:
        keys, self._waiting = self._waiting, []
        if keys and not self._compilations.started:
            self._compilations.start(
                sum(
                    len(self.text(number))
                    for number in self.open
                    if self.outcomes[number] is None and self.found[number].digest is not None
                )
            )
        for key in keys:
            number = self.plan.first_running(key)
            try:
                request = self.request(number)
            except InputError as error:
                for other in self.plan.running(key):
                    self._finish(other, Status.INVALID, problems=error.problems)
                continue
            check()
            self._listen(Compiling(self._unit(number), self.lookup.reasons[key]))
            self._compilations.ask(key, request)

    def text(self, number: int) -> str:
        """The source of a unit."""
        return self._sources.text(self.manifest.units[number], self.found[number])

    def request(self, number: int) -> CompileRequest:
        """What the compiler is asked for a unit whose needs are built."""
        return self.steps.request(number, self.text(number), self._interface)

    def _interface(self, number: int) -> bytes:
        found = self.lookup.interface(self.keys[number])
        if isinstance(found, Miss):
            raise self._problems.of_lost_interface(number, found)
        return found

    def _take_reply(self, key: ActionKey, reply: CompileReply) -> None:
        numbers = self.plan.running(key)
        first = numbers[0]
        unit = self._unit(first)
        self._listen(Compiled(unit, reply.worker, reply.started, reply.seconds, reply.passes))
        reason = self.lookup.reasons[key]
        if reply.bug is not None:
            for number in numbers:
                self._broken(number, reply.bug, reason)
            return
        entry = self.lookup.take(
            key,
            self.steps.step(first),
            reply,
            contract=unit.id,
            source=self.text(first),
            now=self._around.clock(),
        )
        for number in numbers:
            self._conclude(number, entry, reason if number == first else "")

    # Ends

    def _conclude(self, number: int, entry: Brief, reason: str = "") -> None:
        """Finishes a unit whose entry is known, compiled just now where there is a reason."""
        self._record(self._outcome(number, entry, reason))
        self._end(number, _state(entry), entry.exported)

    def _outcome(self, number: int, entry: Brief, reason: str = "") -> Outcome:
        unit = self.manifest.units[number]
        key = self.keys[number]
        self._memory.built(unit.label, key)
        problems: tuple[Problem, ...] = ()
        if entry.diagnostics:
            problems = self._problems.of_entry(number, entry, self.text(number))
        valid = Status.BUILT if reason else Status.CACHED
        return Outcome(
            unit,
            number,
            valid if entry.valid else Status.INVALID,
            key,
            entry.wasm,
            reason,
            entry.seconds if reason else 0.0,
            entry.wasm_size,
            problems,
            self.graph.dependencies[number],
            self.lookup.came_from_remote(key),
        )

    def _finish(self, number: int, status: Status, *, problems: Iterable[Problem]) -> None:
        self._record(Outcome(self._unit(number), number, status, problems=tuple(problems)))
        self._end(number, State.INVALID)

    def _blocked(self, number: int) -> None:
        needs = self.graph.dependencies[number]
        self._record(Outcome(self._unit(number), number, Status.BLOCKED, needs=needs))
        self._end(number, State.BLOCKED)

    def _broken(self, number: int, bug: str, reason: str) -> None:
        self._record(
            Outcome(
                self._unit(number),
                number,
                Status.BROKEN,
                self.keys[number],
                reason=reason,
                problems=(self._problems.of_compiler(number, bug),),
            )
        )
        self._end(number, State.BLOCKED)

    def _record(self, outcome: Outcome) -> None:
        self.outcomes[outcome.number] = outcome
        self._listen(Finished(outcome))

    def _unit(self, number: int) -> Unit:
        return self.manifest.units[number]

    def _entry(self, number: int) -> Brief:
        return self.lookup.entries[self.keys[number]]


def _state(entry: Brief) -> State:
    return State.BUILT if entry.valid else State.INVALID
