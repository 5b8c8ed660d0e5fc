"""Compiles again what the cache has and compares, byte for byte."""

from __future__ import annotations

import json
import random

from msgspec import Struct

from cache.digest import Digest
from cache.outcome import Action
from clarbuild.artifacts import diagnostic_row
from clarbuild.context import silent
from clarbuild.outcome import BuildResult, Status
from clarbuild.pool import make_executor
from clarbuild.run import Builder
from clarbuild.worker import CompileReply


class Verified(Struct, frozen=True):
    """One artifact; `stage` is the first output that differs, None where none does."""

    contract: str
    key: str
    stage: str | None


def verify(builder: Builder, sample: int | None) -> tuple[BuildResult, list[Verified]]:
    """Builds what isn't built, then compiles all of it, or a sample, once more."""
    result = builder.build(silent)
    # On some the compiler itself failed: there is nothing to compare with.
    outcomes = list(
        {
            outcome.key: outcome
            for outcome in result.outcomes
            if outcome.key is not None and outcome.status is not Status.BROKEN
        }.values()
    )
    if sample is not None and sample < len(outcomes):
        outcomes = random.sample(outcomes, sample)
    requests = [(outcome, builder.request(outcome.number)) for outcome in outcomes]
    work = sum(len(request.source) for _, request in requests)
    found: list[Verified] = []
    with make_executor(builder.options.jobs, work) as executor:
        replies = executor.map(builder.around.compile, [request for _, request in requests])
        for (outcome, _), reply in zip(requests, replies, strict=True):
            assert outcome.key is not None
            stored = builder.around.store.get_action(outcome.key, check_outputs=False)
            stage = _difference(stored, reply) if isinstance(stored, Action) else "entry"
            found.append(Verified(outcome.unit.id, outcome.key.hex, stage))
    return result, found


def _difference(stored: Action, reply: CompileReply) -> str | None:
    """The first output that differs, in the order in which the compiler makes them."""
    if reply.bug is not None:
        return f"the compiler itself ({reply.bug})"
    made = [diagnostic_row(found) for found in reply.diagnostics]
    if json.loads(stored.meta)["diagnostics"] != made:
        return "diagnostics"
    outputs = (
        {}
        if reply.wasm is None
        else {
            "interface": reply.interface,
            "metadata": reply.metadata,
            "wasm": reply.wasm,
        }
    )
    for name, data in outputs.items():
        if stored.outputs.get(name) != Digest.of(data):
            return name
    return None if ("wasm" in stored.outputs) == (reply.wasm is not None) else "validity"
