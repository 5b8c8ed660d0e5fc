"""Guests that fail as they start, that have no memory, or that ask for what no host has."""

from __future__ import annotations

import pytest
import wasmtime

from runtime.engine import EngineError, GuestTrap, HostTable, Module, TrapCode, engine_for
from runtime.engine.public import PublicHostTable
from runtime.engine.thin import ThinHostTable

ENGINE = engine_for("debug")


@pytest.fixture(params=[ThinHostTable, PublicHostTable], ids=["thin", "public"])
def table(request: pytest.FixtureRequest) -> HostTable:
    made: HostTable = request.param(ENGINE, {}, {}, "clarity")
    return made


def module(text: str) -> Module:
    return Module.compile(ENGINE, bytes(wasmtime.wat2wasm(text)))


def test_a_trap_of_the_start_function_is_the_guests(table: HostTable) -> None:
    with pytest.raises(GuestTrap) as caught:
        table.instantiate(module("(module (func $s unreachable) (start $s))"))
    assert caught.value.code is TrapCode.UNREACHABLE


def test_memory_without_pages_has_no_bytes_until_it_grows(table: HostTable) -> None:
    guest = table.instantiate(
        module(
            """(module (memory (export "memory") 0 2)
            (func (export "grow") (result i32) (memory.grow (i32.const 1))))"""
        )
    )
    assert len(guest.memory) == 0
    with pytest.raises(EngineError, match=r"outside of memory \(size 0\)"):
        guest.read(0, 1)
    assert guest.function("grow")() == (0,)
    assert len(guest.memory) == 65_536
    assert guest.read(65_535, 1) == b"\0"


def test_a_trap_that_the_engine_did_not_make_has_no_frames() -> None:
    trap = GuestTrap(TrapCode.STACK_OVERFLOW, "calls between instances are nested too deep")
    assert trap.frames == ()


def test_imports_are_told_by_kind() -> None:
    found = module(
        """(module
        (import "a" "f" (func (param i32)))
        (import "a" "g" (global i64))
        (import "a" "m" (memory 1))
        (import "a" "t" (table 1 funcref)))"""
    ).imports()
    assert [(one.name, one.kind) for one in found] == [
        ("f", "function"),
        ("g", "global"),
        ("m", "memory"),
        ("t", "table"),
    ]


def test_what_is_imported_has_to_be_there(table: HostTable) -> None:
    with pytest.raises(EngineError):
        table.link(module('(module (import "clarity" "none" (func)))'))
