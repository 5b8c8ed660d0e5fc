"""Keys described once, as labelled lines, and rendered both to a hash and to text; knows no key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, Protocol

from blake3 import blake3

from cache.digest import ActionKey, Digest

ACTION_CONTEXT: Final = "clarbuild v1 action"

Field = str | int | bytes | Digest | ActionKey

# What needs no quotes in the text form; an int, a digest and bytes can never look like it.
_PLAIN = re.compile(r"[A-Za-z_.†‡][A-Za-z0-9_.†‡/@+-]*")


class KeySink(Protocol):
    """Where a description of a key is written, one labelled line at a time."""

    def line(self, label: str, *fields: Field) -> None:
        """Write one line; the order of lines, labels and fields all count."""


Describe = Callable[[KeySink], None]


class HashSink:
    """Renders a description to an `ActionKey`; every field carries its type and its length."""

    __slots__ = ("_bytes",)

    def __init__(self) -> None:
        self._bytes = bytearray()

    def line(self, label: str, *fields: Field) -> None:
        """Write one line."""
        # A build describes thousands of keys: no call for each field.
        out = self._bytes
        data = label.encode()
        out += b"L" + len(data).to_bytes(8, "little") + data + len(fields).to_bytes(4, "little")
        for field in fields:
            if isinstance(field, str):
                tag, data = b"s", field.encode()
            elif isinstance(field, Digest):
                tag, data = b"d", field.raw
            elif isinstance(field, int):
                tag, data = b"i", str(int(field)).encode()
            elif isinstance(field, bytes):
                tag, data = b"b", field
            elif isinstance(field, ActionKey):
                tag, data = b"a", field.raw
            else:
                raise TypeError(f"a key has no field of type {type(field).__name__}")
            out += tag + len(data).to_bytes(8, "little") + data

    def key(self) -> ActionKey:
        """The key of all lines so far."""
        return ActionKey(blake3(self._bytes, derive_key_context=ACTION_CONTEXT).digest())


class TextSink:
    """Renders a description to text; two descriptions have the same text only if they are equal."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        self._lines: list[str] = []

    def line(self, label: str, *fields: Field) -> None:
        """Write one line."""
        self._lines.append(" ".join((_quoted(label), *map(_text, fields))))

    def text(self) -> str:
        """All lines so far, each ending in a line feed."""
        return "".join(f"{line}\n" for line in self._lines)


def _text(field: Field) -> str:
    if isinstance(field, str):
        return _quoted(field)
    if isinstance(field, int):
        return str(int(field))
    if isinstance(field, bytes):
        return f"0x{field.hex()}"
    return f"{'blake3' if isinstance(field, Digest) else 'action'}:{field.hex}"


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def action_key(describe: Describe) -> ActionKey:
    """The key that `describe` writes."""
    sink = HashSink()
    describe(sink)
    return sink.key()


def key_text(describe: Describe) -> str:
    """The same description for people."""
    sink = TextSink()
    describe(sink)
    return sink.text()
