"""Calls the contracts of a recorded log with arguments of its own, on our VM and the interpreter.

usage: random_calls.py CORPUS [NAME] [--epoch E] [--mutants N] [--rounds N] [--seed N] [--out FILE]

What the log deploys is deployed (in epoch E, where one is given), and N mutants of each contract
with it (`mutants.py`); functions of all of them are called in every round. Arguments are of the
parameters' types: what the sources say literally, what calls answered before, and values at limits.
Receipts are compared as those of the campaigns are; differing ones are told, and written to FILE as
JSON lines.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TextIO

from clarbuild.crosscheck import log_operations
from clarbuild.provider import CachedModules
from clarbuild.surroundings import open_surroundings
from compiler.interface import ContractInterface, FunctionSignature
from compiler.types import (
    BufferType,
    CallableTraitType,
    IntType,
    PrincipalType,
    StringAsciiType,
    StringUtf8Type,
    TraitIdentifier,
    TraitReferenceType,
    Type,
    UIntType,
)
from compiler.values import (
    Buffer,
    Err,
    Int,
    List,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
)
from runtime.boot import BootContracts
from runtime.chain import Chain
from runtime.crosscheck.generator.material import SENDERS, Material
from runtime.crosscheck.pair import cause_of, comparable
from runtime.modules import CompileInMemory
from runtime.reference import Operation, ReferenceVM, invocation
from runtime.replay import apply_operation
from runtime.siblings import Siblings
from tests.conformance.mutants import with_mutants

_CALLS: Final = ("call", "read")
_BATCH: Final = 100
BEGAN: Final = 1_780_000_000
_KINDS: Final[dict[type[Type], type]] = {
    IntType: Int,
    UIntType: UInt,
    PrincipalType: Principal,
    BufferType: Buffer,
    StringAsciiType: StringAscii,
    StringUtf8Type: StringUtf8,
}
_LITERALS: Final = re.compile(
    r"""(?P<uint>\bu\d+)|(?P<principal>'S[PTMN][0-9A-Z]+(?:\.[\w-]+)?)|0x(?P<buffer>[0-9a-fA-F]*)"""
    r"""|(?P<utf8>u"[^"\\]*")|(?P<ascii>"[^"\\]*")"""
)


class Pool:
    """Values to call with: what was seen, and what is at limits."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._seen: dict[type, list[Value]] = defaultdict(list)

    def note(self, value: Value) -> None:
        """Keep what a value is made of."""
        match value:
            case Some(inner) | Ok(inner) | Err(inner):
                self.note(inner)
            case List(items):
                for item in items[:4]:
                    self.note(item)
            case Tuple(fields):
                for field in fields.values():
                    self.note(field)
            case Int() | UInt() | Buffer() | StringAscii() | StringUtf8() | Principal():
                kept = self._seen[type(value)]
                if len(kept) < 200:
                    kept.append(value)
                else:
                    kept[self._chance.randrange(200)] = value

    def note_literals(self, source: str) -> None:
        """Keep the literals of a source."""
        for found in _LITERALS.finditer(source):
            text = found.group(found.lastgroup or 0)
            match found.lastgroup:
                case "uint" if int(text[1:]) < 2**128:
                    self.note(UInt(int(text[1:])))
                case "principal":
                    # In a comment it may be no address.
                    with suppress(ValueError):
                        self.note(Principal.parse(text[1:]))
                case "buffer" if len(text) % 2 == 0:
                    self.note(Buffer(bytes.fromhex(text)))
                case "utf8":
                    self.note(StringUtf8(text[2:-1]))
                case "ascii" if text.isascii():
                    self.note(StringAscii(text[1:-1]))

    def one(self, kind: type) -> Any:
        """Something of a kind that was seen, now and then; else nothing."""
        kept = self._seen[kind]
        return self._chance.choice(kept) if kept and self._chance.random() < 0.5 else None


class Arguments(Material):
    """Values of types: half of the simple ones are what a pool has seen."""

    def __init__(
        self, rng: random.Random, pool: Pool, fitting: Callable[[TraitIdentifier], list[str]]
    ) -> None:
        super().__init__(rng)
        self._pool = pool
        self._fitting = fitting

    def value(self, of: Type) -> Value:
        """A value of the type; for a trait, most often a contract that has its functions."""
        if isinstance(of, CallableTraitType | TraitReferenceType):
            return Principal(self.pick(self._fitting(of.trait)))
        kind = _KINDS.get(type(of))
        found: Any = None if kind is None else self._pool.one(kind)
        most = getattr(of, "max_len", None)
        if found is not None and (most is None or len(found.value) <= most):
            return found  # type: ignore[no-any-return]
        return super().value(of)


class Caller:
    """Makes calls of deployed contracts."""

    def __init__(self, chain: Chain, chance: random.Random) -> None:
        self._chain = chain
        self._chance = chance
        self._common = Pool(chance)
        self._pools: dict[str, Pool] = {}
        self._fitting: dict[TraitIdentifier, list[str]] = {}
        self._interfaces: dict[str, ContractInterface] = {}

    def know(self, contract: str, source: str) -> None:
        """A contract has been deployed."""
        siblings = Siblings(self._chain.contracts, contract.partition(".")[0])
        self._interfaces[contract] = siblings[contract]
        pool = self._pools[contract] = Pool(self._chance)
        for one in (pool, self._common):
            one.note_literals(source)
            one.note(Principal(contract))
            one.note(Principal(contract.partition(".")[0]))

    @property
    def contracts(self) -> list[str]:
        """All that are known."""
        return list(self._interfaces)

    def operations(self, contract: str, count: int) -> Iterator[Operation]:
        """Calls of `count` of a contract's functions."""
        interface = self._interfaces[contract]
        functions = [
            (op, name, signature)
            for op, signatures in (
                ("call", interface.public_functions),
                ("read", interface.read_only_functions),
            )
            for name, signature in signatures.items()
        ]
        for op, name, signature in self._chance.sample(functions, min(count, len(functions))):
            yield invocation(
                op, contract, name, self._arguments(contract, signature), self._sender(contract)
            )

    def answered(self, contract: str, value: Value) -> None:
        """A call had a value: calls to come may be given what is in it."""
        self._pools[contract].note(value)

    def _sender(self, contract: str) -> str:
        drawn = self._chance.random()
        if drawn < 0.6:
            return contract.partition(".")[0]
        if drawn < 0.9:
            return self._chance.choice(SENDERS)
        return self._chance.choice(self.contracts).partition(".")[0]

    def _arguments(self, contract: str, signature: FunctionSignature) -> list[Value]:
        pool = self._pools[contract] if self._chance.random() < 0.8 else self._common
        material = Arguments(self._chance, pool, self._candidates)
        return [material.value(type_) for _, type_ in signature.args]

    def _candidates(self, trait: TraitIdentifier) -> list[str]:
        fitting = self._implementations(trait)
        return fitting if fitting and self._chance.random() >= 0.05 else self.contracts

    def _implementations(self, trait: TraitIdentifier) -> list[str]:
        """Contracts that have functions of the trait's names and numbers of parameters."""
        if trait in self._fitting:
            return self._fitting[trait]
        defining = self._interfaces.get(trait.contract)
        methods = {} if defining is None else defining.traits.get(trait.name, {})
        fitting = self._fitting[trait] = []
        for contract, interface in self._interfaces.items():
            known = {**interface.public_functions, **interface.read_only_functions}
            if methods and all(
                name in known and len(known[name].args) == len(method.args)
                for name, method in methods.items()
            ):
                fitting.append(contract)
        return fitting


class Segment:
    """One chain of the log, on both VMs."""

    def __init__(
        self, reference: ReferenceVM, chain: Chain, chance: random.Random, out: TextIO | None
    ) -> None:
        self._reference, self._chain, self._chance, self._out = reference, chain, chance, out
        self._waiting: list[tuple[Operation, dict[str, Any]]] = []
        self.caller = Caller(chain, chance)
        self.compared = 0
        self.ok = 0
        self.causes: Counter[str] = Counter()
        self._reference.reset()

    def do(self, operation: Operation) -> None:
        """Run an operation here, and send it there."""
        self._reference.send((operation,))
        receipt = apply_operation(self._chain, operation)
        self._waiting.append((operation, {} if receipt is None else comparable(receipt)))
        if receipt is not None and receipt.ok:
            contract = operation["contract"]
            if operation["op"] in _CALLS:
                self.ok += 1
                if receipt.value is not None:
                    self.caller.answered(contract, receipt.value)
            elif contract in self._chain.contracts:
                self.caller.know(contract, operation["code"])
        if len(self._waiting) >= _BATCH:
            self.compare()

    def call_all(self, rounds: int, functions: int) -> None:
        """Call so many functions of each contract in every round."""
        for _ in range(rounds):
            contracts = self.caller.contracts
            self._chance.shuffle(contracts)
            for contract in contracts:
                for operation in self.caller.operations(contract, functions):
                    self.do(operation)
            self.do({"op": "mine", "burn": self._chance.randint(1, 30)})
        self.compare()

    def compare(self) -> None:
        """Compare what both answered since the last time."""
        waiting, self._waiting = self._waiting, []
        for (operation, ours), theirs in zip(waiting, self._reference.receive(), strict=True):
            if theirs is None:
                continue
            self.compared += 1
            cause = cause_of(operation, ours or {"ok": True}, theirs)
            if cause is None:
                continue
            self.causes[cause] += 1
            shown = {name: value for name, value in operation.items() if name != "code"}
            print(f"  {cause}\n    {json.dumps(shown)[:600]}", flush=True)
            print(f"    ours   {_short(ours)}\n    theirs {_short(theirs)}", flush=True)
            if self._out is not None:
                row = {"cause": cause, "operation": operation, "ours": ours, "theirs": theirs}
                called = self._chain.contracts.get(operation["contract"])
                if called is not None:
                    row["code"] = called.source
                self._out.write(json.dumps(row) + "\n")
                self._out.flush()


def _short(receipt: dict[str, Any]) -> str:
    if not receipt["ok"]:
        return str(receipt["error"])
    cost = receipt.get("cost")
    return f"{receipt['result'][:300]} {list(cost.values()) if cost else ''}"


def beginnings(log: Path, epoch: str | None = None) -> Iterator[list[Operation]]:
    """What each chain of a log begins with, in `epoch`: all but calls."""
    segment: list[Operation] = []
    for operation in log_operations(log):
        if operation["op"] == "reset":
            if segment:
                yield segment
            segment = []
        elif operation["op"] == "epoch" and epoch is not None:
            segment.append({"op": "epoch", "epoch": epoch})
        elif operation["op"] not in _CALLS:
            segment.append(operation)
    yield segment


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("name", nargs="?", default="mainnet")
    parser.add_argument("--epoch")
    parser.add_argument("--mutants", type=int, default=0, help="of each contract")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--functions", type=int, default=6, help="of a contract, in a round")
    parser.add_argument("--shard", default="0/1", help="every N-th chain of the log, from I on")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    folder = given.corpus / given.name
    if not folder.is_dir():
        print(f"no recorded corpus at {folder}: nothing to call")
        return 0
    first, step = map(int, given.shard.split("/"))
    boot = BootContracts(given.corpus / "boot")
    around = open_surroundings()
    # Mutants are nobody's: the cache is not for them.
    modules = CompileInMemory("release") if given.mutants else CachedModules(around, "release")
    out = given.out.open("w", encoding="utf-8") if given.out else None
    causes: Counter[str] = Counter()
    compared, began = 0, time.monotonic()
    print(f"seed {given.seed}", flush=True)
    with around.store.lease(), ReferenceVM(genesis_time=BEGAN) as reference:
        for number, beginning in enumerate(beginnings(folder / "log.jsonl", given.epoch)):
            if number % step != first:
                continue
            chance = random.Random(f"{given.seed}/{number}")
            chain = Chain(modules=modules, profile="release", boot=boot, genesis_time=BEGAN)
            segment = Segment(reference, chain, chance, out)
            for operation in with_mutants(beginning, given.mutants, chance):
                segment.do(operation)
            segment.call_all(given.rounds, given.functions)
            compared += segment.compared
            causes += segment.causes
            print(
                f"chain {number}: {segment.compared:,} receipts ({segment.ok:,} calls with a "
                f"value), {sum(segment.causes.values())} differ, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    print(f"{compared:,} receipts compared, {sum(causes.values())} differ")
    for cause, count in causes.most_common():
        print(f"  {count:>6} {cause}")
    return int(bool(causes))


if __name__ == "__main__":
    sys.exit(main())
