"""Straight-line code for a signature: arguments into a function's slots, its result out of them.

The same as `runtime.codecs` does step by step, written out as Python source once a signature: no
lists of slots, no loops over parameters, classes looked at where values are taken apart. What is
too large to be written out (lists, boxed values) is left to its codec.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, Final, TypeAlias

from compiler.layout import I64, layout_of
from compiler.types import (
    BoolType,
    BufferType,
    IntType,
    NoType,
    OptionalType,
    PrincipalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
    UIntType,
)
from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    NoneValue,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
)
from runtime.codecs import Codec, Memory, Mismatch, codec_of, principal_bytes, principal_of
from runtime.written_out import Lines, Names

Load: TypeAlias = Callable[[Sequence[object], Memory, bool], bool]
"""`(arguments, memory, typed) -> taken`: puts arguments into the slots of a function.

Not taken are arguments that are not values of the parameters' types at a glance; those of types
that have no such glance are, where the caller knows (`typed`) that they are of their types.
"""
Answer: TypeAlias = Callable[[Memory], Value]
"""The value that a function's slots hold."""

MOST_WRITTEN_OUT: Final = 128
"""Values of more slots are left to codecs, so that the code stays small."""

_NAMES: Final[Names] = tuple(
    {
        "Buffer": Buffer,
        "Err": Err,
        "Int": Int,
        "Mismatch": Mismatch,
        "NONE": NONE,
        "NoneValue": NoneValue,
        "Ok": Ok,
        "Principal": Principal,
        "Some": Some,
        "StringAscii": StringAscii,
        "StringUtf8": StringUtf8,
        "Tuple": Tuple,
        "UInt": UInt,
        "new": object.__new__,
        "principal_bytes": principal_bytes,
        "principal_of": principal_of,
    }.items()
)
"""What generated code speaks of."""

_LOW: Final = "0xFFFF_FFFF_FFFF_FFFF"


def loader(codecs: Sequence[Codec], block: memoryview) -> Load:
    """Puts arguments into the slots in `block`."""
    writer = _Loading()
    names = [f"v{at}" for at in range(len(codecs))]
    writer.line(f"if len(values) != {len(codecs)}: return False")
    if names:
        writer.line(f"{', '.join(names)}, = values")
        for name, codec in zip(names, codecs, strict=True):
            writer.argument(name, codec)
        writer.line(f"pack(block, 0, {', '.join(writer.slots)})")
    writer.line("return True")
    pack = Struct(f"<{writer.format}").pack_into
    made: Load = writer.function("load(values, memory, typed)", pack, block)
    return made


def answerer(codec: Codec, block: memoryview) -> Answer:
    """Takes a result out of the slots in `block`."""
    writer = _Answering()
    writer.result(codec)
    unpack = Struct(f"<{writer.format}").unpack_from
    made: Answer = writer.function("answer(memory)", unpack, block)
    return made


class _Writer:
    """Lines of a function, and what it needs besides."""

    def __init__(self) -> None:
        self.format = ""
        self.lines = Lines()
        self.line = self.lines.add
        self.left: list[object] = []
        """What codecs do of it, which the code calls `c0`, `c1`, …"""
        self._names = 0

    def name(self) -> str:
        """A name that nothing has yet."""
        self._names += 1
        return f"n{self._names}"

    def leave(self, work: object) -> str:
        """The name of what a codec does."""
        self.left.append(work)
        return f"c{len(self.left) - 1}"

    def function(self, head: str, pack: Callable[..., object], block: memoryview) -> Any:
        """What was written, on the slots in `block`."""
        codecs = {f"c{at}": work for at, work in enumerate(self.left)}
        return self.lines.function(head, {"pack": pack, "block": block, **codecs}, _NAMES)


class _Loading(_Writer):
    """Code that looks at values and names what goes into slots."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: list[str] = []

    def argument(self, value: str, codec: Codec) -> None:
        """Take the argument that `value` names apart."""
        if not _written_out(codec.type) or len(codec.widths) > MOST_WRITTEN_OUT or codec.boxed:
            push, found = self.leave(codec.push), self.name()
            self.line("if not typed: return False")
            self.line(f"{found} = []")
            self.line(f"{push}({value}, {found}, memory)")
            self._slot(f"*{found}", "Q8x" * len(codec.widths))
            return
        for slot, form in self._value(value, codec.type):
            self._slot(slot, form)

    def _slot(self, slot: str, form: str) -> None:
        self.slots.append(slot)
        self.format += form

    def _wants(self, value: str, kind: str) -> None:
        self.line(f"if {value}.__class__ is not {kind}: return False")

    def _value(self, value: str, of: Type) -> list[tuple[str, str]]:
        """The slots of a value, with their formats."""
        match of:
            case BoolType():
                self._wants(value, "bool")
                return [(value, "Q8x")]
            case IntType() | UIntType():
                self._wants(value, "Int" if isinstance(of, IntType) else "UInt")
                number = self.name()
                self.line(f"{number} = {value}.value")
                high = "q8x" if isinstance(of, IntType) else "Q8x"
                return [(f"{number} & {_LOW}", "Q8x"), (f"{number} >> 64", high)]
            case OptionalType(inner):
                return self._optional(value, inner)
            case TupleType(fields):
                self._wants(value, "Tuple")
                found = self.name()
                self.line(f"{found} = {value}.fields")
                self.line(f"if len({found}) != {len(fields)}: return False")
                slots = []
                for name, field in fields:
                    part = self.name()
                    self.line(f"{part} = {found}.get({name!r})")
                    slots += self._value(part, field)
                return [*slots, ("0", "Q8x")] if layout_of(of).dimensions else slots
            case BufferType(most):
                self._wants(value, "Buffer")
                data = self.name()
                self.line(f"{data} = {value}.value")
                self.line(f"if len({data}) > {most}: return False")
            case _:
                self._wants(value, "Principal")
                data = self.name()
                self.line(f"{data} = principal_bytes({value}.value)")
        pointer = self.name()
        self.line(f"{pointer} = memory.put({data}) if {data} else 0")
        return [(pointer, "Q8x"), (f"len({data})", "Q8x")]

    def _optional(self, value: str, inner: Type) -> list[tuple[str, str]]:
        tag = self.name()
        with self.lines.inner(f"if {value}.__class__ is Some:"):
            inside = self.name()
            self.line(f"{inside} = {value}.value")
            slots = self._value(inside, inner)
            names = [self.name() for _ in slots]
            self.line(f"{tag} = 1")
            for name, (slot, _) in zip(names, slots, strict=True):
                self.line(f"{name} = {slot}")
        with self.lines.inner(f"elif {value}.__class__ is NoneValue:"):
            self.line(" = ".join([tag, *names, "0"]))
        self.line("else: return False")
        return [
            (tag, "Q8x"),
            *((name, form) for name, (_, form) in zip(names, slots, strict=True)),
        ]


class _Answering(_Writer):
    """Code that makes a value of slots."""

    def result(self, codec: Codec) -> None:
        """Make the result."""
        if codec.boxed:
            read = self.leave(codec.read)
            self.format = "I12x"
            self.line("s0, = pack(block)")
            self.line(f"return {read}(s0, memory)")
            return
        at = len(self.lines)
        value, width = self._value(codec.type, 0)
        self.line(f"return {value}")
        if width:
            slots = ", ".join(f"s{slot}" for slot in range(width))
            whole = " = slots" if self.left else ""
            self.line(f"{slots},{whole} = pack(block)", at)

    def _value(self, of: Type, at: int) -> tuple[str, int]:
        """The name of a value whose slots begin at `at`, and how many these are."""
        value = self.name()
        match of:
            case NoType():
                self.line('raise Mismatch("a value of no type")')
                return value, 0
            case BoolType():
                self.format += "I12x"
                self.line(f"{value} = s{at} != 0")
                return value, 1
            case IntType() | UIntType():
                self.format += "Q8xq8x" if isinstance(of, IntType) else "Q8xQ8x"
                self._make(value, "Int" if isinstance(of, IntType) else "UInt")
                self.line(f"{value}.value = s{at} | s{at + 1} << 64 if s{at + 1} else s{at}")
                return value, 2
            case OptionalType(inner):
                self.format += "I12x"
                with self.lines.inner(f"if s{at}:"):
                    inside, width = self._value(inner, at + 1)
                    self._make(value, "Some", inside)
                self.line(f"else: {value} = NONE")
                return value, 1 + width
            case ResponseType(ok, err):
                self.format += "I12x"
                with self.lines.inner(f"if s{at}:"):
                    inside, ok_width = self._value(ok, at + 1)
                    self._make(value, "Ok", inside)
                with self.lines.inner("else:"):
                    inside, err_width = self._value(err, at + 1 + ok_width)
                    self._make(value, "Err", inside)
                return value, 1 + ok_width + err_width
            case TupleType(fields) if not of.spare:
                return value, self._tuple(value, of, fields, at)
            case _ if _is_bytes(of):
                self.format += "I12xI12x"
                self._bytes(value, of, f"s{at}", f"s{at + 1}")
                return value, 2
            case _:
                widths = [slot.wasm == I64 for slot in layout_of(of).natural]
                self.format += "".join("Q8x" if wide else "I12x" for wide in widths)
                decode = self.leave(codec_of(of).decode)
                self.line(f"{value} = {decode}(slots, {at}, memory)")
                return value, len(widths)

    def _make(self, value: str, kind: str, inside: str = "") -> None:
        self.line(f"{value} = new({kind})")
        if inside:
            self.line(f"{value}.value = {inside}")

    def _tuple(self, value: str, of: Type, fields: Sequence[tuple[str, Type]], at: int) -> int:
        start = at
        named = []
        for name, field in fields:
            part, width = self._value(field, at)
            named.append(f"{name!r}: {part}")
            at += width
        self._make(value, "Tuple")
        self.line(f"{value}.fields = {{{', '.join(named)}}}")
        if layout_of(of).dimensions:
            self.format += "I12x"
            at += 1
        return at - start

    def _bytes(self, value: str, of: Type, pointer: str, length: str) -> None:
        read = f"memory.read({pointer}, {length})"
        match of:
            case BufferType():
                self._make(value, "Buffer", read)
            case StringAsciiType():
                self._make(value, "StringAscii", f'{read}.decode("ascii")')
            case StringUtf8Type():
                read = f"memory.read({pointer}, {length} * 4)"
                self._make(value, "StringUtf8", f'{read}.decode("utf-32-le")')
            case _:
                self.line(f"{value} = principal_of({read})")


def _is_bytes(of: Type) -> bool:
    return isinstance(of, BufferType | StringAsciiType | StringUtf8Type | PrincipalType)


def _written_out(of: Type) -> bool:
    """Whether values are seen to be of a parameter's type at a glance."""
    match of:
        case OptionalType(inner):
            return _written_out(inner)
        case TupleType(fields):
            return all(_written_out(field) for _, field in fields)
        case _:
            return isinstance(of, BoolType | IntType | UIntType | BufferType | PrincipalType)
