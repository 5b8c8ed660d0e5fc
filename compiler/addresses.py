"""Stacks addresses (c32check) and names of contracts; texts of errors are the interpreter's."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import Final

MAINNET_SINGLE: Final = 22
MAINNET_MULTI: Final = 20
TESTNET_SINGLE: Final = 26
TESTNET_MULTI: Final = 21
MAINNET_VERSIONS: Final = frozenset({MAINNET_SINGLE, MAINNET_MULTI})
TESTNET_VERSIONS: Final = frozenset({TESTNET_SINGLE, TESTNET_MULTI})

HASH_LENGTH: Final = 20
MAX_NAME_LENGTH: Final = 128
"""Longest name that the interpreter reads; a transaction can deploy only up to 40 (below)."""
MAX_DEPLOYED_NAME_LENGTH: Final = 40

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS: Final = {
    **{char: index for index, char in enumerate(_ALPHABET)},
    **{char.lower(): index for index, char in enumerate(_ALPHABET)},
    **{"O": 0, "o": 0, "L": 1, "l": 1, "I": 1, "i": 1},
}
_CONTRACT_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,127}|__transient")
_CLARITY_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_!?+<>=/*-]*|[-+=/*]|[<>]=?")
_NOT_C32: Final = "Invalid crockford 32 string"


def is_contract_name(text: str) -> bool:
    """Whether `text` can name a contract."""
    return _CONTRACT_NAME.fullmatch(text) is not None


def is_clarity_name(text: str) -> bool:
    """Whether `text` can name what a contract defines, or a tuple's field."""
    return len(text) <= MAX_NAME_LENGTH and _CLARITY_NAME.fullmatch(text) is not None


@lru_cache(maxsize=65_536)
def decode_address(text: str) -> tuple[int, bytes]:
    """The version and the hash that an address holds; `ValueError` with the interpreter's text."""
    if not text.isascii() or len(text) <= 5:
        raise ValueError(_NOT_C32)
    version, data = c32check_decode(text[1:])
    if len(data) != HASH_LENGTH:
        raise ValueError(f"InvalidPrincipalLength({len(data)})")
    return version, data


@lru_cache(maxsize=65_536)
def encode_address(version: int, digest: bytes) -> str:
    """The address of a version (0 to 31) and a hash of 20 bytes."""
    return "S" + c32check_encode(version, digest)


def c32check_encode(version: int, data: bytes) -> str:
    """c32check without the leading "S"."""
    if not 0 <= version < 32:
        raise ValueError(f"Invalid version {version}")
    return _ALPHABET[version] + _c32_encode(data + _checksum(bytes((version,)) + data))


def c32check_decode(text: str) -> tuple[int, bytes]:
    """Version and data of a c32check text (without the leading "S")."""
    if not text.isascii() or len(text) < 2:
        raise ValueError(_NOT_C32)
    summed = _c32_decode(text[1:])
    if len(summed) < 5:
        raise ValueError(_NOT_C32)
    data, wanted = summed[:-4], summed[-4:]
    version = _c32_decode(text[0])
    computed = _checksum(version + data)
    if computed != wanted:
        raise ValueError(
            f"base58ck checksum 0x{int.from_bytes(wanted, 'little'):x} "
            f"does not match expected 0x{int.from_bytes(computed, 'little'):x}"
        )
    return version[0], data


def split_contract(text: str) -> tuple[str, str]:
    """Address and name of a contract identifier "ADDRESS.name", both checked."""
    address, dot, name = text.partition(".")
    if not dot:
        raise ValueError("QualifiedContractMissingDot")
    decode_address(address)
    if not is_contract_name(name):
        raise ValueError(f'InvalidContractName("{name}")')
    return address, name


def split_principal(text: str) -> tuple[int, bytes, str | None]:
    """Version, hash and contract name (None for a standard principal) of a principal's text."""
    if "." not in text:
        return (*decode_address(text), None)
    address, name = split_contract(text)
    return (*decode_address(address), name)


def join_principal(version: int, digest: bytes, name: str | None) -> str:
    """The text of a principal: what `split_principal` takes apart."""
    address = encode_address(version, digest)
    return address if name is None else f"{address}.{name}"


def _checksum(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()[:4]


def _c32_encode(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        digits.append(_ALPHABET[number & 31])
        number >>= 5
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "0" * zeros + "".join(reversed(digits))


def _c32_decode(text: str) -> bytes:
    number = 0
    zeros = 0
    for char in text:
        digit = _DIGITS.get(char)
        if digit is None:
            raise ValueError(_NOT_C32)
        if not number and not digit:
            zeros += 1
        number = number << 5 | digit
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
