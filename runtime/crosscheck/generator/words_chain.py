"""Productions for hashes, signatures, Bitcoin proofs, principals, blocks and consensus bytes."""

from __future__ import annotations

from hashlib import sha256

import coincurve
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from compiler.addresses import encode_address
from compiler.consensus import serialize
from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    BoolType,
    BufferType,
    ListType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    TupleType,
    Type,
)
from compiler.versions import ClarityVersion
from runtime.crosscheck.generator.material import written
from runtime.crosscheck.generator.writer import Made, Scope, Writer, produces

_B1, _B20, _B32, _B33, _B64, _B65 = (BufferType(n) for n in (1, 20, 32, 33, 64, 65))


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _fits(want: Type | None, given: Type) -> bool:
    return want is None or want == given


# --- hashes ------------------------------------------------------------------------------------


def _hash(word: str, length: int) -> None:
    @produces(word, BufferType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        if isinstance(want, BufferType) and want.max_len < length:
            return None
        hashed: tuple[Type, ...] = (INT, UINT, BufferType(w.material.length()))
        of = w.material.pick(hashed)
        return f"({word} {w.expr(of, s, d)})", BufferType(length)


for _word, _length in (
    ("hash160", 20),
    ("sha256", 32),
    ("sha512", 64),
    ("sha512/256", 32),
    ("keccak256", 32),
):
    _hash(_word, _length)


# --- signatures: real ones, sometimes with a byte changed ----------------------------------------


def _spoiled(w: Writer, data: bytes) -> bytes:
    n = w.material.rng.random()
    if n < 0.65:
        return data
    if n < 0.8:
        at = w.material.rng.randrange(len(data))
        return data[:at] + bytes([data[at] ^ (1 << w.material.rng.randrange(8))]) + data[at + 1 :]
    if n < 0.9:
        return data[: w.material.pick((0, 1, len(data) - 1))]
    return bytes([w.material.pick((0, 255))]) * len(data)


def _k1(w: Writer) -> tuple[str, str, str]:
    secret = coincurve.PrivateKey(w.material.pick((1, 7, 1 << 200)).to_bytes(32, "big"))
    message = sha256(bytes([w.material.pick((0, 1, 2))])).digest()
    signature = secret.sign_recoverable(message, hasher=None)
    if w.material.chance(0.2):
        signature = signature[:64]
    parts = (message, signature, secret.public_key.format())
    message, signature, public = (_spoiled(w, part) for part in parts)
    return _hex(message), _hex(signature), _hex(public)


@produces("secp256k1-recover?", ResponseType)
def _recover(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _fits(want, ResponseType(_B33, UINT)):
        return None
    message, signature, _ = _k1(w)
    if w.material.chance(0.1):
        signature = w.expr(_B65, s, d)
    return f"(secp256k1-recover? {message} {signature})", ResponseType(_B33, UINT)


@produces("secp256k1-verify", BoolType)
def _verify(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    message, signature, public = _k1(w)
    if w.material.chance(0.1):
        public = w.expr(_B33, s, d)
    return f"(secp256k1-verify {message} {signature} {public})", BOOL


@produces("secp256k1-decompress?", ResponseType)
def _decompress(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _fits(want, ResponseType(_B65, UINT)):
        return None
    return f"(secp256k1-decompress? {_k1(w)[2]})", ResponseType(_B65, UINT)


@produces("principal-of?", ResponseType)
def _principal_of(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _fits(want, ResponseType(PRINCIPAL, UINT)):
        return None
    return f"(principal-of? {_k1(w)[2]})", ResponseType(PRINCIPAL, UINT)


_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@produces("secp256r1-verify", BoolType)
def _verify_p256(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    secret = ec.derive_private_key(w.material.pick((1, 7)), ec.SECP256R1())
    message = sha256(bytes([w.material.pick((0, 1))])).digest()
    # Versions hash the message once more or do not: both kinds of signature are made.
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    signed = b"\x00" if w.material.chance(0.5) else message
    r, t = decode_dss_signature(secret.sign(signed, algorithm))
    if w.material.chance(0.4):
        t = _P256_ORDER - t
    public = secret.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    signature = r.to_bytes(32, "big") + t.to_bytes(32, "big")
    parts = (_hex(_spoiled(w, part)) for part in (message, signature, public))
    return f"(secp256r1-verify {' '.join(parts)})", BOOL


@produces("ed25519-verify", BoolType)
def _verify_ed25519(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    secret = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([w.material.pick((1, 7))]) * 32)
    message = w.material.rng.randbytes(w.material.pick((1, 2, 32, 100)))
    public = secret.public_key().public_bytes_raw()
    parts = (_hex(_spoiled(w, part)) for part in (message, secret.sign(message), public))
    return f"(ed25519-verify {' '.join(parts)})", BOOL


# --- Bitcoin -----------------------------------------------------------------------------------


def _double(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def _merkle(leaves: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    row, proof = leaves, []
    while len(row) > 1:
        if len(row) % 2:
            row = [*row, row[-1]]
        proof.append(row[index ^ 1])
        row = [_double(row[i] + row[i + 1]) for i in range(0, len(row), 2)]
        index >>= 1
    return row[0], proof


@produces("verify-merkle-proof", BoolType)
def _verify_merkle(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    count = w.material.pick((1, 2, 3, 4, 5, 7, 8))
    leaves = [sha256(bytes([i])).digest() for i in range(count)]
    index = w.material.rng.randrange(count)
    root, proof = _merkle(leaves, index)
    if w.material.chance(0.2) and proof:
        proof.pop()
    given_count = w.material.pick((count, count, count, count + 1, 0, 1 << 64))
    given_index = w.material.pick((index, index, index, index ^ 1, index + count))
    shown = " ".join(_hex(_spoiled(w, each)) for each in proof)
    node = (
        f"(verify-merkle-proof {_hex(_spoiled(w, leaves[index]))} {_hex(root)}"
        f" u{given_index} u{given_count} (list {shown}))"
    )
    return node, BOOL


_OUTPUT = TupleType((("amount", UINT), ("script", BufferType(1024)), ("txid", _B32)))


def _varint(n: int) -> bytes:
    if n < 0xFD:
        return bytes([n])
    return b"\xfd" + n.to_bytes(2, "little")


def _transaction(w: Writer) -> bytes:
    rng = w.material.rng
    witness = w.material.chance(0.3)
    inputs = w.material.pick((1, 1, 2))
    outputs = w.material.pick((1, 2, 3, 0))
    data = (2).to_bytes(4, "little") + (b"\x00\x01" if witness else b"") + _varint(inputs)
    for _ in range(inputs):
        script = rng.randbytes(w.material.pick((0, 1, 107)))
        data += rng.randbytes(32) + bytes(4) + _varint(len(script)) + script + b"\xff" * 4
    data += _varint(outputs)
    for _ in range(outputs):
        script = rng.randbytes(w.material.pick((0, 1, 25, 34, 1024, 1025)))
        amount = w.material.pick((0, 1, 5000, 21 * 10**14, (1 << 64) - 1))
        data += amount.to_bytes(8, "little") + _varint(len(script)) + script
    if witness:
        data += b"".join(_varint(1) + _varint(3) + rng.randbytes(3) for _ in range(inputs))
    return data + bytes(4) + (b"\x00" if w.material.chance(0.1) else b"")


@produces("get-bitcoin-tx-output?", ResponseType)
def _bitcoin_output(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _fits(want, ResponseType(_OUTPUT, UINT)):
        return None
    data = _transaction(w)
    if w.material.chance(0.15):
        data = _spoiled(w, data)
    index = w.material.pick((0, 0, 1, 2, 3, 1 << 32, 1 << 64))
    return f"(get-bitcoin-tx-output? {_hex(data)} u{index})", ResponseType(_OUTPUT, UINT)


# --- principals --------------------------------------------------------------------------------

_PARTS = TupleType(
    (("hash-bytes", _B20), ("name", OptionalType(StringAsciiType(40))), ("version", _B1))
)
_CONSTRUCTED = ResponseType(
    PRINCIPAL, TupleType((("error_code", UINT), ("value", OptionalType(PRINCIPAL))))
)


@produces("is-standard", BoolType)
def _is_standard(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(is-standard {w.expr(PRINCIPAL, s, d)})", BOOL


@produces("principal-construct?", ResponseType)
def _construct(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if not _fits(want, _CONSTRUCTED):
        return None
    version = (
        w.material.rng.randrange(256) if w.material.chance(0.2) else w.material.rng.randrange(34)
    )
    shown = w.material.pick((f"0x{version:02x}",) * 6 + ("0x16", "0x1a", "0x"))
    digest = _hex(w.material.rng.randbytes(w.material.pick((20, 20, 20, 20, 19, 0))))
    name = w.material.pick(
        ("",) * 3
        + (' "a"', ' "pool-2"', ' ""', ' "2a"', ' "a.b"', ' "-a"', ' "a_b"')
        + (f' "{"x" * 40}"', ' "foo!"', ' "A"', ' "__transient"', ' "a-"')
    )
    if w.material.chance(0.1):
        name = f" {w.expr(StringAsciiType(40), s, d)}"
    return f"(principal-construct? {shown} {digest}{name})", _CONSTRUCTED


@produces("principal-destruct?", ResponseType)
def _destruct(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = ResponseType(_PARTS, _PARTS)
    if not _fits(want, of):
        return None
    node = w.expr(PRINCIPAL, s, d)
    if w.material.chance(0.3):
        node = f"'{encode_address(w.material.rng.randrange(32), bytes(range(20)))}"
    return f"(principal-destruct? {node})", of


@produces("contract-hash?", ResponseType)
def _contract_hash(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = ResponseType(_B32, UINT)
    if not _fits(want, of):
        return None
    node = w.material.pick((".lib", ".nowhere", "tx-sender", "current-contract"))
    return f"(contract-hash? {node if w.material.chance(0.7) else w.expr(PRINCIPAL, s, d)})", of


# --- blocks ------------------------------------------------------------------------------------

_POX = TupleType(
    (
        ("addrs", ListType(TupleType((("hashbytes", _B32), ("version", _B1))), 2)),
        ("payout", UINT),
    )
)
# Not the times: simnet's clock is the machine's.
_BLOCK_1 = (
    ("vrf-seed", _B32),
    ("header-hash", _B32),
    ("id-header-hash", _B32),
    ("burnchain-header-hash", _B32),
    ("miner-address", PRINCIPAL),
)
_SPENDS = (("miner-spend-winner", UINT), ("miner-spend-total", UINT), ("block-reward", UINT))


def _info(word: str, properties: tuple[tuple[str, Type], ...], since: int = 1) -> None:
    @produces(word, OptionalType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        rows = [row for row in properties if want is None or want == OptionalType(row[1])]
        if not rows or w.version < since:
            return None
        name, of = w.material.pick(rows)
        height = f"u{w.material.pick((0, 1, 2, 3, 5, 50, 1 << 32, (1 << 64) + 1))}"
        if w.material.chance(0.3):
            height = w.expr(UINT, s, d)
        return f"({word} {name} {height})", OptionalType(of)


_info("get-block-info?", _BLOCK_1)
_info("get-block-info?", _SPENDS, since=2)
_info("get-burn-block-info?", (("header-hash", _B32), ("pox-addrs", _POX)))
_info("get-stacks-block-info?", (("id-header-hash", _B32), ("header-hash", _B32)))
_info(
    "get-tenure-info?",
    (
        ("vrf-seed", _B32),
        ("burnchain-header-hash", _B32),
        ("miner-address", PRINCIPAL),
        *_SPENDS,
    ),
)


def _keyword(word: str, of: Type) -> None:
    @produces(word, type(of))
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        return (word, of) if want is None or want == of else None


for _word in ("burn-block-height", "block-height", "stacks-block-height", "tenure-height"):
    _keyword(_word, UINT)
_keyword("chain-id", UINT)
_keyword("stx-liquid-supply", UINT)
for _word in ("is-in-mainnet", "is-in-regtest", "true", "false"):
    _keyword(_word, BOOL)
for _word in ("tx-sender", "contract-caller", "current-contract"):
    _keyword(_word, PRINCIPAL)
_keyword("tx-sponsor?", OptionalType(PRINCIPAL))


@produces("stacks-block-time", BoolType)
def _block_time(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return "(> stacks-block-time u1500000000)", BOOL


@produces("none", OptionalType)
def _none(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    return ("none", want) if want is not None else None


# --- consensus bytes ---------------------------------------------------------------------------


@produces("from-consensus-buff?", OptionalType)
def _from_consensus(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is None:
        of = w.material.type()
    elif isinstance(want, OptionalType):
        of = want.inner
    else:
        return None
    n = w.material.rng.random()
    if n < 0.3:
        node = f"(unwrap-panic (to-consensus-buff? {w.expr(of, s, d)}))"
        return f"(from-consensus-buff? {written(of)} {node})", OptionalType(of)
    data = bytearray(serialize(w.material.value(of if n < 0.9 else w.material.type())))
    if n > 0.6 and data:
        for _ in range(w.material.pick((1, 1, 2))):
            at = w.material.rng.randrange(min(len(data), 12))
            data[at] = w.material.pick((0, 1, 2, 3, 5, 6, 12, 13, 14, 15, 127, 128, 255))
    if n > 0.8:
        data = data[: w.material.rng.randrange(len(data) + 1)]
    elif n > 0.75:
        data += b"\x03"
    if not data and w.version < ClarityVersion.CLARITY_5 and w.material.chance(0.9):
        data = bytearray(b"\x03")
    return f"(from-consensus-buff? {written(of)} {_hex(bytes(data))})", OptionalType(of)
