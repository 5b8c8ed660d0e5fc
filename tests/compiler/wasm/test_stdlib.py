"""Helpers are linked with what they call, and only that, and run as written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from compiler.diagnostics import CompilerBug
from compiler.wasm import I32, I64, ModuleBuilder, stdlib
from compiler.wasm.reader import read_module

Instantiate = Callable[..., Mapping[str, Callable[..., object]]]

MIXED = """(module
  (import "std" "twice" (func $twice (param i32) (result i32)))
  (import "clarity" "seen" (func $seen (param i32)))
  (import "env" "memory" (memory 1))
  (import "env" "heap" (global $heap (mut i32)))
  (global $digits i32 (i32.const 64))
  (global $limit i64 (i64.const -3))
  (global $count (mut i32) (i32.const 5))
  (data (i32.const 64) "0123456789abcdef")
  (func $digit (param $n i32) (result i32)
    (i32.load8_u (i32.add (global.get $digits) (local.get $n))))
  (func (export "digit") (param $n i32) (result i32)
    (call $seen (global.get $heap))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $digit (call $twice (local.get $n))))
  (func (export "swap") (param i64) (result i64 i64)
    (block (result i64 i64) (local.get 0) (global.get $limit))))
"""
OTHER = """(module
  (import "std" "swap" (func $swap (param i64) (result i64 i64)))
  (func (export "twice") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func (export "even") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $even2 (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
  (func $even2 (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1)))))
"""


@pytest.fixture
def families(monkeypatch: pytest.MonkeyPatch) -> None:
    library = stdlib.load({"mixed": MIXED, "other": OTHER})
    monkeypatch.setattr(stdlib, "_library", lambda: library)


@pytest.mark.usefixtures("families")
def test_calls_globals_tables_and_types_are_relocated(instantiate: Instantiate) -> None:
    module = ModuleBuilder(debug=True, data_base=1000)
    module.memory()
    module.data(b"something before")
    module.global_("other", I64)
    heap = module.global_("heap", I32, init=77)
    before = module.code(module.function("before", (), ()))
    before.finish()
    digit = stdlib.require(module, "digit")
    swap = stdlib.require(module, "swap")
    assert stdlib.require(module, "digit") is digit
    module.export_function("digit", digit)
    module.export_function("swap", swap)
    module.export_global("count", module.global_("std.mixed.count", I32))
    module.export_global("heap", heap)
    wasm = module.finish()
    seen: list[int] = []
    exports = instantiate(wasm, {"seen": seen.append})
    assert exports["digit"](5) == ord("a")
    assert exports["count"]() == 6
    assert seen == [77]
    assert exports["swap"](9) == [9, -3]
    assert list(read_module(wasm).function_names.values()) == [
        "clarity.seen", "before", "std.digit", "std.twice", "std.mixed.digit", "std.swap",
    ]  # fmt: skip


@pytest.mark.usefixtures("families")
def test_helpers_that_call_each_other(instantiate: Instantiate) -> None:
    module = ModuleBuilder()
    module.export_function("even", stdlib.require(module, "even"))
    wasm = module.finish()
    assert [instantiate(wasm)["even"](i) for i in range(4)] == [1, 0, 1, 0]
    assert len(read_module(wasm).functions) == 3


def test_mistakes_in_families_are_named() -> None:
    with pytest.raises(CompilerBug, match=r"stdlib/a.wat: .*expected"):
        stdlib.load({"a": "(module (func"})
    with pytest.raises(CompilerBug, match=r"stdlib/b.wat: helper 'twice' exists already"):
        stdlib.load({"mixed": MIXED, "other": OTHER, "b": OTHER.replace('"even"', '"x"')})
    with pytest.raises(CompilerBug, match="there is no helper 'twice'"):
        stdlib.load({"mixed": MIXED})
    with pytest.raises(CompilerBug, match="'swap' has another type"):
        stdlib.load({"mixed": MIXED, "o": OTHER.replace("(param i64) (result i64 i64)", "")})
    with pytest.raises(CompilerBug, match=r"stdlib/f.wat: value type 0x7c"):
        stdlib.load({"f": "(module (func (param f64)))"})
    with pytest.raises(CompilerBug, match="no helper 'nonesuch'"):
        stdlib.require(ModuleBuilder(), "nonesuch")


def test_every_helper_of_ours_links_and_validates(instantiate: Instantiate) -> None:
    module = ModuleBuilder(debug=True)
    module.memory()
    for name in stdlib.names():
        module.export_function(name, stdlib.require(module, name))
    wasm = module.finish()
    read = read_module(wasm)
    instantiate(wasm, {one.name: lambda *_: None for one in read.imports})


def test_alloc_bumps_and_grows(instantiate: Instantiate) -> None:
    module = ModuleBuilder()
    module.memory(1)
    module.export_function("alloc", stdlib.require(module, "alloc"))
    exports = instantiate(module.finish(), {"abort": lambda *_: None})
    # The heap's first free byte is a word of the context block, which nobody has set.
    assert exports["alloc"](3) == 0
    assert exports["alloc"](1000) == 3
    assert exports["alloc"](0) == 1003
    assert exports["alloc"](1 << 17) == 1003
    assert exports["memory"](1003 + (1 << 17) - 1, 1003 + (1 << 17)) == b"\0"
    with pytest.raises(Exception, match="unreachable"):
        exports["alloc"](-1)
