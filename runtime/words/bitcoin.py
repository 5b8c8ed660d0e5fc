"""Bitcoin: verify-merkle-proof and get-bitcoin-tx-output?. Hashes are in their internal order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compiler.description import Site
from compiler.diagnostics import CompilerBug
from compiler.values import Buffer, Err, List, Ok, Tuple, UInt, Value
from runtime.hashing import sha256
from runtime.words.arguments import bytes_of, uint_of
from runtime.words.context import WordContext

_HASH_LENGTH: Final = 32
_MAX_SCRIPT: Final = 1024
_U64_MAX: Final = (1 << 64) - 1

_INVALID: Final = Err(UInt(1))
_NO_SUCH_OUTPUT: Final = Err(UInt(2))
_SCRIPT_TOO_LARGE: Final = Err(UInt(3))


def double_sha256(data: bytes) -> bytes:
    """Bitcoin's hash."""
    return sha256(sha256(data))


def merkle_proof_holds(
    leaf: bytes, root: bytes, index: int, count: int, siblings: Sequence[bytes]
) -> bool:
    """Whether `siblings` lead from the leaf at `index` of `count` to `root`.

    The proof must have the shape of the one tree with `count` leaves: a sibling is the hash itself
    exactly where an odd row's last node is paired with itself (CVE-2012-2459).
    """
    if index >= count or len(siblings) != (count - 1).bit_length():
        return False
    current = leaf
    for sibling in siblings:
        alone = index | 1 >= count
        if alone != (sibling == current):
            return False
        pair = sibling + current if index & 1 else current + sibling
        current = double_sha256(pair)
        index >>= 1
        count = (count + 1) >> 1
    return current == root


def _verify_merkle_proof(_context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    leaf, root, index, count, proof = arguments
    if not isinstance(proof, List):
        raise CompilerBug("verify-merkle-proof without a list")
    leaf_hash = bytes_of(leaf, _HASH_LENGTH)
    root_hash = bytes_of(root, _HASH_LENGTH)
    siblings = [bytes_of(item) for item in proof]
    if any(len(sibling) != _HASH_LENGTH for sibling in siblings):
        return False
    return merkle_proof_holds(leaf_hash, root_hash, uint_of(index), uint_of(count), siblings)


class _Malformed(Exception):
    """The bytes are no transaction."""


class _Reader:
    """Reads a transaction's bytes in order."""

    __slots__ = ("_data", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self._data):
            raise _Malformed
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "little")

    def count(self) -> int:
        """A CompactSize, which must be as short as can be."""
        first = self.number(1)
        if first < 0xFD:
            return first
        length = 2 << (first - 0xFD)
        value = self.number(length)
        if value < (0xFD if length == 2 else 1 << 4 * length):
            raise _Malformed
        return value

    def vector(self) -> bytes:
        return self.take(self.count())

    def inputs(self) -> int:
        """Skip the inputs; their number."""
        count = self.count()
        for _ in range(count):
            self.take(_HASH_LENGTH + 4)
            self.vector()
            self.take(4)
        return count

    def outputs(self) -> list[tuple[int, bytes]]:
        """Amounts and scripts."""
        return [(self.number(8), self.vector()) for _ in range(self.count())]

    def witnesses(self, inputs: int) -> None:
        """Skip the inputs' witnesses, of which one at least must not be empty."""
        found = not inputs
        for _ in range(inputs):
            count = self.count()
            found |= count > 0
            for _ in range(count):
                self.vector()
        if not found:
            raise _Malformed


def parse_transaction(raw: bytes) -> tuple[list[tuple[int, bytes]], bytes] | None:
    """The outputs (amount and script) and the id of a transaction; `None` where it is none."""
    try:
        return _parse(raw)
    except _Malformed:
        return None


def _parse(raw: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    reader = _Reader(raw)
    version = reader.take(4)
    outputs: list[tuple[int, bytes]] = []
    body = reader.at
    if reader.inputs():
        outputs = reader.outputs()
        body_end = reader.at
    else:
        # No inputs: what seems to be the number of outputs is a flag.
        match reader.number(1):
            case 0:
                body_end = reader.at
            case 1:
                body = reader.at
                inputs = reader.inputs()
                outputs = reader.outputs()
                body_end = reader.at
                reader.witnesses(inputs)
            case _:
                raise _Malformed
    lock_time = reader.take(4)
    if reader.at != len(raw):
        raise _Malformed
    return outputs, double_sha256(version + raw[body:body_end] + lock_time)


def _get_bitcoin_tx_output(_context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    raw, place = bytes_of(arguments[0]), uint_of(arguments[1])
    if place > _U64_MAX:
        return _NO_SUCH_OUTPUT
    parsed = parse_transaction(raw)
    if parsed is None:
        return _INVALID
    outputs, txid = parsed
    if place >= len(outputs):
        return _NO_SUCH_OUTPUT
    amount, script = outputs[place]
    if len(script) > _MAX_SCRIPT:
        return _SCRIPT_TOO_LARGE
    return Ok(Tuple({"amount": UInt(amount), "script": Buffer(script), "txid": Buffer(txid)}))


WORDS: Final = {
    "verify-merkle-proof": _verify_merkle_proof,
    "get-bitcoin-tx-output?": _get_bitcoin_tx_output,
}
