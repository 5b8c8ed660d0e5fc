"""The checked builder refuses what the engine would, at the instruction that is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import wasmtime

from compiler.diagnostics import CompilerBug
from compiler.wasm import I32, I64, Code, ModuleBuilder
from compiler.wasm.disassembler import disassemble


def code() -> Code:
    module = ModuleBuilder(checked=True)
    return module.code(module.function("f", (I32, I64), ()))


def released_twice(code: Code) -> None:
    local = code.local(I32)
    code.release(local)
    code.release(local)


def use_of_a_released_local(code: Code) -> None:
    local = code.local(I32)
    code.release(local)
    code.local_get(local)


def labels_that_differ(code: Code) -> None:
    code.block((I64,))
    outer = code.label
    code.block()
    code.local_get(code.params[0]).br_table((code.label,), outer)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (released_twice, "local 2 is released already"),
        (use_of_a_released_local, "local 2 has been released"),
        (labels_that_differ, "the labels have different types"),
        (lambda code: code.end(), "no block is open"),
        (lambda code: code.else_(), "no if is open"),
        (lambda code: code.local_get(9), "there is no local 9"),
        (lambda code: code.i32_const(1).finish(), "wants"),
    ],
)
def test_the_wrong_instruction_is_named(write: Callable[[Code], object], message: str) -> None:
    with pytest.raises(CompilerBug, match=message):
        write(code())


def test_globals_are_checked_for_type_and_for_change() -> None:
    module = ModuleBuilder(checked=True)
    fixed = module.global_("fixed", I32, mutable=False, init=7)
    kept = module.global_("kept", I64)
    code = module.code(module.function("f", (), ()))
    with pytest.raises(CompilerBug, match=r"global\.set.*is immutable"):
        code.i32_const(1).global_set(fixed)
    with pytest.raises(CompilerBug, match=r"global\.set.*wants \[i64\], got \[i32\]"):
        code.global_set(kept)


def test_globals_are_read_and_set() -> None:
    module = ModuleBuilder(checked=True, debug=True)
    fixed = module.global_("fixed", I32, mutable=False, init=7)
    kept = module.global_("kept", I64)
    code = module.code(module.function("f", (), (I64,), export="f"))
    code.global_get(fixed).i64_extend_i32_u().global_set(kept).global_get(kept).finish()
    wasm = module.finish()
    store = wasmtime.Store()
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, wasm), [])
    assert instance.exports(store)["f"](store) == 7
    text = disassemble(wasm)
    assert "(global $fixed i32 (i32.const 7))" in text
    assert "    global.get $fixed\n    i64.extend_i32_u\n    global.set $kept\n" in text


def test_imports_of_every_kind_are_printed() -> None:
    wat = """
    (module
      (import "env" "table-base" (global $base i32))
      (import "env" "count" (global (mut i64)))
      (import "env" "memory" (memory 1 2))
      (import "env" "f" (func $f (param i32)))
      (func $same (result i32) global.get 0)
      (func (call $f (call $same))))
    """
    text = disassemble(bytes(wasmtime.wat2wasm(wat)), names={0: "g", 1: "twice", 2: "twice"})
    assert '(import "env" "table-base" (global ' in text
    assert '(import "env" "count" (global $g1 (mut i64)))' in text
    assert '(import "env" "memory" (memory 1 2))' in text
    assert '(import "env" "f" (func $g (param i32)))' in text
    # Names that two functions have are told apart by the index.
    assert "(func $twice (result i32)" in text
    assert "(func $twice#2" in text
    assert wasmtime.wat2wasm(text)
