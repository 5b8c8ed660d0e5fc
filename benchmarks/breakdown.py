"""Where the time of a call goes, from the Python method to Wasm: `python -m benchmarks.breakdown`.

Prints microseconds as JSON. Each part is what a layer takes beyond the one below it; all are
measured in turn, in processor time, and the median of the rounds is taken.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks import workloads
from benchmarks.ours import apply, make_chain
from compiler.consensus import deserialize
from runtime.chain import Chain
from runtime.codecs import principal_bytes
from runtime.effects import admit, take
from runtime.engine import HostFunction

FUNCTIONS: Final = ("add", "inc", "fib", "transfer")
ROUNDS: Final = 25
CALLS: Final = 200

PARTS: Final = (
    "method of the handle",
    "prepared call: block, context, marks, receipt",
    "taking over what was deferred",
    "codecs",
    "Wasm, and the way in and out",
    "host functions",
)
TOTAL: Final = "whole call"
EMPTY: Final = "an empty Python function"
"""A yardstick for how busy, or slow, the machine is: it takes some 0.05 µs on a quiet one."""


class Clock:
    """Adds up what host functions take, and counts them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    def around(self, function: HostFunction) -> HostFunction:
        """The function, timed."""

        def timed(slots: Any) -> None:
            start = time.perf_counter()
            function(slots)
            self.seconds += time.perf_counter() - start
            self.calls += 1

        return timed


def measure() -> dict[str, dict[str, float]]:
    """Microseconds of the parts, by function."""
    chain = prepared(make_chain())
    host_parts = host_shares()
    found = {}
    for work in workloads.six():
        name = work.call["function"]
        if name in FUNCTIONS:
            found[name] = parts(chain, work.call, *host_parts[name])
    return found


def prepared(chain: Chain) -> Chain:
    """The chain with the contract of the six functions."""
    for operation in list(workloads.setup())[:2]:
        apply(chain, operation)  # type: ignore[arg-type]
    return chain


def parts(
    chain: Chain, operation: Mapping[str, Any], host: float, host_calls: float
) -> dict[str, float]:
    """One function's."""
    contract, name, sender = operation["contract"], operation["function"], operation["sender"]
    values = [deserialize(bytes.fromhex(text[2:])) for text in operation["args"]]
    method = getattr(chain.contract(contract, sender=sender), name)  # type: ignore[attr-defined]
    session, caller = chain.session, principal_bytes(sender)
    method(*values)
    method(*values)
    read_only = operation["op"] == "read"
    prepared = chain.prepared_functions(read_only=read_only)[contract, name, sender]
    guest = session.guest(chain.contracts[contract])
    export = guest.exports[name]
    load, enter, answer = export.load, export.run, export.answer

    def codecs() -> None:
        load(values, guest, False)
        answer(guest)

    def function() -> None:
        load(values, guest, False)
        enter()
        admit(guest, chain.host.tx)
        answer(guest)

    def function_taken() -> None:
        load(values, guest, False)
        enter()
        take(guest, chain.host.tx)
        admit(guest, chain.host.tx)
        answer(guest)

    def admitting() -> None:
        admit(guest, chain.host.tx)

    def layer(call: Callable[[], object]) -> Callable[[], float]:
        return lambda: timed(call)

    def inside(call: Callable[[], object]) -> Callable[[], float]:
        """In a transaction that is undone."""

        def work() -> float:
            chain.host.start()
            session.enter(guest, caller, caller, [0] * 5, 1)
            chain.host.tx.begin(read_only=read_only)
            chain.host.guest = guest
            admit(guest, chain.host.tx)
            found = timed(call)
            chain.host.tx.unwind(0)
            return found

        return work

    layers = {
        "method": layer(lambda: method(*values)),
        "prepared": layer(lambda: prepared(values)),
        "taken": inside(function_taken),
        "function": inside(function),
        "codecs": inside(codecs),
        "admitting": inside(admitting),
        "empty": layer(lambda: None),
    }
    samples: dict[str, list[float]] = {layer: [] for layer in layers}
    for _ in range(ROUNDS):
        for which, sample in layers.items():
            samples[which].append(sample())
    each = {which: statistics.median(of_one) for which, of_one in samples.items()}
    # Beginning anew with nothing recorded is what a prepared call does with its context.
    alone, taken = (each[which] - each["admitting"] for which in ("function", "taken"))
    shares = (
        each["method"] - each["prepared"],
        each["prepared"] - taken,
        taken - alone,
        each["codecs"],
        alone - each["codecs"] - host,
        host,
    )
    return {
        TOTAL: each["method"],
        **dict(zip(PARTS, shares, strict=True)),
        "host calls": host_calls,
        EMPTY: each["empty"],
    }


def host_shares() -> dict[str, tuple[float, float]]:
    """Microseconds in host functions, and how many are called, of each function's call."""
    from runtime.host import Host

    clock = Clock()
    functions = Host.functions

    def timed_functions(host: Host, contract_call: HostFunction) -> dict[str, HostFunction]:
        return {n: clock.around(f) for n, f in functions(host, contract_call).items()}

    Host.functions = timed_functions  # type: ignore[method-assign, assignment]
    try:
        chain = prepared(make_chain())
    finally:
        Host.functions = functions  # type: ignore[method-assign]
    found = {}
    for work in workloads.six():
        call = work.call
        values = [bytes.fromhex(text[2:]) for text in call["args"]]
        run = chain.read if call["op"] == "read" else chain.call
        clock.seconds, clock.calls = 0.0, 0
        best = float("inf")
        for _ in range(ROUNDS * 8):
            before = clock.seconds
            run(call["contract"], call["function"], values, call["sender"])
            best = min(best, clock.seconds - before)
        found[call["function"]] = (best * 1e6, clock.calls / (ROUNDS * 8))
    return found


def timed(call: Callable[[], object]) -> float:
    """Microseconds of processor time of one of many calls."""
    start = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - start) / CALLS * 1e6


if __name__ == "__main__":
    print(json.dumps(measure()))
