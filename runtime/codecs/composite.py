"""Codecs of optionals, responses and tuples."""

from __future__ import annotations

from compiler.layout import layout_of
from compiler.types import SpareType, TupleType, Type
from compiler.values import NONE, Err, NoneValue, Ok, Some, Tuple, Value
from runtime.codecs.parts import (
    Copy,
    Decode,
    Encode,
    Make,
    Memory,
    Mismatch,
    Part,
    Slots,
    store,
    width,
)


def optional(make: Make, inner: Type, *, dynamic: bool) -> Part:
    """A tag, then the slots of what it holds, zeros where it holds nothing."""
    encode_inner, decode_inner, copy_inner = make(inner, dynamic)
    absent = [0] * (1 + width(inner, dynamic=dynamic))

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if value.__class__ is NoneValue:
            out.extend(absent)
        elif isinstance(value, Some):
            out.append(1)
            encode_inner(value.value, out, memory)
        else:
            raise Mismatch(f"wants an optional, not {value}")

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return Some(decode_inner(slots, at + 1, memory)) if slots[at] else NONE

    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        if slots[at]:
            out.append(1)
            copy_inner(slots, at + 1, out, source, target)
        else:
            out.extend(absent)

    return encode, decode, copy


def response(make: Make, ok: Type, err: Type, *, dynamic: bool) -> Part:
    """A tag, then the slots of both sides, of which one are zeros."""
    encode_ok, decode_ok, copy_ok = make(ok, dynamic)
    encode_err, decode_err, copy_err = make(err, dynamic)
    ok_width = width(ok, dynamic=dynamic)
    no_ok = [0] * ok_width
    no_err = [0] * width(err, dynamic=dynamic)

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if isinstance(value, Ok):
            out.append(1)
            encode_ok(value.value, out, memory)
            out.extend(no_err)
        elif isinstance(value, Err):
            out.append(0)
            out.extend(no_ok)
            encode_err(value.value, out, memory)
        else:
            raise Mismatch(f"wants a response, not {value}")

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        if slots[at]:
            return Ok(decode_ok(slots, at + 1, memory))
        return Err(decode_err(slots, at + 1 + ok_width, memory))

    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        out.append(slots[at])
        if slots[at]:
            copy_ok(slots, at + 1, out, source, target)
            out.extend(no_err)
        else:
            out.extend(no_ok)
            copy_err(slots, at + 1 + ok_width, out, source, target)

    return encode, decode, copy


def tuple_(make: Make, of: TupleType, *, dynamic: bool) -> Part:
    """The fields in order, then the type that it carries, if it can carry one."""
    parts: list[tuple[str, int, Encode, Decode, Copy]] = []
    start = 0
    for name, field in of.fields:
        parts.append((name, start, *make(field, dynamic)))
        start += width(field, dynamic=dynamic)
    end = start
    vector = 4 * layout_of(of).dimensions
    has_type = dynamic and vector > 0
    count = len(parts)

    spare = {key: field for key, field in of.fields if isinstance(field, SpareType)}

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if not isinstance(value, Tuple) or len(value.fields) != count:
            raise Mismatch(f"wants a tuple of {count} fields, not {value}")
        fields = value.fields
        for name, _, encode_field, _, _ in parts:
            field = fields.get(name)
            if field is None:
                raise Mismatch(f"the tuple lacks {name}")
            encode_field(field, out, memory)
        if has_type:
            out.append(0)

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return Tuple.in_order(
            {
                name: decode_field(slots, at + start, memory)
                for name, start, _, decode_field, _ in parts
            }
        )

    def encode_there(value: Value, out: list[int], memory: Memory) -> None:
        if not isinstance(value, Tuple):
            raise Mismatch(f"wants a tuple, not {value}")
        left = dict(value.fields)
        for key, _, encode_field, _, _ in parts:
            if key not in spare:
                if key not in left:
                    raise Mismatch(f"the tuple lacks {key}")
                encode_field(left.pop(key), out, memory)
                continue
            # In an optional, as the field itself is to the codec.
            name, before = spare[key].name, len(out)
            try:
                encode_field(Some(left[name]) if name in left else NONE, out, memory)
                left.pop(name, None)
            except Mismatch:
                # It may be of the type that the next key of its name has.
                del out[before:]
                encode_field(NONE, out, memory)
        if left:
            raise Mismatch(f"wants a tuple without {', '.join(left)}, not {value}")
        if has_type:
            out.append(0)

    def decode_there(slots: Slots, at: int, memory: Memory) -> Value:
        fields = {}
        for name, start, _, decode_field, _ in parts:
            field = decode_field(slots, at + start, memory)
            if name not in spare:
                fields[name] = field
            elif isinstance(field, Some):
                fields[spare[name].name] = field.value
        return Tuple.in_order(fields)

    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        for _, start, _, _, copy_field in parts:
            copy_field(slots, at + start, out, source, target)
        if has_type:
            own = slots[at + end]
            out.append(store(source.read(own, vector), target) if own else 0)

    return (encode_there, decode_there, copy) if spare else (encode, decode, copy)
