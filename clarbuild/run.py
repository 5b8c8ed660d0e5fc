"""Runs a build: reads sources, asks the store, compiles what is missing; the one place with I/O.

Prints nothing: a listener is told of events. Keys are made in the order of the dependencies,
without parsing; each round asks the store once for all contracts whose turn has come.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cache.digest import ActionKey, Digest
from cache.outcome import Miss, Reason
from cache.store import Store
from clarbuild.artifacts import Entry, EntryFormatError, from_action, put_entry
from clarbuild.files import DiskFiles, Files
from clarbuild.graph import Graph, link
from clarbuild.key import CompileStep, Profile, Toolchain, changes
from clarbuild.manifest import load
from clarbuild.memory import load_memory, memory_path, save_memory
from clarbuild.outcome import (
    FAILURES,
    BuildResult,
    Compiled,
    Compiling,
    Event,
    Finished,
    Noted,
    Outcome,
    Started,
    Status,
)
from clarbuild.plan import Plan, State
from clarbuild.pool import available_processors, make_executor, stop
from clarbuild.problems import InputError, Problem, fault, problem
from clarbuild.references import References, passed_references, with_siblings
from clarbuild.remote import Remote, Wanted
from clarbuild.sources import Source, Sources
from clarbuild.units import Manifest, Unit
from clarbuild.worker import CompileReply, CompileRequest, compile_request
from compiler.contracts import bind
from compiler.diagnostics import Diagnostic, Severity
from compiler.versions import ClarityVersion, Epoch

_ATTEMPTS = 2
_CHECK_SECONDS = 0.1
_NO_REFERENCES = References((), ())


Listener = Callable[[Event], None]
"""Is told what happens, as it happens."""


def silent(_event: Event) -> None:
    """A listener that nobody hears."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a build; `version` and `epoch` are for contracts that name none."""

    profile: Profile = "debug"
    jobs: int | None = None
    version: ClarityVersion | None = None
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a build works with: the store, the memory's folder, the compiler, files and clocks.

    `executor` makes one for so many jobs and bytes of source; `remote` tells a project's.
    """

    store: Store
    state: Path
    toolchain: Toolchain
    files: Files = field(default_factory=DiskFiles)
    clock: Callable[[], float] = time.time
    compile: Callable[[CompileRequest], CompileReply] = compile_request
    executor: Callable[[int | None, int], Executor] = make_executor
    remote: Callable[[Manifest], Remote | None] = lambda _manifest: None


class Builder:
    """Builds what is at one path, again and again; keeps in memory what it learnt."""

    def __init__(self, location: Path, options: Options, surroundings: Surroundings) -> None:
        self.location = location
        self.options = options
        self.around = surroundings
        self._memory_path = memory_path(surroundings.state, location, options.profile)
        self.memory = load_memory(self._memory_path)
        self._latest: _Run | None = None

    def build(self, listen: Listener, check: Callable[[], None] = lambda: None) -> BuildResult:
        """Builds all that isn't built; raises `InputError` where there is nothing to build from.

        `check` is called again and again, and may raise to give the build up; what was compiled
        until then is kept.
        """
        return self._run(listen, check, dry=False)

    def dry_run(self, listen: Listener) -> BuildResult:
        """What `build` would do: outcomes that would be built have a reason, and no artifact."""
        return self._run(listen, lambda: None, dry=True)

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
        return load(
            self.location,
            self.around.files,
            version=self.options.version,
            epoch=self.options.epoch,
        )

    def _run(self, listen: Listener, check: Callable[[], None], *, dry: bool) -> BuildResult:
        started = time.perf_counter()
        manifest = self.manifest()
        run = self._latest = _Run(manifest, self, listen, check, dry=dry)
        with self.around.store.lease():
            result = run.run(started)
        if not dry:
            self.memory.prune(run.paths, run.digests)
            if self.memory.changed:
                save_memory(self._memory_path, self.memory, self.location)
            if self.around.store.problem:
                listen(Noted(self.around.store.problem))
        return result


class _Run:
    """One build. Numbers are those of the manifest's units."""

    def __init__(
        self,
        manifest: Manifest,
        builder: Builder,
        listen: Listener,
        check: Callable[[], None],
        *,
        dry: bool,
    ) -> None:
        self.manifest = manifest
        self.options = builder.options
        self.around = builder.around
        self.memory = builder.memory
        self.listen = listen
        self.check = check
        self.dry = dry
        now_ns = lambda: int(self.around.clock() * 1e9)  # noqa: E731
        self.sources = Sources(self.around.files, self.memory, now_ns)
        self.found: list[Source] = [self.sources.source(unit) for unit in manifest.units]
        self.paths = {source.path for source in self.found}
        self.digests = {source.digest for source in self.found if source.digest is not None}
        self.graph = self._link()
        self.plan = Plan(self.graph)
        self.outcomes: list[Outcome | None] = [None] * len(manifest.units)
        self.steps: dict[int, CompileStep] = {}
        self.keys: dict[int, ActionKey] = {}
        self.known_keys: dict[Hashable, ActionKey] = {}
        self.entries: dict[ActionKey, Entry] = {}
        self.reasons: dict[ActionKey, str] = {}
        self.interfaces: dict[Digest, bytes] = {}
        self.attempts: dict[ActionKey, int] = {}
        self.futures: dict[Future[CompileReply], ActionKey] = {}
        self.waiting: list[ActionKey] = []
        self.executor: Executor | None = None
        self.remote = self.around.remote(manifest)
        self.from_remote: set[ActionKey] = set()

    def run(self, started: float) -> BuildResult:
        """The whole build."""
        problems = tuple(self._cycle_problem(cycle) for cycle in self.graph.cycles)
        announced = False
        if self.remote is not None:
            self.remote.begin()
        try:
            while self.plan.unfinished:
                asked = self._ask(self._take())
                if asked:
                    continue
                if not announced:
                    announced = True
                    hits = sum(outcome is not None for outcome in self.outcomes)
                    self.listen(Started(self.manifest, len(self.outcomes), hits))
                if self.dry:
                    self._pretend()
                    return self._result(problems, started)
                self._submit()
                if not self.futures:
                    break
                self._collect()
            for number in self.plan.stuck():
                self._blocked(number)
        except BaseException:
            if self.executor is not None:
                stop(self.executor)
            raise
        if not announced:
            self.listen(Started(self.manifest, len(self.outcomes), len(self.outcomes)))
        if self.executor is not None:
            self.executor.shutdown()
        if self.remote is not None:
            self.remote.finish()
            if told := self.remote.told():
                self.listen(Noted(told))
        self.sources.forget_texts()
        return self._result(problems, started)

    def _result(self, problems: tuple[Problem, ...], started: float) -> BuildResult:
        return BuildResult(
            self.manifest,
            tuple(outcome for outcome in self.outcomes if outcome is not None),
            problems,
            time.perf_counter() - started,
        )

    # Planning

    def _link(self) -> Graph:
        references = [
            _NO_REFERENCES if source.digest is None else self.sources.references(unit, source)
            for unit, source in zip(self.manifest.units, self.found, strict=True)
        ]

        def passed(number: int) -> frozenset[str]:
            return passed_references(self.text(number))

        return link(self.manifest, references, passed)

    def text(self, number: int) -> str:
        """The source of a unit."""
        return self.sources.text(self.manifest.units[number], self.found[number])

    def _take(self) -> list[ActionKey]:
        """Makes the keys of all units whose turn has come; the new ones are returned."""
        new: list[ActionKey] = []
        while (number := self.plan.take()) is not None:
            source = self.found[number]
            if source.problem is not None:
                self._finish(number, Status.INVALID, problems=source.problem.problems)
                continue
            if any(
                self.plan.state(other) is State.BLOCKED for other in self.graph.dependencies[number]
            ):
                self._blocked(number)
                continue
            step = self.steps[number] = self._step(number)
            key = self.known_keys.get(step.identity)
            if key is None:
                key = self.known_keys[step.identity] = step.key
            self.keys[number] = key
            entry = self.entries.get(key)
            if entry is not None:
                self._conclude(number, entry)
            elif self.plan.start(number, key):
                new.append(key)
        return new

    def _step(self, number: int) -> CompileStep:
        unit = self.manifest.units[number]
        source = self.found[number].digest
        assert source is not None
        needs: dict[str, Digest | None] = {}
        at_home = f"{unit.deployer}."
        addressed = self._addresses_itself(number)
        for identifier, other in self.plan.needs(number).items():
            exported = None if other is None else self.plan.exported(other)
            needs[identifier] = None if exported is None else exported.observed
            if other is not None and exported is not None and not addressed:
                foreign = self.manifest.units[other].deployer != unit.deployer
                addressed = foreign and any(
                    mention.startswith(at_home) for mention in exported.mentions
                )
        return CompileStep(
            source,
            unit.version,
            unit.epoch,
            unit.cost_epoch,
            self.options.profile,
            needs,
            unit.deployer if addressed else None,
            self.around.toolchain,
        )

    def _addresses_itself(self, number: int) -> bool:
        """Whether the source names contracts at its deployer's address by that address."""
        at_home = f"{self._unit(number).deployer}."
        return any(name.startswith(at_home) for name in self.graph.references[number].all)

    def _ask(self, keys: list[ActionKey]) -> bool:
        """Asks the store for what was taken; whether anything became known."""
        if not keys:
            return False
        missing: list[ActionKey] = []
        origin = "" if self.remote is None else self.remote.choice.origin
        for key, action in self.around.store.get_actions(keys).items():
            try:
                if isinstance(action, Miss):
                    reason = self._reason(key, action)
                elif (entry := from_action(action)).origin in ("", origin):
                    self._found(key, entry)
                    continue
                else:
                    reason = f"its entry came from {entry.origin}, which this project does not name"
            except EntryFormatError:
                reason = "its entry is of another format"
            self.reasons[key] = reason
            missing.append(key)
        fetched = self._fetch(missing)
        self.waiting += [key for key in missing if key not in fetched]
        return bool(fetched) or len(missing) < len(keys)

    def _found(self, key: ActionKey, entry: Entry) -> None:
        """Finishes all units that an entry which nobody had to compile is for."""
        self.entries[key] = entry
        for number in self.plan.running(key):
            self._conclude(number, entry)

    def _fetch(self, keys: list[ActionKey]) -> set[ActionKey]:
        """Takes from the remote what the store lacks; the keys that came."""
        if self.remote is None or self.dry or not keys:
            return set()
        wanted: dict[ActionKey, Wanted] = {}
        for key in keys:
            number = self.plan.first_running(key)
            # A source that can't be read in this moment is a fault that its compilation tells.
            with suppress(InputError):
                wanted[key] = Wanted(self.steps[number], self.text(number))
        jobs = self.options.jobs or available_processors()
        entries, misses = self.remote.fetch(self.around.store, wanted, jobs)
        self.from_remote |= entries.keys()
        for key, entry in entries.items():
            self._found(key, entry)
        for key, miss in misses.items():
            self.reasons[key] += f" (remote: {miss})"
        return set(entries)

    def _reason(self, key: ActionKey, miss: Miss) -> str:
        """Why an artifact is not there."""
        number = self.plan.first_running(key)
        last = self.memory.last.get(self.manifest.units[number].label)
        if miss.reason is not Reason.ABSENT:
            return f"its artifact is lost: {miss}"
        if last is None:
            return "not built before"
        if last == key:
            return "its artifact is no longer in the cache"
        before = self.around.store.get_action(last, check_outputs=False)
        if isinstance(before, Miss):
            return "its inputs changed"
        try:
            different = changes(from_action(before).inputs, self.steps[number].text)
        except EntryFormatError:
            different = []
        return self._bound(number, ", ".join(different)) or "its inputs changed"

    def _pretend(self) -> None:
        """Ends a dry run: says why each waiting contract would be compiled, and what may follow."""
        for key in self.waiting:
            for number in self.plan.running(key):
                unit = self._unit(number)
                self._record(Outcome(unit, number, Status.BUILT, key, reason=self.reasons[key]))
        for number, outcome in enumerate(self.outcomes):
            if outcome is None:
                self._record(
                    Outcome(
                        self._unit(number),
                        number,
                        Status.BUILT,
                        reason="perhaps: depends on what would be built",
                    )
                )

    # Compiling

    def _submit(self) -> None:
        keys, self.waiting = self.waiting, []
        if keys and self.executor is None:
            work = sum(
                len(self.text(number))
                for number, outcome in enumerate(self.outcomes)
                if outcome is None and self.found[number].digest is not None
            )
            self.executor = self.around.executor(self.options.jobs, work)
        for key in keys:
            number = self.plan.first_running(key)
            try:
                request = self.request(number)
            except InputError as error:
                for other in self.plan.running(key):
                    self._finish(other, Status.INVALID, problems=error.problems)
                continue
            self.check()
            self.listen(Compiling(self._unit(number), self.reasons[key]))
            assert self.executor is not None
            self.futures[self.executor.submit(self.around.compile, request)] = key

    def request(self, number: int) -> CompileRequest:
        """What the compiler is asked for a unit whose needs are built."""
        unit = self._unit(number)
        text = self.text(number)
        return CompileRequest(
            with_siblings(text, unit.deployer) if self._addresses_itself(number) else text,
            unit.version,
            unit.epoch,
            unit.cost_epoch,
            self.options.profile,
            unit.deployer,
            tuple(
                (identifier, self._interface(other))
                for identifier, other in sorted(self.plan.needs(number).items())
                if other is not None
            ),
            # A log has many contracts that nobody may ever call: a replay compiles what it calls.
            native=self.manifest.kind != "log",
        )

    def _interface(self, number: int) -> bytes:
        entry = self.entries[self.keys[number]]
        assert entry.interface is not None
        known = self.interfaces.get(entry.interface)
        if known is None:
            found = self.around.store.get_blob(entry.interface)
            if isinstance(found, Miss):
                raise self._lost(number, found)
            known = self.interfaces[entry.interface] = found
        return known

    def _lost(self, number: int, miss: Miss) -> InputError:
        return fault(
            self.found[number].path,
            "lost-artifact",
            f"the interface of {self._unit(number).id} was lost while it was used: {miss}",
            hint="run the build again",
        )

    def _collect(self) -> None:
        """Waits for compilations and takes what has come."""
        done: set[Future[CompileReply]] = set()
        while not done:
            self.check()
            done, _ = wait(self.futures, timeout=_CHECK_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            key = self.futures.pop(future)
            try:
                reply = future.result()
            except BrokenExecutor:
                self._restart([key, *self.futures.values()])
                return
            self._take_reply(key, reply)

    def _restart(self, keys: Iterable[ActionKey]) -> None:
        """A worker died: what it and the others had is tried once more in new processes."""
        if self.executor is not None:
            stop(self.executor)
        self.executor = None
        self.futures.clear()
        for key in keys:
            self.attempts[key] = self.attempts.get(key, 1) + 1
            if self.attempts[key] > _ATTEMPTS:
                self._take_reply(key, CompileReply(bug="the compiler's process died"))
            else:
                self.waiting.append(key)

    def _take_reply(self, key: ActionKey, reply: CompileReply) -> None:
        numbers = self.plan.running(key)
        self.listen(
            Compiled(
                self._unit(numbers[0]), reply.worker, reply.started, reply.seconds, reply.passes
            )
        )
        if reply.bug is not None:
            for number in numbers:
                self._broken(number, reply.bug, self.reasons[key])
            return
        first = numbers[0]
        entry = self.entries[key] = put_entry(
            self.around.store,
            key,
            self.steps[first],
            reply,
            contract=self._unit(first).id,
            source=self.text(first),
            now=self.around.clock(),
        )
        if entry.interface is not None:
            self.interfaces[entry.interface] = reply.interface
        if entry.wasm is not None and reply.native:
            self.around.store.put_native(entry.wasm, Digest(reply.engine), reply.native)
        if self.remote is not None:
            self.remote.offer(self.around.store, key)
        for number in numbers:
            self._conclude(number, entry, self.reasons[key] if number == first else "")

    # Ends

    def _conclude(self, number: int, entry: Entry, reason: str = "") -> None:
        """Finishes a unit whose entry is known, compiled just now where there is a reason."""
        unit = self._unit(number)
        self.memory.built(unit.label, self.keys[number])
        problems: tuple[Problem, ...] = ()
        if entry.diagnostics:
            text = self.text(number)
            problems = tuple(
                problem(self.found[number].path, self._shown(number, found), text)
                for found in entry.diagnostics
            )
        exported = entry.exported
        status = Status.INVALID
        if exported is not None:
            status = Status.BUILT if reason else Status.CACHED
        outcome = Outcome(
            unit,
            number,
            status,
            self.keys[number],
            entry.wasm,
            reason,
            entry.seconds if reason else 0.0,
            entry.wasm_size,
            problems,
            self.graph.dependencies[number],
            self.keys[number] in self.from_remote,
        )
        self._record(outcome)
        self.plan.set_state(number, State.INVALID if exported is None else State.BUILT, exported)

    def _shown(self, number: int, found: Diagnostic) -> Diagnostic:
        """A stored diagnostic as this deployment of the contract sees it, with a hint of ours.

        What makes a contract invalid is an error, though the interpreter may call it a note ("to
        match this '('").
        """
        valid = self.entries[self.keys[number]].valid
        return Diagnostic(
            found.severity if valid else Severity.ERROR,
            found.code,
            self._bound(number, found.message),
            found.span,
            self._bound(number, found.hint) if found.hint else self._hint(number, found),
            tuple(self._bound(number, note) for note in found.notes),
        )

    def _bound(self, number: int, text: str) -> str:
        unit = self._unit(number)
        return bind(text, unit.deployer, unit.name)

    def _hint(self, number: int, found: Diagnostic) -> str | None:
        """For a contract that isn't there: whether it failed or nobody told of it."""
        if "unresolved contract" not in found.message:
            return None
        unit = self._unit(number)
        for identifier, digest in self.steps[number].needs.items():
            contract = self._bound(number, identifier)
            if digest is not None or contract not in self._bound(number, found.message):
                continue
            failed = self.graph.deployments(number, identifier)
            if failed:
                return f"{contract} is not valid itself, so it can't be deployed before {unit.name}"
            if self.manifest.kind == "log":
                return f"nothing before line {unit.line} deploys {contract}"
            if self.manifest.kind == "folder":
                return f"there is no such contract in {self.manifest.root}"
            return f"add {contract} to [contracts] or to requirements in {self.manifest.location}"
        return None

    def _finish(self, number: int, status: Status, *, problems: tuple[Problem, ...]) -> None:
        self._record(Outcome(self._unit(number), number, status, problems=problems))
        self.plan.set_state(number, State.INVALID)

    def _blocked(self, number: int) -> None:
        self._record(
            Outcome(
                self._unit(number),
                number,
                Status.BLOCKED,
                needs=self.graph.dependencies[number],
            )
        )
        self.plan.set_state(number, State.BLOCKED)

    def _broken(self, number: int, bug: str, reason: str) -> None:
        found = Diagnostic(
            Severity.ERROR,
            "compiler-bug",
            f"the compiler failed on this contract: {bug}",
            hint="this is a fault of clarbuild, not of the contract: please report it",
        )
        self._record(
            Outcome(
                self._unit(number),
                number,
                Status.BROKEN,
                self.keys[number],
                reason=reason,
                problems=(Problem(self.found[number].path, found),),
            )
        )
        self.plan.set_state(number, State.BLOCKED)

    def _record(self, outcome: Outcome) -> None:
        self.outcomes[outcome.number] = outcome
        self.listen(Finished(outcome))

    def _unit(self, number: int) -> Unit:
        return self.manifest.units[number]

    def _cycle_problem(self, cycle: tuple[int, ...]) -> Problem:
        way = " -> ".join(self._unit(number).name for number in cycle)
        first = cycle[0]
        return Problem(
            self.found[first].path,
            Diagnostic(
                Severity.ERROR,
                "circular-dependency",
                f"contracts depend on each other in a circle: {way}",
                hint="let one take the other as a trait argument",
            ),
        )


def failed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes that are no artifact."""
    return [outcome for outcome in outcomes if outcome.status in FAILURES]
