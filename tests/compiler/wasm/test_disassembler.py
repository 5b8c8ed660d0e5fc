"""The disassembler's text is readable WAT and assembles to the same module."""

from __future__ import annotations

import wasmtime

from compiler.wasm import I32, I64, ModuleBuilder, stdlib
from compiler.wasm.disassembler import disassemble
from compiler.wasm.reader import read_module


def sample() -> bytes:
    module = ModuleBuilder(debug=True, data_base=1024)
    module.memory(1, 16)
    module.data(b'a "quoted"\n\xff')
    module.global_("heap", I32, init=2048)
    log = module.import_function("clarity", "log", (I64, I64), ())
    alloc = stdlib.require(module, "alloc")
    function = module.function("transfer?", (I64,), (I64, I64), export="transfer?")
    code = module.code(function)
    code.name_local(code.params[0], "amount")
    pointer = code.local(I32)
    code.name_local(pointer, "the pointer")
    code.i32_const(16).call(alloc).local_set(pointer)
    with code.block((I64, I64)) as done:
        code.local_get(code.params[0]).i64_const(-1).call(log)
        code.local_get(pointer)
        with code.if_((I64,)):
            code.i64_const(1)
            code.else_()
            code.local_get(pointer).i64_load(8)
        code.i64_const(0).br(done)
    code.finish()
    return module.finish()


def test_a_function_is_printed_with_names_and_comments() -> None:
    wasm = sample()
    start = read_module(wasm).bodies[-1].code
    text = disassemble(
        wasm, only="transfer?", comment=lambda at: "(transfer? u1)" if at == start else None
    )
    assert text == (
        "  (func $transfer? (param $amount i64) (result i64 i64)\n"
        "    (local $the_pointer i32)\n"
        "    i32.const 16                            ;; (transfer? u1)\n"
        "    call $std.alloc\n"
        "    local.set $the_pointer\n"
        "    block (result i64 i64)\n"
        "      local.get $amount\n"
        "      i64.const -1\n"
        "      call $clarity.log\n"
        "      local.get $the_pointer\n"
        "      if (result i64)\n"
        "        i64.const 1\n"
        "      else\n"
        "        local.get $the_pointer\n"
        "        i64.load offset=8\n"
        "      end\n"
        "      i64.const 0\n"
        "      br 0\n"
        "    end\n"
        "  )\n"
    )


def test_names_may_be_given() -> None:
    assert "call $log!\n" in disassemble(sample(), names={0: "log!"})


def test_the_text_assembles_to_the_same_module() -> None:
    wasm = sample()
    text = disassemble(wasm)
    again = bytes(wasmtime.wat2wasm(text))
    assert disassemble(again) == text
    assert '(import "clarity" "log" (func $clarity.log (param i64 i64)))' in text
    assert '(data (i32.const 1024) "a \\22quoted\\22\\0a\\ff")' in text
    assert "(global $heap (mut i32) (i32.const 2048))" in text
    first, second = read_module(wasm), read_module(again)
    assert (first.types, first.functions, first.globals, first.exports, first.segments) == (
        second.types, second.functions, second.globals, second.exports, second.segments
    )  # fmt: skip


def test_every_helper_disassembles() -> None:
    module = ModuleBuilder(debug=True)
    module.memory()
    for name in stdlib.names():
        stdlib.require(module, name)
    text = disassemble(module.finish())
    assert disassemble(bytes(wasmtime.wat2wasm(text))) == text
