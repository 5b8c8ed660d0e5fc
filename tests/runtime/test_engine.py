"""The engine: both paths give the same answers, faults arrive as exceptions, nothing leaks."""

from __future__ import annotations

import gc
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import wasmtime

from runtime.engine import (
    EngineError,
    GuestTrap,
    HostTable,
    Instance,
    Module,
    Settings,
    TrapCode,
    backend,
    capi,
    compile_module,
    engine_for,
    fingerprint,
    host_table,
    select,
    stack,
)
from runtime.engine.public import PublicHostTable
from runtime.engine.thin import ThinHostTable

ROOT = Path(__file__).parents[2]
I32, I64 = 0x7F, 0x7E


class Row(NamedTuple):
    params: tuple[int, ...]
    results: tuple[int, ...]


ROWS = {
    "sum": Row((I32, I32), (I32,)),
    "mix": Row((I32, I64, I64), (I64, I32)),
    "call": Row((I64,), (I64,)),
}

GUEST = """
(module
  (import "clarity" "sum" (func $sum (param i32 i32) (result i32)))
  (import "clarity" "mix" (func $mix (param i32 i64 i64) (result i64 i32)))
  (import "clarity" "call" (func $call (param i64) (result i64)))
  (memory (export "memory") 1 100)
  (global (export "count") (mut i64) (i64.const -3))
  (global (export "small") (mut i32) (i32.const -4))
  (global (export "fixed") i64 (i64.const 9))
  (func (export "empty"))
  (func (export "swap") (param i64 i32) (result i32 i64) local.get 1 local.get 0)
  (func (export "wide") (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "sum") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1)))
  (func (export "mix") (param i32 i64 i64) (result i64 i32)
    (call $mix (local.get 0) (local.get 1) (local.get 2)))
  (func (export "call") (param i64) (result i64) (call $call (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "unreachable") unreachable)
  (func $deep (export "deep") (param i64) (result i64)
    (i64.add (i64.const 1) (call $deep (local.get 0))))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "spin") (param i64)
    (loop $again
      (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
      (br_if $again (i64.ne (local.get 0) (i64.const 0)))))
)
"""


def host_sum(raw: memoryview) -> None:
    raw[0] = (raw[0] + raw[1]) & 0xFFFF_FFFF


def host_mix(raw: memoryview) -> None:
    raw[0], raw[1] = raw[1] - raw[2], (raw[0] & 0xFFFF_FFFF) + 1


ENGINE = engine_for("debug")
WASM = bytes(wasmtime.wat2wasm(GUEST))
MODULE = Module.compile(ENGINE, WASM)
PATHS = {"thin": ThinHostTable, "public": PublicHostTable}


@pytest.fixture(params=["thin", "public"])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make_table(path: str, call=None) -> HostTable:
    functions = {"sum": host_sum, "mix": host_mix, "call": call or (lambda _: None)}
    return PATHS[path](ENGINE, ROWS, functions, "clarity")


def make(path: str, call=None) -> Instance:
    return make_table(path, call).instantiate(MODULE)


def test_slots_carry_values_of_both_widths(path):
    guest = make(path)
    assert guest.function("empty")() == ()
    assert guest.function("swap")(-5, -6) == (-6, -5)
    assert guest.function("wide")(-1, 0, 1, 0) == (0, 1)


def test_raw_slots_are_the_same_in_every_format(path):
    swap = make(path).function("swap")
    swap.raw[0] = -2
    swap.view("I")[1] = 0xFFFF_FFFF
    swap.call()
    assert swap.view("I")[0] == 0xFFFF_FFFF
    assert swap.view("i")[0] == -1
    assert (swap.raw[1], swap.view("Q")[1]) == (-2, 2**64 - 2)


def test_host_functions_see_unsigned_i32_or_signed_i64(path):
    guest = make(path)
    assert guest.function("sum")(-1, 3) == (2,)
    assert guest.function("sum")(-1, 0) == (-1,)
    assert guest.function("mix")(41, -(2**63), 5 - 2**63) == (-5, 42)


def test_call_with_wrong_number_of_arguments_is_refused(path):
    with pytest.raises(EngineError, match="takes 2 arguments, got 1"):
        make(path).function("sum")(1)


def test_function_is_prepared_once_and_unknown_exports_are_refused(path):
    guest = make(path)
    assert guest.function("sum") is guest.function("sum")
    with pytest.raises(EngineError, match="no export 'nothing'"):
        guest.function("nothing")
    with pytest.raises(EngineError, match="'memory' is not a func"):
        guest.function("memory")


def test_globals(path):
    guest = make(path)
    count, small = guest.global_("count"), guest.global_("small")
    assert (count.get(), small.get()) == (-3, -4)
    count.set(2**63 - 1)
    small.set(-(2**31))
    assert (count.get(), small.get()) == (2**63 - 1, -(2**31))
    with pytest.raises(EngineError):
        guest.global_("fixed").set(1)


def test_instances_share_nothing(path):
    table = make_table(path)
    linked = table.link(MODULE)
    first, second = linked.instantiate(), linked.instantiate()
    first.write(100, b"abc")
    first.global_("count").set(1)
    assert second.read(100, 3) == bytes(3)
    assert second.global_("count").get() == -3


def test_memory_is_read_and_written_and_grows(path):
    guest = make(path)
    old = guest.memory
    assert len(old) == 65_536
    guest.write(65_530, b"abcdef")
    assert guest.read(65_530, 6) == b"abcdef"
    assert guest.function("grow")(2) == (1,)
    guest.function("poke")(65_536 * 3 - 1, 7)
    assert guest.read(65_536 * 3 - 1, 1) == b"\x07"
    assert len(guest.memory) == 65_536 * 3
    old[0] = 9
    assert guest.memory[0] == 9


@pytest.mark.parametrize(("pointer", "length"), [(65_530, 7), (-1, 1), (1 << 33, 1), (5, -1)])
def test_access_outside_of_memory_is_an_error(path, pointer, length):
    guest = make(path)
    with pytest.raises(EngineError, match="outside of memory"):
        guest.read(pointer, length)
    if length > 0:
        with pytest.raises(EngineError, match="outside of memory"):
            guest.write(pointer, bytes(length))


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("unreachable", (), TrapCode.UNREACHABLE),
        ("deep", (1,), TrapCode.STACK_OVERFLOW),
        ("poke", (65_536, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
        ("poke", (-1, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
        ("divide", (1, 0), TrapCode.INTEGER_DIVISION_BY_ZERO),
        ("divide", (-(2**31), -1), TrapCode.INTEGER_OVERFLOW),
    ],
)
def test_traps_have_codes_and_leave_the_instance_usable(path, name, arguments, code):
    guest = make(path)
    with pytest.raises(GuestTrap) as caught:
        guest.function(name)(*arguments)
    assert caught.value.code is code
    assert caught.value.frames[0].offset > 0
    assert guest.function("sum")(1, 2) == (3,)


class Oddity(BaseException):
    """Not even an Exception."""


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3), Oddity()])
def test_exception_of_a_host_function_arrives_unchanged(path, error):
    def call(_):
        raise error

    guest = make(path, call)
    for _ in range(3):
        with pytest.raises(type(error)) as caught:
            guest.function("call")(1)
        assert caught.value is error
    assert guest.function("sum")(1, 2) == (3,)


def test_exception_passes_through_nested_instances(path):
    error = LookupError("deep down")
    chain: list[Instance] = []

    def call(raw):
        depth = raw[0]
        if depth == 0:
            raise error
        chain[depth - 1].function("call")(depth - 1)

    table = make_table(path, call)
    chain += [table.instantiate(MODULE) for _ in range(20)]
    for _ in range(2):
        with pytest.raises(LookupError) as caught:
            chain[19].function("call")(19)
        assert caught.value is error


def test_host_function_may_catch_the_fault_of_a_nested_call(path):
    inner_functions: list[Instance] = []

    def call(raw):
        if raw[0] == 1:
            raise ValueError
        for name, want in (("unreachable", GuestTrap), ("call", ValueError)):
            with pytest.raises(want):
                inner_functions[0].function(name)(*([1] if name == "call" else []))
        raw[0] = 77

    table = make_table(path, call)
    inner_functions.append(table.instantiate(MODULE))
    assert table.instantiate(MODULE).function("call")(5) == (77,)


def test_trap_of_a_nested_call_arrives_with_its_code(path):
    inner: list[Instance] = []
    table = make_table(path, lambda _: inner[0].function("divide")(1, 0))
    inner.append(table.instantiate(MODULE))
    with pytest.raises(GuestTrap) as caught:
        table.instantiate(MODULE).function("call")(1)
    assert caught.value.code is TrapCode.INTEGER_DIVISION_BY_ZERO


def test_reentry_into_the_same_function_of_the_same_instance(path):
    guests: list[Instance] = []

    def call(raw):
        depth = raw[0]
        raw[0] = depth + (guests[0].function("call")(depth - 1)[0] if depth else 0)

    guests.append(make(path, call))
    assert guests[0].function("call")(30) == (sum(range(31)),)


def nest_without_end(path: str, guests: list[Instance]) -> None:
    guests.append(make(path, lambda _: guests[0].function("call").call()))
    guests[0].function("call")(1)


def test_nesting_without_end_is_an_exception():
    guests: list[Instance] = []
    with pytest.raises((GuestTrap, RecursionError)):
        nest_without_end("thin", guests)
    assert guests[0].function("sum")(1, 2) == (3,)


def test_native_stack_is_guarded_against_nested_guests(monkeypatch):
    monkeypatch.setattr("runtime.engine.thin.HOST_MARGIN", 7 << 20)
    guests: list[Instance] = []
    with pytest.raises(GuestTrap) as caught:
        nest_without_end("thin", guests)
    assert caught.value.code is TrapCode.STACK_OVERFLOW


def test_stack_overflow_at_the_bottom_of_nested_instances(path):
    chain: list[Instance] = []

    def call(raw):
        depth = raw[0]
        chain[depth].function("call" if depth else "deep")(depth - 1)

    table = make_table(path, call)
    chain += [table.instantiate(MODULE) for _ in range(30)]
    with pytest.raises(GuestTrap) as caught:
        chain[29].function("call")(29)
    assert caught.value.code is TrapCode.STACK_OVERFLOW


def test_bounds_of_the_stack_are_known_in_every_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(stack._bounds()))
    thread.start()
    thread.join()
    for bounds in (stack._bounds(), seen[0]):
        assert bounds.top - bounds.bottom >= 64 << 10


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
@pytest.mark.parametrize("name", ["spin", "call"])
def test_signal_handlers_may_raise_at_any_moment(name):
    """A handler runs when Python next does: on entry to a host function, as a rule."""

    class Interrupted(BaseException):
        pass

    def interrupt(_number, _frame):
        raise Interrupted

    def work(raw):
        spin.raw[0] = 2_000
        spin.call()
        again.raw[0] = raw[0] - 1
        if raw[0] > 1:
            again.call()

    guest = make("thin", work)
    spin, again = guest.function("spin"), make("thin", work).function("call")
    run = guest.function(name)
    before = signal.signal(signal.SIGALRM, interrupt)
    chance = random.Random(1)
    try:
        for _ in range(1_000):
            try:
                # What is raised inside a finaliser is lost, so no alarm is waited for for ever.
                until = time.monotonic() + 1
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.000_02, 0.000_5))
                while time.monotonic() < until:
                    run(50_000 if name == "spin" else 20)
            except Interrupted:
                pass
    finally:
        signal.signal(signal.SIGALRM, before)
    assert guest.function("sum")(1, 2) == (3,)


def test_threads_have_instances_of_their_own():
    failures = []

    def work(number: int) -> None:
        def call(raw):
            time.sleep(0)
            if raw[0] == 3:
                raise ValueError(number)
            raw[0] = number

        guest = make("thin", call)
        for _ in range(300):
            if guest.function("call")(1) != (number,):
                failures.append("result")
            try:
                guest.function("call")(3)
                failures.append("no exception")
            except ValueError as error:
                if error.args != (number,):
                    failures.append("exception of another thread")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_came_from_an_instance_keeps_it_alive(path):
    guest = make(path)
    swap, memory, count = guest.function("swap"), guest.memory, guest.global_("count")
    del guest
    gc.collect()
    assert swap(1, 2) == (2, 1)
    memory[0] = 5
    assert memory[0] == 5
    assert count.get() == -3


def test_dropped_instances_are_freed_at_once(path):
    class Marked(Module):
        __slots__ = ()

    table = make_table(path)
    linked = table.link(MODULE)
    before = len([o for o in gc.get_objects() if isinstance(o, Instance)])
    gc.disable()
    try:
        for _ in range(50):
            guest = linked.instantiate()
            guest.function("swap")(1, 2)
            guest.write(0, b"x")
            assert len(guest.memory)
        del guest
        after = len([o for o in gc.get_objects() if isinstance(o, Instance)])
    finally:
        gc.enable()
    assert after == before


def test_stores_are_deleted_with_the_last_reference(monkeypatch):
    deleted = []
    monkeypatch.setattr(
        "runtime.engine.thin._Store.__del__", lambda store: deleted.append(store._pointer)
    )
    guest = make("thin")
    call = guest.function("swap")
    view = guest.memory
    del guest
    assert not deleted
    del call
    assert not deleted
    del view
    assert len(deleted) == 1


def test_linking_tells_what_is_missing(path):
    table = PATHS[path](ENGINE, ROWS, {"sum": host_sum}, "clarity")
    with pytest.raises(EngineError, match="mix"):
        table.link(MODULE)
    wrong = dict(ROWS, sum=Row((I64,), ()))
    table = PATHS[path](ENGINE, wrong, dict.fromkeys(ROWS, host_sum), "clarity")
    with pytest.raises(EngineError, match="sum"):
        table.link(MODULE)
    with pytest.raises(EngineError, match="without a signature: other"):
        PATHS[path](ENGINE, ROWS, {"other": host_sum}, "clarity")


def test_modules_of_another_engine_are_refused(path):
    other = Module.compile(engine_for("release"), WASM)
    with pytest.raises(EngineError, match="different engines"):
        make_table(path).link(other)


def test_tables_of_two_engines_live_side_by_side():
    for profile in ("debug", "release", Settings(max_wasm_stack=1 << 19)):
        engine = engine_for(profile)
        functions = {"sum": host_sum, "mix": host_mix, "call": host_sum}
        table = ThinHostTable(engine, ROWS, functions, "clarity")
        assert table.instantiate(Module.compile(engine, WASM)).function("sum")(2, 2) == (4,)


def test_module_lists_and_serialised_code():
    native = compile_module(ENGINE, WASM)
    module = Module.deserialize(ENGINE, native)
    assert module.serialize() == native
    wants, offers = module.imports(), module.exports()
    assert [(w.namespace, w.name) for w in wants] == [("clarity", n) for n in ROWS]
    assert (wants[1].params, wants[1].results) == ROWS["mix"]
    assert ("memory", "memory") in [(o.name, o.kind) for o in offers]
    assert ("count", "global") in [(o.name, o.kind) for o in offers]


def test_bad_modules_are_refused():
    floats = bytes(wasmtime.wat2wasm("(module (func (result v128) (v128.const i64x2 0 0)))"))
    for wasm in (b"", b"\0asm\1\0\0\0\xff", floats):
        with pytest.raises(EngineError):
            Module.validate(ENGINE, wasm)
        with pytest.raises(EngineError):
            Module.compile(ENGINE, wasm)
    Module.validate(ENGINE, WASM)
    with pytest.raises(EngineError):
        Module.deserialize(ENGINE, b"nothing")
    with pytest.raises(EngineError):
        Module.deserialize(ENGINE, compile_module(engine_for("release"), WASM)[:100])


def test_engines_are_shared_and_fingerprints_tell_them_apart():
    assert engine_for("release") is engine_for(Settings())
    serial = engine_for(Settings(parallel=False))
    assert fingerprint(serial) == fingerprint(engine_for("release"))
    assert fingerprint(engine_for("debug")) != fingerprint(engine_for("release"))
    with pytest.raises(EngineError, match="unknown profile"):
        engine_for("fast")


def test_fingerprint_is_the_same_in_another_process():
    code = "from runtime.engine import *; print(fingerprint(engine_for('debug')).hex())"
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == fingerprint(ENGINE).hex()


def test_path_is_chosen_by_the_environment_or_by_trial(monkeypatch):
    monkeypatch.delenv("CLARBUILD_ENGINE", raising=False)
    assert backend(ENGINE).name == "thin"
    assert isinstance(host_table(ENGINE, {}, {}), ThinHostTable)
    monkeypatch.setenv("CLARBUILD_ENGINE", "public")
    assert isinstance(host_table(ENGINE, {}, {}), PublicHostTable)
    monkeypatch.setenv("CLARBUILD_ENGINE", "magic")
    with pytest.raises(EngineError, match="want thin or public"):
        backend(ENGINE)


def test_unknown_wasmtime_falls_back_with_a_reason(monkeypatch):
    monkeypatch.delenv("CLARBUILD_ENGINE", raising=False)
    monkeypatch.setattr(capi, "_installed", lambda: "51.0.0")
    found, problem = capi._declare()
    assert not found
    monkeypatch.setattr(capi, "problem", problem)
    select._checked.cache_clear()
    try:
        assert backend(ENGINE) == (
            "public",
            "wasmtime 51.0.0 is not of the version that was tested (50.x)",
        )
    finally:
        select._checked.cache_clear()


def test_missing_functions_and_libraries_are_noticed(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(capi._RESULTS, "wasmtime_no_such_function", None)
        assert capi._declare()[1] == "this wasmtime has no wasmtime_no_such_function"
    with monkeypatch.context() as patch:
        patch.setattr(capi, "library", lambda: "/no/such/library.so")
        assert capi._declare()[1].startswith("the library of wasmtime can't be loaded: ")


def test_interruptible_engine_stops_a_loop(path):
    engine = engine_for(Settings(opt_level="none", interruptible=True))
    table = PATHS[path](engine, ROWS, dict.fromkeys(ROWS, host_sum), "clarity")
    guest = table.instantiate(Module.compile(engine, WASM))
    assert guest.function("sum")(1, 1) == (2,)
    engine.interrupt()
    with pytest.raises(GuestTrap) as caught:
        guest.function("spin")(1 << 40)
    assert caught.value.code is TrapCode.INTERRUPT


def test_keyboard_interrupt_in_a_process_of_its_own():
    """Ctrl-C while the guest runs ends the program with KeyboardInterrupt, not with a crash."""
    code = f"""
import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
import os, signal, threading, time
from test_engine import make
def call(raw): pass
guest = make("thin", lambda raw: None)
run = guest.function("call")
# A parent that ignores Ctrl-C, as a shell's background job does, hands that down.
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    while True:
        run(1)
except KeyboardInterrupt:
    print("interrupted", run(5))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, timeout=60
    )
    assert done.stdout == "interrupted (5,)\n"
