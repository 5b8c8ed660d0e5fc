"""The Wasm that a chain's contracts run as: where it comes from, its text, and building it anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from cache.digest import Digest
from clarbuild.inspect import load_artifact, wat_lines
from clarbuild.key import Profile
from clarbuild.provider import CachedModules
from clarbuild.surroundings import toolchain
from clarbuild.version import VERSION
from compiler.wasm.disassembler import disassemble
from runtime.chain import Chain
from runtime.contracts import Contract
from runtime.modules import Artifact, CompileInMemory, ModuleProvider, ModuleRequest
from runtime.siblings import Siblings

_LINE: Final = re.compile(r"(.*?)\s*;; (\d+): .*")
"""An instruction, with the line of Clarity that `clarbuild.inspect` writes beside it."""
_FUNCTION: Final = re.compile(r"  \(func \$(\S+?)\)?(?: |$)")

Code = list[tuple[str, list[tuple[int | None, str]]]]
"""A module's text: functions, and what comes before and after them, by their names; each line with
the line of Clarity that it comes from, where that is known."""


class Rebuild(Struct, frozen=True):
    """Building an artifact anew, and what there was before; it touches nothing of the chain."""

    contract: str
    request: ModuleRequest
    before: Artifact
    profile: Profile

    def run(self) -> dict[str, Any]:
        """Build with no cache, and compare byte for byte; which output differs, if one does."""
        after = CompileInMemory(self.profile)(self.request)
        outputs: list[tuple[str, Callable[[Artifact], object]]] = [
            ("interface", lambda of: of.stored_interface.data),
            ("metadata", lambda of: of.description.to_json()),
            ("wasm", lambda of: of.wasm),
        ]
        different = next((name for name, part in outputs if part(after) != part(self.before)), None)
        return {
            "hash": f"blake3:{Digest.of(self.before.wasm).hex}",
            "rebuilt": f"blake3:{Digest.of(after.wasm).hex}",
            "verified": different is None,
            "different": different,
            "contract": self.contract,
            "compiler": VERSION,
            "compiler_fingerprint": toolchain().compiler.hex(),
        }


class Artifacts:
    """The artifacts of a chain's contracts in its current epoch."""

    def __init__(self, chain: Chain, modules: ModuleProvider, profile: Profile) -> None:
        self._chain = chain
        self._cached = modules if isinstance(modules, CachedModules) else None
        self._profile = profile
        # Contracts by the digest of what runs them; `_seen` is how many are known, and in which epoch.
        self._contracts: dict[str, list[str]] = {}
        self._seen = 0, chain.epoch

    def contracts(self, digest: str) -> list[str]:
        """The contracts that run as Wasm of a digest."""
        chain = self._chain
        now = len(chain.contracts), chain.epoch
        if self._seen != now:
            self._contracts.clear()
            for identifier in chain.contracts:
                self._contracts.setdefault(self.digest(identifier).hex, []).append(identifier)
            self._seen = now
        return self._contracts.get(digest, [])

    def all(self) -> dict[str, list[str]]:
        """The contracts by digest."""
        self.contracts("")
        return self._contracts

    def digest(self, identifier: str) -> Digest:
        """The digest of the Wasm of a contract that is there."""
        return _digest(self.artifact(identifier).wasm)

    def artifact(self, identifier: str) -> Artifact:
        """What a contract that is there runs as."""
        found = self._chain.artifact(identifier)
        assert found is not None  # the caller has looked
        return found

    def provenance(self, identifier: str) -> dict[str, Any]:
        """What a contract's Wasm was made from and by what; `inputs` are what its key is made of."""
        contract = self._chain.contracts[identifier]
        artifact = self.artifact(identifier)
        digest = self.digest(identifier)
        tools = toolchain()
        row: dict[str, Any] = {
            "hash": f"blake3:{digest.hex}",
            "size": len(artifact.wasm),
            "contracts": self.contracts(digest.hex),
            "contract": identifier,
            "source_hash": f"0x{contract.hash.hex()}",
            "clarity_version": int(contract.version),
            "deployed_in": str(contract.epoch),
            "epoch": str(self._chain.epoch),
            "profile": self._profile,
            "compiler": VERSION,
            "compiler_fingerprint": tools.compiler.hex(),
            "host_interface": tools.host_interface,
        }
        if self._cached is not None:
            step = self._cached.step(self._request(contract))
            row |= {"action": f"blake3:{step.key.hex}", "inputs": step.text.splitlines()}
        return row

    def rebuild(self, identifier: str) -> Rebuild:
        """How to build a contract's Wasm anew."""
        contract = self._chain.contracts[identifier]
        request = self._request(contract, dict(self._chain.contracts))
        return Rebuild(identifier, request, self.artifact(identifier), self._profile)

    def code(self, identifier: str) -> Callable[[], Code]:
        """What gives the text of a contract's Wasm, beside lines of Clarity in a debug build; it
        touches nothing of the chain."""
        wasm = self.artifact(identifier).wasm
        if self._cached is not None:
            key = self._cached.step(self._request(self._chain.contracts[identifier])).key
            around = self._cached.around

            def annotated() -> Code:
                found = load_artifact(around, key)
                if found is None or found.wasm != wasm:
                    return _sections(disassemble(wasm).splitlines())
                return _sections(wat_lines(found))

            return annotated
        return lambda: _sections(disassemble(wasm).splitlines())

    def _request(
        self, contract: Contract, contracts: dict[str, Contract] | None = None
    ) -> ModuleRequest:
        return ModuleRequest(
            contract.source,
            contract.version,
            contract.epoch,
            self._chain.epoch,
            Siblings(contracts or self._chain.contracts, contract.address),
            contract.id,
        )


@lru_cache(maxsize=1_000)
def _digest(wasm: bytes) -> Digest:
    return Digest.of(wasm)


def _sections(lines: list[str]) -> Code:
    """The parts of a module's text. An instruction comes from the line of the last one before it
    that has one, as in tables of lines that debuggers read."""
    code: Code = [("module", [])]
    inside = False
    line: int | None = None
    for text in lines:
        found = _FUNCTION.match(text)
        if found is not None:
            code.append((found[1], []))
            inside, line = True, None
        elif inside and text.startswith("  (") and not text.startswith("   "):
            # What follows the last function is data.
            code.append(("data", []))
            inside, line = False, None
        noted = _LINE.fullmatch(text) if inside else None
        if noted is not None:
            line = int(noted[2])
        code[-1][1].append((line, text if noted is None else noted[1]))
    return code
