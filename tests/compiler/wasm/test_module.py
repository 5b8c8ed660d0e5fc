"""Modules are ordered and encoded as the specification says, and engines run them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import wasmtime

from compiler.diagnostics import CompilerBug
from compiler.wasm import FUNCTION, I32, I64, NO_NODE, ModuleBuilder, custom_section
from compiler.wasm.reader import read_module

Instantiate = Callable[..., Mapping[str, Callable[..., object]]]


def test_the_empty_module_is_its_header() -> None:
    assert ModuleBuilder().finish() == b"\x00asm\x01\x00\x00\x00"


def test_sections_are_in_order_whatever_the_order_of_calls() -> None:
    module = ModuleBuilder(data_base=16)
    module.data(b"hi")
    module.global_("g", I32, init=-1)
    add = module.function("add", (I32, I32), (I32,), export="add")
    code = module.code(add)
    code.locals_get(code.params).i32_add().finish()
    module.memory()
    host = module.import_function("clarity", "log", (I32,), ())
    run = module.code(module.function("run", (), ()))
    run.i32_const(5).call(host).finish()
    assert module.finish() == bytes.fromhex(
        "0061736d01000000"
        "010e03" "60017f00" "60027f7f017f" "600000"
        "020f01" "07636c6172697479" "036c6f67" "0000"
        "0303020102"
        "0503010001"
        "0606017f01417f0b"
        "071002" "03616464" "0001" "066d656d6f7279" "0200"
        "0a1202" "0700200020016a0b" "0800410510808000" "0b"
        "0b08010041100b026869"
    )  # fmt: skip


def test_golden_bytes_of_a_function() -> None:
    # (module (func (export "add") (param i32 i32) (result i32)
    #   local.get 0 local.get 1 i32.add)), encoded by hand
    module = ModuleBuilder()
    code = module.code(module.function("add", (I32, I32), (I32,), export="add"))
    code.locals_get(code.params).i32_add().finish()
    assert module.finish() == (
        b"\x00asm\x01\x00\x00\x00"
        b"\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f"
        b"\x03\x02\x01\x00"
        b"\x07\x07\x01\x03add\x00\x00"
        b"\x0a\x09\x01\x07\x00\x20\x00\x20\x01\x6a\x0b"
    )


def test_imports_are_known_only_at_the_end(instantiate: Instantiate) -> None:
    module = ModuleBuilder(checked=True)
    double = module.function("double", (I64,), (I64,))
    run = module.code(module.function("run", (), (I64,), export="run"))
    run.i64_const(21).call(double)
    host = module.import_function("clarity", "seen", (I64,), (I64,))
    assert module.import_function("clarity", "seen", (I64,), (I64,)) is host
    run.call(host).finish()
    code = module.code(double)
    code.local_get(code.params[0]).local_get(code.params[0]).i64_add().finish()
    seen: list[int] = []

    def host_function(value: int) -> int:
        seen.append(value)
        return value + 1

    assert instantiate(module.finish(), {"seen": host_function})["run"]() == 43
    assert seen == [42]


def test_data_are_interned_aligned_and_counted(instantiate: Instantiate) -> None:
    module = ModuleBuilder(data_base=8)
    module.memory()
    assert module.data(b"abc") == 8
    assert module.data(b"abc") == 8
    assert module.data(b"12345678", 8) == 16
    assert module.reserve(1 << 16, 4) == 24
    assert module.data(b"end") == 24 + (1 << 16)
    assert module.data(b"") == module.data_end == 27 + (1 << 16)
    heap = module.global_("heap", I32)
    assert module.global_("heap", I32) == heap
    module.set_global_init(heap, module.data_end)
    module.export_global("heap", heap)
    wasm = module.finish()
    assert read_module(wasm).segments == [
        (8, b"abc\0\0\0\0\00012345678"), (24 + (1 << 16), b"end")
    ]  # fmt: skip
    exports = instantiate(wasm)
    assert exports["memory"](8, 11) == b"abc"
    assert exports["memory"](24 + (1 << 16), 27 + (1 << 16)) == b"end"
    assert exports["heap"]() == 27 + (1 << 16)


def test_the_source_map_gives_offsets_in_the_module() -> None:
    module = ModuleBuilder(marks=True)
    for node in (7, 9):
        code = module.code(module.function("f", (), (), export=f"f{node}"))
        code.local(I64)
        code.mark(1)
        code.mark(node)
        code.unreachable()
        code.mark(node + 1)
        code.finish()
    wasm = module.finish()
    offsets = [body.code for body in read_module(wasm).bodies]
    assert [wasm[o] for o in offsets] == [0, 0]
    assert module.source_map == [
        (offsets[0], NO_NODE), (offsets[0], 7), (offsets[0] + 1, 8),
        (offsets[1], NO_NODE), (offsets[1], 9), (offsets[1] + 1, 10),
    ]  # fmt: skip
    wasm += custom_section("clarbuild.map", b"\x01")
    assert read_module(wasm).customs == [("clarbuild.map", b"\x01")]
    wasmtime.Module.validate(wasmtime.Engine(), wasm)


def test_debug_names_read_back(instantiate: Instantiate) -> None:
    module = ModuleBuilder(debug=True)
    counter = module.global_("counter", I64)
    function = module.function("transfer?", (I64,), (I64,))
    code = module.code(function)
    code.name_local(code.params[0], "amount")
    code.local_get(code.params[0]).global_get(counter).i64_add().finish()
    wasm = module.finish()
    instantiate(wasm)
    read = read_module(wasm)
    assert read.function_names == {0: "transfer?"}
    assert read.local_names == {0: {0: "amount"}}
    assert read.global_names == {0: "counter"}


def test_multi_value_blocks_share_types(instantiate: Instantiate) -> None:
    module = ModuleBuilder(checked=True)
    code = module.code(module.function("f", (I64,), (I64, I64), export="f"))
    with code.block((I64, I64)) as done:
        code.i64_const(1).local_get(code.params[0])
        code.local_get(code.params[0]).i64_eqz().br_if(done)
        with code.loop((I64, I64), (I64, I64)):
            code.i64_mul_wide_s()
    code.br(FUNCTION).finish()
    wasm = module.finish()
    assert instantiate(wasm)["f"](-5) == [-5, -1]
    assert len(read_module(wasm).types) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: m.function("f", (), ()), "f has no body"),
        (lambda m: m.data(b"x"), "data without a memory"),
        (lambda m: (m.memory(), m.memory()), "defined twice"),
        (lambda m: (m.global_("g", I32), m.global_("g", I64)), "two types"),
        (lambda m: m.function("f", (I32,) * 1001, ()), "too many parameters"),
    ],
)
def test_misuse_is_a_compiler_bug(make: Callable[[ModuleBuilder], object], message: str) -> None:
    def finish() -> None:
        module = ModuleBuilder()
        make(module)
        module.finish()

    with pytest.raises(CompilerBug, match=message):
        finish()
