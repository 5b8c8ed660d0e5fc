"""What simnet's tracer makes a `contract-call?` cost besides: it evaluates the contract's name."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.type_sizes import PRINCIPAL_SIZE, TRAIT_SIZE
from compiler.versions import ClarityVersion, Epoch


def trace_charges(
    kind: str, depth: int, version: ClarityVersion, epoch: Epoch, *, through_trait: bool
) -> Iterator[tuple[str, int]]:
    """The cost functions that are charged, each with its input, for a call site of `kind`.

    `depth` is that of the interpreter's context there, `version` the calling contract's.
    """
    if kind == "static":
        return
    yield "cost_lookup_variable_depth", depth
    if epoch.borrows_variables:
        return
    if not through_trait:
        yield "cost_lookup_variable_size", PRINCIPAL_SIZE
    elif version >= ClarityVersion.CLARITY_2:
        yield "cost_lookup_variable_size", TRAIT_SIZE
