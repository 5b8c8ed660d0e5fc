"""What decides the bytes of a compiled contract, described once, as labelled lines; pure.

The same description is hashed into a key (`cache.key`) and shown by `clarbuild explain`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Literal

from msgspec import Struct

import cache.key
from cache.digest import ActionKey, Digest
from cache.key import KeySink
from compiler.versions import ClarityVersion, Epoch

Profile = Literal["debug", "release"]

FORMAT = 1
ABSENT = "absent"


class Toolchain(Struct, frozen=True):
    """What of the tool itself enters every key: the compiler and the host interface."""

    compiler: bytes
    host_interface: int


class CompileStep(Struct, frozen=True):
    """One compilation: everything that its result depends on.

    `needs` maps each contract that the compiler may ask for to the digest of its interface, or to
    None where it isn't deployed. `address` is the deployer's where the source or an interface
    names it: only then is the result different at another address. No build makes a module that
    `counts_memory`: a chain asks for one where a transaction comes near that limit.
    """

    source: Digest
    version: ClarityVersion
    epoch: Epoch
    cost_epoch: Epoch
    profile: Profile
    needs: Mapping[str, Digest | None]
    address: str | None
    toolchain: Toolchain
    counts_memory: bool = False

    @property
    def identity(self) -> Hashable:
        """Equal for equal steps of one build; cheaper than the key."""
        return (
            self.source,
            self.version,
            self.epoch,
            self.cost_epoch,
            self.address,
            self.counts_memory,
            tuple(self.needs.items()),
        )

    def describe(self, sink: KeySink) -> None:
        """Everything that decides the bytes of a compiled contract, one line each."""
        sink.line("compile", FORMAT)
        sink.line("compiler", self.toolchain.compiler)
        sink.line("host-interface", self.toolchain.host_interface)
        sink.line("source", self.source)
        sink.line("clarity", self.version.value)
        sink.line("epoch", str(self.epoch))
        sink.line("costs", str(self.cost_epoch))
        sink.line("profile", self.profile)
        if self.counts_memory:
            sink.line("memory", "counted")
        if self.address is not None:
            sink.line("address", self.address)
        for identifier, digest in sorted(self.needs.items()):
            sink.line("needs", identifier, ABSENT if digest is None else digest)

    @property
    def key(self) -> ActionKey:
        """The key of the compilation."""
        return cache.key.action_key(self.describe)

    @property
    def text(self) -> str:
        """The same description for people."""
        return cache.key.key_text(self.describe)


_CHANGES: Mapping[str, str] = {
    "compiler": "the compiler changed",
    "host-interface": "the host interface changed",
    "source": "source changed",
    "clarity": "Clarity version changed",
    "epoch": "epoch changed",
    "costs": "cost table changed",
    "profile": "another profile",
    "memory": "memory is counted or isn't",
    "address": "another deployer",
    "compile": "the key's format changed",
}


def changes(before: str, after: str) -> list[str]:
    """Which inputs differ between two descriptions (`CompileStep.text`), in words."""
    old, new = _by_label(before), _by_label(after)
    found: list[str] = []
    for label in dict.fromkeys((*new, *old)):
        was, now = old.get(label), new.get(label)
        if was == now:
            continue
        kind, _, identifier = label.partition(" ")
        if kind != "needs":
            found.append(_CHANGES.get(kind, f"{kind} changed"))
        elif was is None:
            found.append(f"now refers to {identifier}")
        elif now is None:
            found.append(f"no longer refers to {identifier}")
        elif now == ABSENT:
            found.append(f"{identifier} is no longer there")
        elif was == ABSENT:
            found.append(f"{identifier} is there now")
        else:
            found.append(f"interface of {identifier} changed")
    return found


def _by_label(text: str) -> dict[str, str]:
    rows = (line.rpartition(" ") for line in text.splitlines())
    return {label: value for label, _, value in rows}


def digests_of_needs(text: str) -> dict[str, Digest]:
    """The interfaces' digests by identifier, of a description."""
    found: dict[str, Digest] = {}
    for label, value in _by_label(text).items():
        kind, _, identifier = label.partition(" ")
        if kind == "needs" and value != ABSENT:
            found[identifier] = Digest.from_hex(value.removeprefix("blake3:"))
    return found


def absent_needs(text: str) -> list[str]:
    """The identifiers of contracts that were not there, of a description."""
    return [
        label.removeprefix("needs ")
        for label, value in _by_label(text).items()
        if value == ABSENT and label.startswith("needs ")
    ]
