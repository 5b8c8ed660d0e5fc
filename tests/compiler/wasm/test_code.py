"""The code builder emits what the assembler emits, and its checked form fails where it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import wasmtime

from compiler.diagnostics import CompilerBug
from compiler.wasm import I32, I64, Code, Label, Local, ModuleBuilder, generate
from compiler.wasm.opcodes import OPS, Immediate, Op
from compiler.wasm.reader import instructions, read_module
from compiler.wasm.valtypes import VALTYPE_NAMES

Instantiate = Callable[..., Mapping[str, Callable[..., object]]]
PLAIN = [op for op in OPS if op.pops is not None]


def body_of(wasm: bytes, number: int = 0) -> bytes:
    module = read_module(wasm)
    body = module.bodies[number]
    return wasm[body.code : body.end]


def test_the_generated_methods_are_those_of_the_table() -> None:
    path = Path(generate.__file__).with_name("instructions.py")
    assert path.read_text(encoding="utf-8") == generate.render()


@pytest.mark.parametrize("op", PLAIN, ids=lambda op: op.mnemonic)
@pytest.mark.parametrize("checked", [False, True])
def test_every_plain_instruction_is_what_the_assembler_writes(op: Op, checked: bool) -> None:
    assert op.pops is not None
    assert op.pushes is not None
    immediates = {
        Immediate.I32: (-5,), Immediate.I64: (1 << 40,), Immediate.MEMORY_ARGUMENT: (300,),
    }.get(op.immediate, ())  # fmt: skip
    text = "offset=300" if op.immediate is Immediate.MEMORY_ARGUMENT else " ".join(
        map(str, immediates)
    )  # fmt: skip
    params = " ".join(VALTYPE_NAMES[one] for one in op.pops)
    results = " ".join(VALTYPE_NAMES[one] for one in op.pushes)
    gets = " ".join(f"local.get {i}" for i in range(len(op.pops)))
    function = f"(func (param {params}) (result {results}) {gets} {op.mnemonic} {text})"
    expected = bytes(wasmtime.wat2wasm(f"(module (memory 1) {function})"))
    module = ModuleBuilder(checked=checked)
    code = module.code(module.function("f", op.pops, op.pushes))
    code.locals_get(code.params)
    assert getattr(code, op.method)(*immediates) is code
    code.finish()
    assert body_of(module.finish()) == body_of(expected)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "4100"), (-1, "417f"), (0xFFFFFFFF, "417f"), (0x80000000, "418080808078"),
     (0x7FFFFFFF, "41ffffffff07"), (64, "41c000")],
)  # fmt: skip
def test_i32_constants_are_signed_or_unsigned(value: int, encoded: str) -> None:
    code = ModuleBuilder().code(ModuleBuilder().function("f", (), ()))
    code.i32_const(value)
    assert bytes(code._out).hex() == encoded


@pytest.mark.parametrize("value", [1 << 32, -(1 << 31) - 1])
def test_a_constant_that_does_not_fit_is_refused(value: int) -> None:
    code = ModuleBuilder().code(ModuleBuilder().function("f", (), ()))
    with pytest.raises(CompilerBug, match="is no i32"):
        code.i32_const(value)


def test_locals_are_reused_by_type_and_declared_in_runs() -> None:
    module = ModuleBuilder()
    code = module.code(module.function("f", (I64,), ()))
    a, b, c = code.locals((I64, I64, I32))
    assert (a, b, c) == (1, 2, 3)
    code.release(a, c)
    assert code.local(I64) == a
    assert code.local(I64) == 4
    assert code.local(I32) == c
    assert code.local_count == 5
    code.finish()
    assert read_module(module.finish()).bodies[0].locals == [(2, I64), (1, I32), (1, I64)]


def test_labels_stay_right_at_any_depth(instantiate: Instantiate) -> None:
    module = ModuleBuilder(checked=True)
    # the sum of 1..n by a loop
    code = module.code(module.function("sum", (I64,), (I64,), export="sum"))
    (n,) = code.params
    total = code.local(I64)
    with code.block() as done, code.loop() as again:
        code.local_get(n).i64_eqz().br_if(done)
        code.local_get(n).local_get(total).i64_add().local_set(total)
        code.local_get(n).i64_const(-1).i64_add().local_set(n)
        code.local_get(n).i64_const(1000).i64_eq()
        with code.if_():
            code.unreachable()
        code.br(again)
    code.local_get(total).finish()
    # br_table: 0 -> 10, 1 -> 20, else 30
    code = module.code(module.function("choose", (I32,), (I32,), export="choose"))
    code.block()
    outer = code.label
    code.block()
    middle = code.label
    code.block()
    inner = code.label
    code.local_get(code.params[0]).br_table((inner, middle), outer)
    code.end().i32_const(10).return_()
    code.end().i32_const(20).return_()
    code.end().i32_const(30).finish()
    # if with else
    code = module.code(module.function("not", (I32,), (I32,), export="not"))
    code.local_get(code.params[0])
    with code.if_((I32,)):
        code.i32_const(0)
        code.else_()
        code.i32_const(1)
    code.finish()
    exports = instantiate(module.finish())
    assert exports["sum"](100) == 5050
    with pytest.raises(wasmtime.Trap):
        exports["sum"](1001)
    assert [exports["choose"](i) for i in range(4)] == [10, 20, 30, 30]
    assert [exports["not"](i) for i in range(2)] == [1, 0]


def test_every_instruction_reads_back() -> None:
    module = ModuleBuilder()
    module.memory()
    g = module.global_("g", I32)
    code = module.code(module.function("f", (I32,), ()))
    code.i32_const(-7).i64_const(1 << 62).drop().i64_load(1 << 20).drop()
    code.block().global_get(g).br_table((code.label,), Label(0)).end()
    code.i32_const(1).i32_const(2).i32_const(3).memory_copy().finish()
    wasm = module.finish()
    body = read_module(wasm).bodies[0]
    assert [(i.op.mnemonic, i.immediates) for i in instructions(wasm, body.code, body.end)] == [
        ("i32.const", (-7,)), ("i64.const", (1 << 62,)), ("drop", ()),
        ("i64.load", (3, 1 << 20)), ("drop", ()), ("block", (-64,)), ("global.get", (0,)),
        ("br_table", (0, 1)), ("end", ()), ("i32.const", (1,)), ("i32.const", (2,)),
        ("i32.const", (3,)), ("memory.copy", (0, 0)), ("end", ()),
    ]  # fmt: skip


def _use_released(code: Code) -> None:
    local = code.local(I64)
    code.release(local)
    code.local_get(local)


@pytest.mark.parametrize(
    ("emit", "message"),
    [
        (
            lambda c: c.i32_const(1).i64_const(1).i64_add(),
            "i64.add .*got .i32 i64",
        ),
        (lambda c: c.i64_add(), r"i64.add at 0: wants .i64 i64., got \[\]"),
        (lambda c: c.i32_const(1).local_set(c.params[0]), "local.set"),
        (lambda c: c.local_get(Local(9)), "there is no local 9"),
        (_use_released, "local 1 has been released"),
        (lambda c: c.block((I32,)).end(), "end at 2: wants .i32., got .."),
        (lambda c: c.block().i32_const(1).end(), "end at 4: wants .., got .i32."),
        (lambda c: c.i32_const(1).block().drop(), "drop"),
        (lambda c: c.i32_const(1).if_((I32,)).i32_const(1).end(), "without else"),
        (lambda c: c.block().else_(), "no if is open"),
        (lambda c: c.br(Label(1)), "label 1 is not open"),
        (lambda c: c.call(c.function), "call f"),
        (lambda c: c.i32_const(0).i64_const(0).i32_const(0).select(), "two of one type"),
        (lambda c: c.finish(), "end of the body"),
        (lambda c: c.i64_const(0).i64_const(0).finish(), "end of the body"),
        (lambda c: c.unreachable().i32_const(1).i64_eqz(), "i64.eqz"),
    ],
)
def test_the_checked_builder_names_the_word_at_the_bad_instruction(
    emit: Callable[[Code], object], message: str
) -> None:
    module = ModuleBuilder(checked=True)
    code = module.code(module.function("f", (I64,), (I64,)))
    code.word = "map-get?"
    with pytest.raises(CompilerBug, match=f"^f, word map-get.: .*{message}"):
        emit(code)


def test_unreachable_code_checks(instantiate: Instantiate) -> None:
    module = ModuleBuilder(checked=True)
    code = module.code(module.function("f", (), (I64,), export="f"))
    code.i64_const(3).return_()
    code.i64_add().i32_const(1).select().drop().drop().br(Label(0)).finish()
    assert instantiate(module.finish())["f"]() == 3


def test_blocks_must_be_closed_in_the_body() -> None:
    module = ModuleBuilder()
    code = module.code(module.function("f", (), ()))
    with pytest.raises(CompilerBug, match="end without a block"):
        code.end()
    code.block()
    with pytest.raises(CompilerBug, match="1 blocks are still open"):
        code.finish()
    code.end().finish()
    with pytest.raises(CompilerBug, match="has a body already"):
        code.finish()


@pytest.mark.parametrize("checked", [False, True])
def test_many_locals_and_deep_blocks(instantiate: Instantiate, checked: bool) -> None:
    module = ModuleBuilder(checked=checked)
    code = module.code(module.function("f", (), (I64, I64), export="f"))
    many = code.locals((I64,) * 6000)
    code.i64_const(7).local_set(many[-1]).i64_const(8).local_tee(many[-2]).drop()
    with code.block() as outermost:
        for _ in range(300):
            code.block()
        code.br(outermost)
        for _ in range(300):
            code.end()
        code.unreachable()
    code.locals_get(many[-2:]).finish()
    assert instantiate(module.finish())["f"]() == [8, 7]


def test_more_locals_than_engines_take_are_refused() -> None:
    module = ModuleBuilder()
    code = module.code(module.function("f", (), ()))
    code.locals((I64,) * 50_001)
    with pytest.raises(CompilerBug, match="f has 50001 locals"):
        code.finish()
