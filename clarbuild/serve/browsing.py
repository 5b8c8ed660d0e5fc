"""What the page shows: contracts, calls, entries and blocks, with values in Clarity's words."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from clarbuild.arguments import parse_arguments, parse_value
from clarbuild.inspect import type_text
from clarbuild.problems import InputError, Problem
from clarbuild.serve.node import Node, NotThere, Place, Refused
from clarbuild.serve.reading import Answer
from compiler.consensus import SerializationError, deserialize
from compiler.costs.limits import BLOCK_LIMITS
from compiler.interface import ContractInterface, FunctionSignature
from compiler.python_values import to_value
from compiler.values import Value, source
from compiler.versions import Epoch
from runtime.contracts import Contract
from runtime.receipts import Costs

_MISSING = "No contract interface data found"


class Browsing:
    """A node for people. All calls must come from one thread at a time."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def overview(self) -> dict[str, Any]:
        """The chain, its contracts and their artifacts."""
        node = self._node
        chain = node.chain
        return {
            **chain.to_json(),
            "engines": None if node.beside is None else node.beside.to_json(),
            "limits": _limits(chain.epoch),
            "contracts": [
                {
                    "id": contract.id,
                    "clarity_version": int(contract.version),
                    "epoch": str(contract.epoch),
                    "functions": len(contract.access),
                    "hash": node.artifacts.digest(contract.id).hex,
                }
                for contract in chain.contracts.values()
            ],
            "artifacts": [
                {
                    "hash": digest,
                    "size": len(node.artifacts.artifact(contracts[0]).wasm),
                    "contracts": contracts,
                }
                for digest, contracts in node.artifacts.all().items()
            ],
        }

    def contract(self, place: Place, identifier: str) -> dict[str, Any]:
        """All that is known of a contract, but its code."""
        node = self._node
        contract = node.contract(place, identifier, _MISSING)
        of = contract.bound
        costs = node.artifacts.artifact(identifier).description.functions
        functions = []
        for access, signatures in (
            ("public", of.public_functions),
            ("read-only", of.read_only_functions),
            ("private", of.private_functions),
        ):
            for name, signature in signatures.items():
                row = {"name": name, "access": access, **_signature(signature)}
                if name in costs:
                    least, most = costs[name].costs.least, costs[name].costs.most
                    row["runtime"] = [least.runtime, most.runtime]
                functions.append(row)
        return {
            "id": contract.id,
            "source": contract.source,
            "functions": functions,
            "variables": [
                {
                    "name": name,
                    "type": type_text(of.data_vars[name]),
                    "value": self._variable(place, identifier, name),
                }
                for name in of.data_vars
            ],
            "constants": [self._constant(place, of, identifier, name) for name in of.constants],
            "maps": [
                {"name": name, "key": type_text(key), "value": type_text(value)}
                for name, (key, value) in of.maps.items()
            ],
            "tokens": _tokens(place, contract),
            "traits": list(of.traits),
            "implements": sorted(map(str, of.implemented_traits)),
            "artifact": node.artifacts.provenance(identifier),
        }

    def _variable(self, place: Place, identifier: str, name: str) -> str | None:
        try:
            data = self._node.variable(replace(place, proof=False), identifier, name)["data"]
        except NotThere:
            return None
        return _text(bytes.fromhex(data[2:]))

    def _constant(
        self, place: Place, of: ContractInterface, identifier: str, name: str
    ) -> dict[str, Any]:
        try:
            data = self._node.constant(place, identifier, name)["data"]
            value = _text(bytes.fromhex(data[2:]))
        except NotThere:
            value = None
        return {"name": name, "type": type_text(of.constants[name]), "value": value}

    def call(
        self, place: Place, identifier: str, function: str, arguments: list[str], sender: str
    ) -> dict[str, Any]:
        """Run a function with arguments as Clarity writes them; nothing that it does stays."""
        contract = self._node.contract(place, identifier, _MISSING)
        signature = contract.signature(function, self._node.chain.epoch)
        if signature is None:
            raise Refused(f"{function} can not be called")
        try:
            values = parse_arguments(arguments, function, signature, contract.address)
        except InputError as error:
            raise Refused(_problems(error)) from None
        return shown(self._node.read(place, identifier, function, values, sender))

    def entry(self, place: Place, identifier: str, name: str, key: str) -> dict[str, Any]:
        """An entry of a map, by its key as Clarity writes it."""
        contract = self._node.contract(place, identifier, _MISSING)
        found = contract.bound.maps.get(name)
        if found is None:
            raise NotThere("Map not found")
        try:
            value = to_value(parse_value(key, "key", contract.address), found[0])
        except InputError as error:
            raise Refused(_problems(error)) from None
        except (TypeError, ValueError) as error:
            raise Refused(f"key: {error}") from None
        data = self._node.entry(replace(place, proof=False), identifier, name, value)["data"]
        return {"data": data, "text": _text(bytes.fromhex(data[2:]))}

    def blocks(self, before: int | None, count: int) -> list[dict[str, Any]]:
        """Blocks, the newest first."""
        return [_in_words(row) for row in self._node.history.blocks(before, count)]

    def since(self, height: int) -> list[dict[str, Any]]:
        """Blocks above a height, the oldest first."""
        return [_in_words(row) for row in self._node.history.since(height)]


def _limits(epoch: Epoch) -> dict[str, int]:
    """What a block may use."""
    of = BLOCK_LIMITS[epoch]
    return {
        "runtime": of.runtime,
        "read_count": of.read_count,
        "read_length": of.read_length,
        "write_count": of.write_count,
        "write_length": of.write_length,
    }


def shown(answer: Answer) -> dict[str, Any]:
    """What came of a call that reads."""
    row: dict[str, Any] = {"okay": answer.value is not None, "cost": cost_row(answer.costs)}
    if answer.value is None:
        row["cause"] = answer.cause
    else:
        row["text"] = source(answer.value)
    return row


def cost_row(costs: Costs) -> dict[str, int]:
    """Costs as receipts have them."""
    return costs._asdict()


def _signature(signature: FunctionSignature) -> dict[str, Any]:
    return {
        "arguments": [{"name": name, "type": type_text(of)} for name, of in signature.args],
        "returns": type_text(signature.returns),
    }


def _tokens(place: Place, contract: Contract) -> list[dict[str, Any]]:
    of = contract.bound
    rows: list[dict[str, Any]] = []
    for name in sorted(of.fungible_tokens):
        supply = None
        if not place.elsewhere:
            data = place.get(f"vm::{contract.id}::3::{name}") or b""
            supply = str(int.from_bytes(data, "big"))
        limit = contract.limits.get(name)
        rows.append(
            {
                "name": name,
                "kind": "fungible",
                "supply": supply,
                "limit": None if limit is None else str(limit),
            }
        )
    for name, type_ in of.non_fungible_tokens.items():
        rows.append({"name": name, "kind": "non-fungible", "type": type_text(type_)})
    return rows


def _in_words(block: dict[str, Any]) -> dict[str, Any]:
    for row in block["transactions"]:
        if row["kind"] == "call":
            row["arguments"] = [_text(bytes.fromhex(one[2:])) for one in row["arguments"]]
        if "result" in row:
            row["text"] = _text(bytes.fromhex(row["result"][2:]))
        for event in row.get("events", ()):
            if "raw_value" in event:
                event["text"] = _text(bytes.fromhex(event["raw_value"][2:]))
    return block


def _text(data: bytes | None) -> str | None:
    """A stored value in Clarity's words."""
    if data is None:
        return None
    try:
        value: Value = deserialize(data)
    except SerializationError:
        return f"0x{data.hex()}"
    return source(value)


def _problems(error: InputError) -> str:
    return "; ".join(_line(problem) for problem in error.problems)


def _line(problem: Problem) -> str:
    return f"{problem.path}: {problem.diagnostic.message}"
