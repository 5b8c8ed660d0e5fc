"""A value taken out of an instance's memory, dynamic types included, to be put into another's."""

from __future__ import annotations

from compiler.types import Type
from compiler.values import Value
from runtime.codecs import Memory, codec_of


class _Heap:
    """Memory that only grows, outside of any instance."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        # No value may lie at address 0.
        self.data = bytearray(16)

    def read(self, pointer: int, length: int) -> bytes:
        return bytes(self.data[pointer : pointer + length])

    def write(self, pointer: int, data: bytes) -> None:
        self.data[pointer : pointer + len(data)] = data

    def alloc(self, size: int) -> int:
        pointer = len(self.data)
        self.data += bytes(size)
        return pointer

    def put(self, data: bytes) -> int:
        pointer = len(self.data)
        self.data += data
        return pointer


class Keepsake:
    """One value in slot form, with all that it points to."""

    __slots__ = ("_codec", "_heap", "_pointer")

    def __init__(self, of: Type, pointer: int, memory: Memory) -> None:
        self._codec = codec_of(of)
        self._heap = _Heap()
        self._pointer = self._heap.alloc(self._codec.size)
        self._codec.transfer(pointer, memory, self._heap, self._pointer)

    @classmethod
    def of_value(cls, of: Type, value: Value) -> Keepsake:
        """A value that comes from no instance; its dynamic types are what its contents say."""
        kept = cls.__new__(cls)
        kept._codec = codec_of(of)
        kept._heap = _Heap()
        kept._pointer = kept._heap.alloc(kept._codec.size)
        kept._codec.write_at(kept._pointer, value, kept._heap)
        return kept

    @classmethod
    def from_bytes(cls, of: Type, data: bytes) -> Keepsake:
        """What `to_bytes` gave, by the same compiler."""
        kept = cls.__new__(cls)
        kept._codec = codec_of(of)
        kept._heap = _Heap()
        kept._pointer = int.from_bytes(data[:4], "little")
        kept._heap.data = bytearray(data[4:])
        return kept

    def to_bytes(self) -> bytes:
        """The value as it lies in memory, dynamic types included: good for the compiler that laid
        it out."""
        return self._pointer.to_bytes(4, "little") + bytes(self._heap.data)

    @property
    def value(self) -> Value:
        """The value itself."""
        return self._codec.read(self._pointer, self._heap)

    def restore(self, pointer: int, memory: Memory) -> None:
        """Write the value in slot form to `pointer`, as it was."""
        self._codec.transfer(self._pointer, self._heap, memory, pointer)

    def restore_sanitized(self, pointer: int, memory: Memory) -> None:
        """The same with dynamic types that are what the contents say."""
        value = self._codec.read(self._pointer, self._heap)
        self._codec.write_at(pointer, value, memory)
