"""What the engine itself costs, piece by piece: `python -m benchmarks.engine_micro`.

`CLARBUILD_ENGINE=public` times the fall-back. Each figure is the best of several runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import wasmtime
from rich.console import Console
from rich.table import Table

from runtime.engine import (
    Engine,
    GuestTrap,
    Instance,
    Module,
    Settings,
    backend,
    engine_for,
    host_table,
)

I32, I64 = 0x7F, 0x7E


class Row(NamedTuple):
    params: tuple[int, ...]
    results: tuple[int, ...]


ROWS = {
    "sum": Row((I64, I64), (I64,)),
    "nothing": Row((), ()),
    "nest": Row((), ()),
    "fail": Row((), ()),
}

GUEST = """
(module
  (import "clarity" "sum" (func $sum (param i64 i64) (result i64)))
  (import "clarity" "nothing" (func $nothing))
  (import "clarity" "nest" (func $nest))
  (import "clarity" "fail" (func $fail))
  (memory (export "memory") 16)
  (global (export "count") (mut i64) (i64.const 0))
  (func (export "empty"))
  (func (export "wide") (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "sums") (param i64)
    (loop $again
      (drop (call $sum (i64.const 1) (i64.const 2)))
      (br_if $again
        (i64.ne (i64.const 0) (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "nothings") (param i64)
    (loop $again
      (call $nothing)
      (br_if $again
        (i64.ne (i64.const 0) (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "nest") (call $nest))
  (func (export "fail") (call $fail))
  (func (export "trap") unreachable)
)
"""


def best(work: Callable[[], object], times: int, rounds: int = 7) -> float:
    """Microseconds for one `work()`."""
    shortest = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest / times * 1e6


def large_module(functions: int) -> bytes:
    """A module like generated ones: charges, 128-bit sums with overflow checks, memory, calls."""
    step = """
      (global.set $cost (i64.add (global.get $cost) (i64.const {n})))
      (if (i64.gt_u (global.get $cost) (i64.const 5000000000)) (then unreachable))
      (i64.add128 (local.get 0) (local.get 1) (i64.load (i32.const {n})) (i64.const 0))
      (local.set 1) (local.set 0)
      (if (i64.eq (local.get 0) (i64.const {n}))
        (then (i64.store (i32.const {n}) (local.get 1))
          (call $f{callee} (local.get 0) (local.get 1))
          (local.set 1) (local.set 0)))"""
    text = ['(module (memory (export "memory") 2) (global $cost (mut i64) (i64.const 0))']
    for number in range(functions):
        body = "".join(
            step.format(n=number * 8 % 60_000 + k, callee=max(number - 1 - k, 0)) for k in range(12)
        )
        text.append(
            f'(func $f{number} (export "f{number}") (param i64 i64) (result i64 i64) {body}'
            "(local.get 0) (local.get 1))"
        )
    return bytes(wasmtime.wat2wasm("".join(text) + ")"))


def calls(engine: Engine) -> list[tuple[str, float]]:
    """Rows of what happens at run time."""
    guests: list[Instance] = []

    def total(raw: memoryview) -> None:
        raw[0] = raw[0] + raw[1]

    def fail(_: memoryview) -> None:
        raise LookupError

    functions = {
        "sum": total,
        "nothing": lambda _: None,
        "nest": lambda _: inner(),
        "fail": fail,
    }
    table = host_table(engine, ROWS, functions)
    module = Module.compile(engine, bytes(wasmtime.wat2wasm(GUEST)))
    linked = table.link(module)
    guest, other = linked.instantiate(), linked.instantiate()
    empty = guest.function("empty").call
    inner = other.function("empty").call
    wide = guest.function("wide")
    raw, call_wide = wide.raw, wide.call

    def run_wide() -> tuple[int, int]:
        raw[0] = 1
        raw[1] = 2
        raw[2] = 3
        raw[3] = 4
        call_wide()
        return raw[0], raw[1]

    def caught(call: Callable[[], None]) -> Callable[[], None]:
        def work() -> None:
            with suppress(GuestTrap, LookupError):
                call()

        return work

    def loop(name: str) -> float:
        function = guest.function(name)

        def work() -> None:
            function.raw[0] = 10_000
            function.call()

        return best(work, 1, 9) / 10_000

    count = guest.global_("count")
    data = bytes(32)

    def fresh() -> None:
        guests.append(linked.instantiate())

    return [
        ("empty call", best(empty, 20_000)),
        ("call, 4 x i64 in, 2 out, through slots", best(run_wide, 20_000)),
        ("host call without arguments", loop("nothings")),
        ("host call, 2 x i64 in, 1 out", loop("sums")),
        ("nested call: guest, host, other guest", best(guest.function("nest").call, 20_000)),
        ("trap", best(caught(guest.function("trap").call), 2_000)),
        ("exception of a host function", best(caught(guest.function("fail").call), 2_000)),
        ("read 32 bytes", best(lambda: guest.read(1_000, 32), 20_000)),
        ("write 32 bytes", best(lambda: guest.write(1_000, data), 20_000)),
        ("view of memory", best(lambda: guest.memory, 20_000)),
        ("get a global", best(count.get, 20_000)),
        ("set a global", best(lambda: count.set(5), 20_000)),
        ("prepare a function", best(lambda: guest._prepare("wide"), 2_000)),
        ("instantiate", best(fresh, 300, 5)),
        ("instantiate and drop", best(linked.instantiate, 300)),
        ("link a module", best(lambda: table.link(module), 200)),
        (
            "row of host functions",
            best(lambda: host_table(engine, ROWS, functions), 50) / 4,
        ),
    ]


def loading(profile: str) -> list[tuple[str, float]]:
    """Rows of what a large module costs until it can run."""
    wasm = large_module(120)
    size = f"{len(wasm) // 1024} KiB"
    rows = [(f"validate {size}", best(lambda: Module.validate(engine_for(profile), wasm), 5, 5))]
    level = engine_for(profile).settings.opt_level
    for parallel in (True, False):
        engine = engine_for(Settings(opt_level=level, parallel=parallel))
        cores = "all cores" if parallel else "one core"
        rows.append(
            (
                f"compile {size}, {level}, {cores}",
                best(lambda engine=engine: Module.compile(engine, wasm), 1, 5),
            )
        )
    engine = engine_for(profile)
    native = Module.compile(engine, wasm).serialize()
    rows.append(
        (
            f"deserialise {size} ({len(native) // 1024} KiB native)",
            best(lambda: Module.deserialize(engine, native), 20, 5),
        )
    )
    return rows


def main() -> None:
    """Prints the table."""
    engine = engine_for("release")
    table = Table(title=f"engine, path {backend(engine).name}, best of several")
    table.add_column("what")
    table.add_column("µs", justify="right")
    for name, value in calls(engine) + loading("release") + loading("debug"):
        table.add_row(name, f"{value:,.2f}" if value < 100 else f"{value:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
