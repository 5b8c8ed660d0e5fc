"""Gives a chain its modules: from the cache, compiled into it where they are missing."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from cache.digest import ActionKey, Digest
from cache.outcome import Action, Miss
from clarbuild.artifacts import Entry, EntryFormatError, from_action, put_entry
from clarbuild.context import Surroundings
from clarbuild.graph import absolute, relative
from clarbuild.key import CompileStep, Profile
from clarbuild.plan import Exported
from clarbuild.references import References, find_references, with_siblings
from clarbuild.worker import CompileRequest
from compiler.description import ModuleDescription
from compiler.diagnostics import ClarityError, CompilerBug
from compiler.interface_bytes import StoredInterface, canonical_bytes
from compiler.interface_names import mentions
from runtime.engine import compile_module, engine_for
from runtime.modules import Artifact, ModuleRequest

_KEPT = 20_000
_KEPT_PARTS = 2_000


class CachedModules:
    """A `runtime.modules.ModuleProvider` over a store, with the keys that builds have."""

    def __init__(self, around: Surroundings, profile: Profile) -> None:
        self._around = around
        self._profile = profile
        self._engine = engine_for(profile)
        self.fingerprint = Digest(self._engine.fingerprint)
        self._known: OrderedDict[ActionKey, Artifact | ClarityError] = OrderedDict()
        self.compiled = 0
        self.loaded = 0

    @property
    def around(self) -> Surroundings:
        """The store that modules are in, and the compiler."""
        return self._around

    def step(self, request: ModuleRequest) -> CompileStep:
        """The compilation that gives the artifact of a request, with its key."""
        return self._step(request)[0]

    def __call__(self, request: ModuleRequest) -> Artifact:
        """The artifact for a request; `ClarityError` where the contract isn't valid."""
        step, interfaces = self._step(request)
        key = step.key
        result = self._known.get(key)
        if result is None:
            result = self._known[key] = self._find(key, step, request, interfaces)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        if isinstance(result, ClarityError):
            raise result
        return result

    def _step(self, request: ModuleRequest) -> tuple[CompileStep, dict[str, StoredInterface]]:
        """The compilation, described as a build describes it, and the interfaces it needs."""
        deployer = request.contract.partition(".")[0]
        at_home = f"{deployer}."
        references = _references(request.source)
        addressed = bool(deployer) and any(n.startswith(at_home) for n in references.all)
        interfaces: dict[str, StoredInterface] = {}
        needs: dict[str, Digest | None] = {}
        queue = list(references.all)
        while queue:
            identifier = relative(queue.pop(), deployer) if deployer else queue.pop()
            if identifier in needs:
                continue
            found = request.interfaces.stored(identifier)
            if found is None:
                needs[identifier] = None
                continue
            interfaces[identifier] = found
            exported = _exported(found)
            needs[identifier] = exported.observed
            if exported.mentions:
                home = absolute(identifier, deployer).partition(".")[0]
                named = [absolute(mention, home) for mention in exported.mentions]
                queue += named
                addressed = addressed or (
                    home != deployer and any(n.startswith(at_home) for n in named)
                )
        step = CompileStep(
            Digest.of(request.source.encode()),
            request.version,
            request.epoch,
            request.cost_epoch,
            self._profile,
            needs,
            deployer if addressed else None,
            self._around.toolchain,
            request.counts_memory,
        )
        return step, interfaces

    def _find(
        self,
        key: ActionKey,
        step: CompileStep,
        request: ModuleRequest,
        interfaces: dict[str, StoredInterface],
    ) -> Artifact | ClarityError:
        store = self._around.store
        # Its outputs are read next.
        action = store.get_action(key, check_outputs=False)
        if isinstance(action, Action):
            try:
                entry = from_action(action)
                found = None if entry.origin else self._load(entry)
            except EntryFormatError:
                found = None
            if found is not None:
                self.loaded += 1
                return found
        self.compiled += 1
        reply = self._around.compile(
            CompileRequest(
                source=with_siblings(request.source, step.address)
                if step.address is not None
                else request.source,
                version=request.version,
                epoch=request.epoch,
                cost_epoch=request.cost_epoch,
                profile=self._profile,
                deployer=request.contract.partition(".")[0],
                interfaces=tuple((name, own.data) for name, own in sorted(interfaces.items())),
                native=True,
                counts_memory=request.counts_memory,
            )
        )
        if reply.bug is not None:
            raise CompilerBug(reply.bug)
        entry = put_entry(
            store,
            key,
            step,
            reply,
            contract=request.contract,
            source=request.source,
            now=self._around.clock(),
        )
        if reply.wasm is None:
            return ClarityError(entry.diagnostics[-1])
        assert entry.wasm is not None
        store.put_native(entry.wasm, Digest(reply.engine), reply.native)
        return Artifact(
            reply.wasm,
            _Known(reply.interface, entry.exported),
            ModuleDescription.from_bytes(reply.metadata),
            reply.native,
        )

    def _load(self, entry: Entry) -> Artifact | ClarityError | None:
        """What an entry stands for; None where the store has lost a part of it."""
        if entry.wasm is None or entry.interface is None or entry.metadata is None:
            return ClarityError(entry.diagnostics[-1])
        store = self._around.store
        blobs = store.get_blobs((entry.wasm, entry.interface, entry.metadata))
        wasm, interface, metadata = (
            blobs[digest] for digest in (entry.wasm, entry.interface, entry.metadata)
        )
        if isinstance(wasm, Miss) or isinstance(interface, Miss) or isinstance(metadata, Miss):
            return None
        native = store.get_native(entry.wasm, self.fingerprint)
        if isinstance(native, Miss):
            native = compile_module(self._engine, wasm)
            store.put_native(entry.wasm, self.fingerprint, native)
        return Artifact(wasm, _Known(interface, entry.exported), _description(metadata), native)


class _Known(StoredInterface):
    """An interface of the store, which knows what it shows dependents."""

    def __init__(self, data: bytes, exported: Exported | None) -> None:
        super().__init__(data)
        assert exported is not None  # the contract is valid
        self.exported = exported


def _exported(interface: StoredInterface) -> Exported:
    """What an interface shows dependents."""
    if isinstance(interface, _Known):
        return interface.exported
    return _worked_out(interface)


@lru_cache(maxsize=_KEPT)
def _worked_out(interface: StoredInterface) -> Exported:
    whole = interface.whole
    return Exported(Digest.of(canonical_bytes(whole)), tuple(sorted(mentions(whole))))


# Chains of one process often have the same contracts: what is read off bytes is never changed.
_description = lru_cache(maxsize=_KEPT_PARTS)(ModuleDescription.from_bytes)


@lru_cache(maxsize=_KEPT)
def _references(source: str) -> References:
    return find_references(source)
