"""Principals: from keys, from parts; accounts, and hashes of contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compiler.addresses import (
    MAINNET_SINGLE,
    MAINNET_VERSIONS,
    TESTNET_SINGLE,
    TESTNET_VERSIONS,
    encode_address,
    is_contract_name,
    join_principal,
)
from compiler.description import Site
from compiler.diagnostics import CompilerBug
from compiler.values import NONE, Buffer, Err, Ok, Principal, Some, StringAscii, Tuple, UInt, Value
from runtime import errors, hashing
from runtime.words.arguments import bytes_of, principal_of
from runtime.words.context import WordContext

_KEY: Final = 33
_HASH: Final = 20
_VERSIONS: Final = 32
_MAX_NAME: Final = 40

_WRONG_NETWORK: Final = UInt(0)
_BAD_LENGTH: Final = Err(Tuple({"error_code": UInt(1), "value": NONE}))
_BAD_NAME: Final = Err(Tuple({"error_code": UInt(2), "value": NONE}))


def _principal_of(context: WordContext, site: Site, arguments: Sequence[Value]) -> Value:
    """`extra` is "testnet" for Clarity 1, which took all networks for that one."""
    key = bytes_of(arguments[0], _KEY)
    if hashing.secp256k1_decompress(key) is None:
        return Err(UInt(1))
    mainnet = context.is_mainnet and site.extra != "testnet"
    version = MAINNET_SINGLE if mainnet else TESTNET_SINGLE
    return Ok(Principal(encode_address(version, hashing.hash160(key))))


def _construct(context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    version, digest = bytes_of(arguments[0]), bytes_of(arguments[1])
    if len(version) > 1:
        raise errors.check("TypeValueError")
    if not version or version[0] >= _VERSIONS:
        return _BAD_LENGTH
    if len(digest) > _HASH:
        raise errors.check("TypeValueError")
    if len(digest) < _HASH:
        return _BAD_LENGTH
    name = _name_of(arguments[2]) if len(arguments) > 2 else None
    if name is not None:
        if len(name) > _MAX_NAME:
            raise errors.check("TypeValueError")
        if not is_contract_name(name):
            return _BAD_NAME
    principal = Principal(join_principal(version[0], digest, name))
    if version[0] in (MAINNET_VERSIONS if context.is_mainnet else TESTNET_VERSIONS):
        return Ok(principal)
    return Err(Tuple({"error_code": _WRONG_NETWORK, "value": Some(principal)}))


def _name_of(value: Value) -> str:
    if isinstance(value, StringAscii):
        return value.value
    raise CompilerBug("principal-construct? with a name that is no string")


def _contract_hash(context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    contract = principal_of(arguments[0])
    if "." not in contract:
        return Err(UInt(1))
    found = context.contract_hash(contract)
    return Err(UInt(2)) if found is None else Ok(Buffer(found))


def _account(context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    account = context.stx_account(principal_of(arguments[0]))
    return Tuple(
        {
            "locked": UInt(account.locked),
            "unlock-height": UInt(account.unlock_height),
            "unlocked": UInt(account.unlocked),
        }
    )


WORDS: Final = {
    "principal-of?": _principal_of,
    "principal-construct?": _construct,
    "contract-hash?": _contract_hash,
    "stx-account": _account,
}
