"""What a request holds, read within limits; all that is wrong with one is a 400 with a text.

The texts are those of a node where it has one for the case.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from compiler.addresses import is_clarity_name, is_contract_name, split_contract, split_principal
from compiler.consensus import SerializationError, deserialize
from compiler.values import Value

MAX_BODY: Final = 8 << 20
"""Bytes of the largest request: twice a transaction in hex."""
MAX_ARGUMENTS: Final = 256
BODY_SECONDS: Final = 30.0
"""How long a body may take to arrive."""

_HASH: Final = re.compile("[0-9a-f]{64}")
_HEX: Final = re.compile("(0x)?([0-9a-fA-F]{2})*")


def contract_of(request: Request, address: str = "address", name: str = "name") -> str:
    """The contract that a path names, as "ADDRESS.name"."""
    identifier = f"{request.path_params[address]}.{request.path_params[name]}"
    try:
        split_contract(identifier)
    except ValueError as error:
        raise HTTPException(400, f"Failed to parse contract: {error}") from None
    if not is_contract_name(request.path_params[name]):
        raise HTTPException(400, "Failed to parse contract name")
    return identifier


def item_of(request: Request) -> str:
    """The variable, map, constant, trait or function that a path names."""
    name: str = request.path_params["item"]
    if not is_clarity_name(name):
        raise HTTPException(400, "Failed to parse Clarity name")
    return name


def hash_of(request: Request, parameter: str, message: str, prefix: str = "") -> str:
    """A hash in a path, in hex, with or without a prefix."""
    text: str = request.path_params[parameter].removeprefix(prefix)
    if _HASH.fullmatch(text) is None:
        raise HTTPException(400, message)
    return text


def principal_of(given: object, message: str) -> str:
    """A principal."""
    if isinstance(given, str):
        try:
            split_principal(given)
        except ValueError:
            pass
        else:
            return given
    raise HTTPException(400, message)


def value_of(given: object, what: str) -> Value:
    """A value in consensus serialisation, in hex."""
    message = f"Failed to deserialize {what} value"
    try:
        return deserialize(bytes_of(given, message))
    except SerializationError:
        raise HTTPException(400, message) from None


def bytes_of(given: object, message: str) -> bytes:
    """Bytes in hex."""
    if isinstance(given, str) and _HEX.fullmatch(given):
        return bytes.fromhex(given.removeprefix("0x"))
    raise HTTPException(400, message)


def number_of(text: str | None, default: int, most: int, message: str) -> int:
    """A number that a query may hold, from 0 to `most`."""
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 20):
        raise HTTPException(400, message)
    return min(int(text), most)


def content_type(request: Request) -> str:
    """What a body says it is."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def body_of(request: Request) -> bytes:
    """The body, as long as it is within the limit; nothing beyond is read."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > MAX_BODY:
                    raise HTTPException(400, f"Invalid Http request: more than {MAX_BODY} bytes")
                parts.append(part)
    except TimeoutError:
        raise HTTPException(400, "Invalid Http request: the body took too long") from None
    if not size:
        raise HTTPException(400, "Invalid Http request: expected a body")
    return b"".join(parts)


async def json_of(request: Request) -> Any:
    """The JSON that a body must be."""
    if content_type(request) != "application/json":
        raise HTTPException(400, "Invalid content-type: expected application/json")
    return parsed(await body_of(request))


async def object_of(request: Request) -> dict[str, Any]:
    """The JSON object that a body must be."""
    body = await json_of(request)
    if not isinstance(body, dict):
        raise HTTPException(400, "Failed to parse JSON body")
    return body


def parsed(data: bytes) -> Any:
    """JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise HTTPException(400, "Failed to parse JSON body") from None


def arguments_of(body: dict[str, Any]) -> list[Any]:
    """The arguments in a body, not yet read."""
    given = body.get("arguments")
    if not isinstance(given, list):
        raise HTTPException(400, "Failed to parse JSON body")
    if len(given) > MAX_ARGUMENTS:
        raise HTTPException(400, f"More than {MAX_ARGUMENTS} arguments")
    return given
