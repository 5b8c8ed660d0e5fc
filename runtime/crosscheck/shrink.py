"""Makes a difference small: drops operations and forms, and puts less where much stood.

Each attempt runs on the chain as it is, under contract names of its own, so that no chain has to
be made anew for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from compiler.consensus import deserialize, serialize
from compiler.values import Err, List, Ok, Principal, Some, Tuple, Value
from runtime.crosscheck.forms import Form, forms_of, replaced
from runtime.crosscheck.pair import Difference, Pair
from runtime.reference import Operation

Operations = list[Operation]

_LITERALS = (
    "0",
    "u0",
    "true",
    "none",
    "0x",
    '""',
    "tx-sender",
    "(list 0)",
    "(ok true)",
    "(some 0)",
)


def shrink(
    operations: Sequence[Operation], found: Difference, pair: Pair, attempts: int = 500
) -> Operations:
    """The fewest and shortest operations found that differ by the same cause."""
    return _Shrinker(found, pair, attempts).run(list(operations[: found.index + 1]))


class _Shrinker:
    def __init__(self, found: Difference, pair: Pair, attempts: int) -> None:
        self._cause = found.cause
        self._pair = pair
        self._left = attempts
        self._count = 0
        self._names: list[str] = []

    def run(self, operations: Operations) -> Operations:
        self._names = [
            operation["contract"].partition(".")[2]
            for operation in operations
            if operation["op"] == "deploy" and not operation.get("boot")
        ]
        if not self._fails(operations):
            # It depends on what was before on the chain.
            return operations
        steps: tuple[Callable[[Operations], Iterator[Operations]], ...] = (
            _fewer_operations,
            _fewer_forms,
            _smaller_forms,
        )
        changed = True
        while changed and self._left > 0:
            changed = False
            for step in steps:
                operations, better = self._improved(operations, step)
                changed = changed or better
        return operations

    def _improved(
        self, operations: Operations, step: Callable[[Operations], Iterator[Operations]]
    ) -> tuple[Operations, bool]:
        changed, again = False, True
        while again:
            again = False
            for candidate in step(operations):
                if self._left <= 0:
                    return operations, changed
                if self._fails(candidate):
                    operations, changed, again = candidate, True, True
                    break
        return operations, changed

    def _fails(self, operations: Operations) -> bool:
        self._left -= 1
        self._count += 1
        found = self._pair.run(renamed(operations, self._names, f"z{self._count}"))
        return found is not None and found.cause == self._cause


def _fewer_operations(operations: Operations) -> Iterator[Operations]:
    for i in range(len(operations) - 2, -1, -1):
        yield operations[:i] + operations[i + 1 :]


def _with_code(operations: Operations, at: int, code: str) -> Operations:
    changed = {**operations[at], "code": code}
    return [*operations[:at], changed, *operations[at + 1 :]]


def _fewer_forms(operations: Operations) -> Iterator[Operations]:
    for at, operation in enumerate(operations):
        code = operation.get("code")
        if code is None:
            continue
        forms = forms_of(code)
        # Halves and quarters first: most of a contract has nothing to do with it.
        size = len(forms)
        while size > 1:
            size = (size + 1) // 2
            for start in range(0, len(forms), size):
                kept = forms[:start] + forms[start + size :]
                shorter = "\n".join(form.text(code) for form in kept)
                yield _with_code(operations, at, shorter)


def _smaller_forms(operations: Operations) -> Iterator[Operations]:
    for at, operation in enumerate(operations):
        code = operation.get("code")
        if code is None:
            continue
        forms = [form for top in forms_of(code) for form in top.all()]
        for form in forms:
            for text in _less(code, form):
                yield _with_code(operations, at, replaced(code, form, text))


def _less(code: str, form: Form) -> Iterator[str]:
    text = form.text(code)
    if form.children:
        for child in form.children[1:]:
            yield child.text(code)
        for i in range(len(form.children) - 1, 0, -1):
            child = form.children[i]
            cut = code[form.start : child.start].rstrip() + code[child.end : form.end]
            yield cut
        if len(text) > 12:
            yield from (literal for literal in _LITERALS if literal != text)
    elif len(text) > 6 and not text.startswith(("define-", "'")):
        for start in ("0x", '"', 'u"'):
            if text.startswith(start):
                yield start if start == "0x" else f'{start}"'
        if text.lstrip("u-").isdigit():
            yield "u1" if text.startswith("u") else "1"


def renamed(operations: Sequence[Operation], names: Sequence[str], suffix: str) -> Operations:
    """The same operations with a suffix on these contract names, in code and arguments too."""
    if not names:
        return list(operations)
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"\.({'|'.join(map(re.escape, longest_first))})(?![\w-])")

    def rename(text: str) -> str:
        return pattern.sub(rf".\g<1>{suffix}", text)

    changed: Operations = []
    for operation in operations:
        row = dict(operation)
        if "contract" in row:
            row["contract"] = rename(row["contract"])
        if "code" in row:
            row["code"] = rename(row["code"])
        if row.get("args"):
            row["args"] = [_renamed_argument(text, rename) for text in row["args"]]
        changed.append(row)
    return changed


def _renamed_argument(text: str, rename: Callable[[str], str]) -> str:
    value = deserialize(bytes.fromhex(text.removeprefix("0x")))
    return f"0x{serialize(_renamed_value(value, rename)).hex()}"


def _renamed_value(value: Value, rename: Callable[[str], str]) -> Value:
    match value:
        case Principal(text):
            return Principal(rename(text))
        case Some(inner):
            return Some(_renamed_value(inner, rename))
        case Ok(inner):
            return Ok(_renamed_value(inner, rename))
        case Err(inner):
            return Err(_renamed_value(inner, rename))
        case List(items):
            return List([_renamed_value(item, rename) for item in items])
        case Tuple(fields):
            return Tuple({name: _renamed_value(each, rename) for name, each in fields.items()})
        case _:
            return value


def log_lines(operations: Sequence[Operation]) -> str:
    """The operations as a transaction log."""
    return "".join(json.dumps(operation) + "\n" for operation in operations)
