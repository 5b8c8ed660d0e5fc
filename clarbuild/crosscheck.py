"""What `crosscheck` runs for a path: a log's operations, or a project deployed and called."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from clarbuild.problems import InputError, fault
from clarbuild.project import Project, in_order
from clarbuild.report import result_problems
from compiler.diagnostics import Span
from compiler.interface import ContractInterface
from compiler.types import CallableTraitType, TraitReferenceType, Type
from compiler.versions import ClarityVersion, Epoch
from runtime.crosscheck.generator.material import SENDERS, Material
from runtime.crosscheck.pair import Difference, Pair, cause_of
from runtime.crosscheck.shrink import shrink
from runtime.reference import Operation, ReferenceVM, invocation


def log_operations(path: Path) -> list[Operation]:
    """A log's operations, with sources in them: one for each line, `{}` for an empty one."""
    text = path.read_text(encoding="utf-8")
    operations: list[Operation] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            operation = json.loads(line)
            source = operation.pop("source", None)
            if source is not None:
                operation["code"] = (path.parent / source).read_bytes().decode()
            operation["op"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise fault(
                str(path),
                "malformed-log",
                f"not an operation of a transaction log: {error}",
                span=Span(number, 1, number, 1),
                text=text,
            ) from None
        operations.append(operation)
    if not operations or operations[0]["op"] != "reset":
        operations.insert(0, {"op": "reset"})
    return operations


def project_operations(
    path: Path, seed: int, calls: int, version: int | None, epoch: str | None
) -> list[Operation]:
    """A project's deployments, then calls of all its functions with arguments made up."""
    clarity = None if version is None else ClarityVersion(version)
    chosen = None if epoch is None else Epoch.parse(epoch)
    material = Material(random.Random(f"calls {seed}"))
    operations: list[Operation] = [{"op": "reset"}]
    made: list[Operation] = []
    with Project(path, clarity=clarity, epoch=chosen) as project:
        result = project.build()
        if not result.ok:
            raise InputError(*result_problems(result))
        at: Epoch | None = None
        for outcome in in_order(result):
            unit = outcome.unit
            if unit.epoch != at:
                at = unit.epoch
                operations.append({"op": "epoch", "epoch": str(at)})
            operations.append(
                {
                    "op": "deploy",
                    "contract": unit.id,
                    "code": project.builder.text(outcome.number),
                    "clarity": int(unit.version),
                }
            )
        chain = project.chain()
        for contract in chain.contracts.values():
            made += _calls(material, contract.id, contract.interface, calls)
    material.rng.shuffle(made)
    return operations + made


def _calls(
    material: Material, contract: str, interface: ContractInterface, count: int
) -> Iterator[Operation]:
    kinds = (("call", interface.public_functions), ("read", interface.read_only_functions))
    for op, functions in kinds:
        for name, signature in functions.items():
            types: list[Type] = [of for _, of in signature.args]
            if any(isinstance(of, CallableTraitType | TraitReferenceType) for of in types):
                # Which contracts have the trait is not known here.
                continue
            for _ in range(count if types else min(count, 1)):
                values = [material.value(of) for of in types]
                yield invocation(op, contract, name, values, material.pick(SENDERS))


def compare(
    operations: Sequence[Operation], folder: Path, reference: ReferenceVM
) -> tuple[int, list[Difference]]:
    """How many receipts there were, and all that differ."""
    pair = Pair(reference, folder)
    found: list[Difference] = []
    compared = 0
    size = 200
    for start in range(0, len(operations), size):
        part = operations[start : start + size]
        reference.send(part)
        ours = [pair.ours.apply(operation) for operation in part]
        for index, (operation, mine, theirs) in enumerate(
            zip(part, ours, reference.receive(), strict=True), start
        ):
            if theirs is None:
                continue
            compared += 1
            cause = cause_of(operation, mine or {"ok": True}, theirs)
            if cause is not None:
                found.append(Difference(index, operation, cause, mine or {}, theirs))
    return compared, found


def smallest(
    operations: Sequence[Operation], found: Difference, folder: Path, reference: ReferenceVM
) -> list[Operation]:
    """The fewest operations, from a `reset` on, that show a difference."""
    start = max(i for i in range(found.index + 1) if operations[i]["op"] == "reset")
    # Dropping operations changes the chain itself: every attempt needs one of its own.
    before = [each for each in operations[start : found.index] if each["op"] in ("reset", "epoch")]
    rest = [
        each for each in operations[start : found.index + 1] if each["op"] not in ("reset", "epoch")
    ]
    pair = Pair(reference, folder)
    if pair.run(before) is None:
        at = Difference(len(rest) - 1, found.operation, found.cause, found.ours, found.theirs)
        small = shrink(rest, at, pair, attempts=200)
        pair.run(before)
        again = pair.run(small)
        if again is not None and again.cause == found.cause:
            return before + small
    return list(operations[start : found.index + 1])
