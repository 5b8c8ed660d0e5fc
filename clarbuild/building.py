"""One build: asks the store for what is there, compiles what isn't, and tells a listener.

What the build before left settled, and nothing has touched since, is taken over by its key; the
store is asked for its artifact all the same. Each round asks the store once for all contracts
whose turn has come. Reads sources and the store; prints nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property

from cache.digest import ActionKey, Digest
from cache.outcome import Action, Miss
from clarbuild.artifacts import Entry, EntryFormatError, from_action, put_entry
from clarbuild.compilations import Compilations
from clarbuild.context import Listener, Options, Surroundings
from clarbuild.graph import Graph
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
from clarbuild.sources import Source, Sources
from clarbuild.steps import Steps
from clarbuild.telling import Problems, why_missing
from clarbuild.units import Manifest, Unit
from clarbuild.worker import CompileReply, CompileRequest


class Building:
    """One build. Numbers are those of the manifest's units.

    `settled` are the units whose row of the build before still holds but for what the units that
    they depend on show now. Of a build that `goes_on` from another in this process, `entries` and
    `outcomes` are there already, and what is settled was looked for in the store by that one.
    """

    def __init__(
        self,
        manifest: Manifest,
        sources: Sources,
        found: list[Source],
        graph: Graph,
        settled: Mapping[int, Settled],
        memory: Memory,
        options: Options,
        around: Surroundings,
        before: Building | None = None,
    ) -> None:
        self.manifest = manifest
        self.found = found
        self.graph = graph
        self.outcomes: list[Outcome | None] = [None] * len(manifest.units)
        self.entries: dict[ActionKey, Entry] = {} if before is None else before.entries
        self.keys: dict[int, ActionKey] = {n: row.key for n, row in settled.items() if row.key}
        self.left: dict[int, Settled] = {}
        self._sources = sources
        self._settled = settled
        self._before = before
        self._memory = memory
        self._options = options
        self._around = around
        self._store = around.store
        self._problems = Problems(manifest, found, graph)
        self._known_misses: dict[ActionKey, Miss] = {}
        self._stirred: set[int] = set()
        self._reasons: dict[ActionKey, str] = {}
        self._interfaces: dict[Digest, bytes] = {}
        self._waiting: list[ActionKey] = []
        self._from_remote: set[ActionKey] = set()
        self._remote = around.remote(manifest)
        self._compilations = Compilations(
            lambda work: around.executor(options.jobs, work), around.compile
        )
        self._listen: Listener = lambda _event: None
        self._plan_anew(settled if before is not None else self._still_stored(settled))

    def run(
        self, listen: Listener, check: Callable[[], None], started: float, *, dry: bool
    ) -> BuildResult:
        """The whole build; `started` is when it began, in `time.perf_counter`'s seconds."""
        self._listen = listen
        if self._remote is not None:
            self._remote.begin()
        self._take_over()
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
        if self._remote is not None:
            self._remote.finish()
            if told := self._remote.told():
                listen(Noted(told))
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
            hits = sum(outcome is not None for outcome in self.outcomes)
            self._listen(Started(self.manifest, len(self.outcomes), hits))

    def _result(self, started: float) -> BuildResult:
        return BuildResult(
            self.manifest,
            tuple(outcome for outcome in self.outcomes if outcome is not None),
            tuple(self._problems.of_cycle(cycle) for cycle in self.graph.cycles),
            time.perf_counter() - started,
        )

    def settle(self) -> None:
        """Leaves in the memory what this build, which has come to its end, has settled."""
        rows: dict[str, Settled] = {}
        numbers: Iterable[int] = range(len(self.manifest.units))
        if self._before is not None:
            self.left = dict(self._before.left)
            rows = dict(self._memory.settled)
            numbers = self.open
        for number in numbers:
            label = self._unit(number).label
            row = self._row(number)
            if row is None:
                self.left.pop(number, None)
                rows.pop(label, None)
            else:
                self.left[number] = rows[label] = row
        self._memory.settle(rows)
        if self._before is not None:
            # Else each build would keep all before it.
            self.by_path = self._before.by_path
            self._before = None

    def _row(self, number: int) -> Settled | None:
        source, outcome = self.found[number].digest, self.outcomes[number]
        if outcome is None or outcome.status not in _SETTLED:
            return None
        key = outcome.key
        row = self._settled.get(number)
        if row is not None and row.key == key:
            return row
        labels = (self._unit(other).label for other in self.graph.dependencies[number])
        return Settled(source, self._unit(number).rules, tuple(labels), key)

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

    def _still_stored(self, settled: Mapping[int, Settled]) -> Mapping[int, Settled]:
        """Those of the settled units whose artifacts are in the store."""
        keys = {row.key for row in settled.values() if row.key is not None}
        for key, answer in self._store.get_actions(keys).items():
            if isinstance(answer, Miss):
                self._known_misses[key] = answer
                continue
            entry = self._usable(answer)
            if isinstance(entry, Entry):
                self.entries[key] = entry
        return {n: row for n, row in settled.items() if row.key in self.entries}

    def _plan_anew(self, settled: Mapping[int, Settled]) -> None:
        """Plans what is not settled, and what depends on it and may have to follow.

        Where that is one unit of a build that goes on, it is most often the last, too: what depends
        on it is planned once it shows something else.
        """
        self._settled = settled
        units = range(len(self.manifest.units))
        changed = {number for number in units if number not in settled}
        self._narrow = self._before is not None and len(changed) == 1
        self.open = changed if self._narrow else self.graph.reach(changed)
        self._untouched = [number for number in settled if number not in self.open]
        self._plan(self._untouched)

    def _widen(self) -> bool:
        """Plans what depends on the one unit that was open, if that shows something else."""
        if not self._narrow or not self._stirred:
            return False
        self._narrow = False
        followers = self.graph.reach(self.open) - self.open
        for number in followers:
            self.outcomes[number] = None
        self.open = self.open | followers
        self._plan([n for n in range(len(self.manifest.units)) if n not in followers])
        return bool(followers)

    def _plan(self, finished: Iterable[int]) -> None:
        self.plan = Plan(self.graph, frozenset(finished), self._recalled)
        self.steps = Steps(
            self.manifest,
            self.found,
            self.graph,
            self.plan,
            self._options,
            self._around.toolchain,
        )

    def _recalled(self, number: int) -> Exported | None:
        key = self.keys.get(number)
        entry = None if key is None else self.entries.get(key)
        return None if entry is None else entry.exported

    def _take_over(self) -> None:
        """Concludes what nothing has touched."""
        if self._before is None:
            for number in self._untouched:
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
            self._record(self._outcome(number, self.entries[self.keys[number]]))
        elif before.status is Status.BUILT or before.remote:
            self.outcomes[number] = self._outcome(number, self.entries[self.keys[number]])
        else:
            self.outcomes[number] = before

    def _holds(self, number: int) -> bool:
        """Whether a unit's row holds, now that all that it depends on is finished."""
        return number in self._settled and self._stirred.isdisjoint(self.graph.dependencies[number])

    def _shows_the_same(self, number: int, exported: Exported | None) -> bool:
        """Whether a finished unit shows its dependents what it showed in the build before."""
        row = self._memory.settled.get(self.manifest.units[number].label)
        if row is None or not self._stirred.isdisjoint(self.graph.dependencies[number]):
            return False
        labels = (self.manifest.units[other].label for other in self.graph.dependencies[number])
        if row.dependencies != tuple(labels):
            return False
        if row.key is None:
            return exported is None
        before = self.entries.get(row.key)
        if before is None:
            answer = self._store.get_action(row.key, check_outputs=False)
            with suppress(EntryFormatError):
                before = from_action(answer) if isinstance(answer, Action) else None
        return before is not None and before.exported == exported

    def _end(self, number: int, state: State, exported: Exported | None = None) -> None:
        """Finishes a unit that the build before did not settle."""
        if not self._shows_the_same(number, exported):
            self._stirred.add(number)
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
            if self._holds(number):
                entry = self.entries[self.keys[number]]
                self._keep(number)
                self.plan.set_state(number, _state(entry), entry.exported)
                continue
            key = self.keys[number] = self.steps.key(number)
            known = self.entries.get(key)
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
        """Asks the store for what was taken; whether anything became known."""
        if not keys:
            return False
        missing: list[ActionKey] = []
        answers = {key: self._known_misses[key] for key in keys if key in self._known_misses}
        found = self._store.get_actions(key for key in keys if key not in answers)
        for key, answer in (answers | found).items():
            if isinstance(answer, Miss):
                number = self.plan.first_running(key)
                unit = self._unit(number)
                last = self._memory.last.get(unit.label)
                step = self.steps.step(number)
                reason = why_missing(self._store, unit, step, key, last, answer)
            else:
                entry = self._usable(answer)
                if isinstance(entry, Entry):
                    self._found(key, entry)
                    continue
                reason = entry
            self._reasons[key] = reason
            missing.append(key)
        fetched = self._fetch(missing) if fetch else set()
        self._waiting += [key for key in missing if key not in fetched]
        return bool(fetched) or len(missing) < len(keys)

    def _usable(self, action: Action) -> Entry | str:
        """The entry that an action holds, or why this build may not use it."""
        try:
            entry = from_action(action)
        except EntryFormatError:
            return "its entry is of another format"
        if entry.origin and (self._remote is None or entry.origin != self._remote.choice.origin):
            return f"its entry came from {entry.origin}, which this project does not name"
        return entry

    def _found(self, key: ActionKey, entry: Entry) -> None:
        """Finishes all units that an entry which nobody had to compile is for."""
        self.entries[key] = entry
        for number in self.plan.running(key):
            self._conclude(number, entry)

    def _fetch(self, keys: list[ActionKey]) -> set[ActionKey]:
        """Takes from the remote what the store lacks; the keys that came."""
        if self._remote is None or not keys:
            return set()
        wanted: dict[ActionKey, Wanted] = {}
        for key in keys:
            number = self.plan.first_running(key)
            # A source that can't be read in this moment is a fault that its compilation tells.
            with suppress(InputError):
                wanted[key] = Wanted(self.steps.step(number), self.text(number))
        jobs = self._options.jobs or available_processors()
        entries, misses = self._remote.fetch(self._store, wanted, jobs)
        self._from_remote |= entries.keys()
        for key, entry in entries.items():
            self._found(key, entry)
        for key, miss in misses.items():
            self._reasons[key] += f" (remote: {miss})"
        return set(entries)

    def _pretend(self) -> None:
        """Ends a dry run: says why each waiting contract would be compiled, and what may follow."""
        hopeless = self.graph.reach(n for cycle in self.graph.cycles for n in cycle)
        for key in self._waiting:
            for number in self.plan.running(key):
                unit = self._unit(number)
                self._record(Outcome(unit, number, Status.BUILT, key, reason=self._reasons[key]))
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
                    for number, outcome in enumerate(self.outcomes)
                    if outcome is None and self.found[number].digest is not None
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
            self._listen(Compiling(self._unit(number), self._reasons[key]))
            self._compilations.ask(key, request)

    def text(self, number: int) -> str:
        """The source of a unit."""
        return self._sources.text(self.manifest.units[number], self.found[number])

    def request(self, number: int) -> CompileRequest:
        """What the compiler is asked for a unit whose needs are built."""
        return self.steps.request(number, self.text(number), self._interface)

    def _interface(self, number: int) -> bytes:
        entry = self.entries[self.keys[number]]
        assert entry.interface is not None
        known = self._interfaces.get(entry.interface)
        if known is None:
            found = self._store.get_blob(entry.interface)
            if isinstance(found, Miss):
                raise self._problems.of_lost_interface(number, found)
            known = self._interfaces[entry.interface] = found
        return known

    def _take_reply(self, key: ActionKey, reply: CompileReply) -> None:
        numbers = self.plan.running(key)
        first = numbers[0]
        unit = self._unit(first)
        self._listen(Compiled(unit, reply.worker, reply.started, reply.seconds, reply.passes))
        if reply.bug is not None:
            for number in numbers:
                self._broken(number, reply.bug, self._reasons[key])
            return
        entry = self.entries[key] = put_entry(
            self._store,
            key,
            self.steps.step(first),
            reply,
            contract=unit.id,
            source=self.text(first),
            now=self._around.clock(),
        )
        if entry.interface is not None:
            self._interfaces[entry.interface] = reply.interface
        if entry.wasm is not None and reply.native:
            self._store.put_native(entry.wasm, Digest(reply.engine), reply.native)
        if self._remote is not None:
            self._remote.offer(self._store, key)
        for number in numbers:
            self._conclude(number, entry, self._reasons[key] if number == first else "")

    # Ends

    def _conclude(self, number: int, entry: Entry, reason: str = "") -> None:
        """Finishes a unit whose entry is known, compiled just now where there is a reason."""
        self._record(self._outcome(number, entry, reason))
        self._end(number, _state(entry), entry.exported)

    def _outcome(self, number: int, entry: Entry, reason: str = "") -> Outcome:
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
            key in self._from_remote,
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


_SETTLED = frozenset({Status.BUILT, Status.CACHED, Status.INVALID})


def _state(entry: Entry) -> State:
    return State.BUILT if entry.valid else State.INVALID
