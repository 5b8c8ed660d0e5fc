"""What is served, as OpenAPI 3.1: paths with their parameters, bodies and answers."""

from __future__ import annotations

from typing import Any, Final

from clarbuild.serve.requests import MAX_ARGUMENTS
from clarbuild.version import VERSION

Row = dict[str, Any]

_NAME: Final = "^[a-zA-Z]([a-zA-Z0-9]|[-_!?+<>=/*]){0,40}$"
_SIMPLE: Final[dict[str, Row]] = {
    "Hex": {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"},
    "Hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "Digest": {"type": "string", "pattern": "^blake3:[0-9a-f]{64}$"},
    "Txid": {"type": "string", "pattern": "^0x[0-9a-f]{64}$"},
    "Natural": {"type": "integer", "minimum": 0},
    "Text": {"type": "string"},
    "Yes": {"type": "boolean"},
    "Principal": {
        "type": "string",
        "pattern": "^S[0-9A-Z]{27,40}(\\.[a-zA-Z][a-zA-Z0-9_-]{0,39})?$",
    },
}


def _ref(name: str) -> Row:
    return {"$ref": f"#/components/schemas/{name}"}


def _of(schema: str | Row) -> Row:
    return _ref(schema) if isinstance(schema, str) else schema


def _object(required: dict[str, str | Row], optional: dict[str, str | Row] | None = None) -> Row:
    every = {**required, **(optional or {})}
    return {
        "type": "object",
        "required": list(required),
        "properties": {name: _of(schema) for name, schema in every.items()},
    }


def _list(of: str | Row) -> Row:
    return {"type": "array", "items": _of(of)}


def _maybe(of: str | Row) -> Row:
    return {"anyOf": [_of(of), {"type": "null"}]}


_PROVED: Final[dict[str, str | Row]] = {
    "proof": {"type": "string", "pattern": "^(0x([0-9a-f]{2})*)?$"}
}
_COSTS: Final[dict[str, str | Row]] = dict.fromkeys(
    ("runtime", "read_count", "read_length", "write_count", "write_length"), "Natural"
)
_SCHEMAS: Final[dict[str, Row]] = {
    **_SIMPLE,
    "Costs": _object(_COSTS),
    "Source": _object({"source": "Text", "publish_height": "Natural"}, _PROVED),
    "Data": _object({"data": "Hex"}, _PROVED),
    "StoredText": _object({"data": {"type": "string", "pattern": "^0x"}}, _PROVED),
    "Metadata": _object({"data": "Text"}),
    "Interface": _object(
        {
            "functions": _list(
                _object(
                    {
                        "name": "Text",
                        "access": {"enum": ["public", "private", "read_only"]},
                        "args": _list(_object({"name": "Text", "type": {}})),
                        "outputs": _object({"type": {}}),
                    }
                )
            ),
            "variables": _list(
                _object({"name": "Text", "type": {}, "access": {"enum": ["constant", "variable"]}})
            ),
            "maps": _list(_object({"name": "Text", "key": {}, "value": {}})),
            "fungible_tokens": _list(_object({"name": "Text"})),
            "non_fungible_tokens": _list(_object({"name": "Text", "type": {}})),
            "epoch": {"type": "string", "pattern": "^Epoch[0-9]+$"},
            "clarity_version": {"type": "string", "pattern": "^Clarity[0-9]+$"},
        }
    ),
    "Call": _object(
        {
            "sender": "Principal",
            "arguments": {**_list("Hex"), "maxItems": MAX_ARGUMENTS},
        },
        {"sponsor": "Principal"},
    ),
    "Called": {
        "oneOf": [
            _object({"okay": {"const": True}, "result": "Hex"}),
            _object({"okay": {"const": False}, "cause": "Text"}),
        ]
    },
    "Account": _object(
        {"balance": "Hex", "locked": "Hex", "unlock_height": "Natural", "nonce": "Natural"},
        {"balance_proof": "Text", "nonce_proof": "Text"},
    ),
    "Implemented": _object({"is_implemented": "Yes"}),
    "Info": _object(
        {
            **dict.fromkeys(
                (
                    "peer_version",
                    "burn_block_height",
                    "stable_burn_block_height",
                    "network_id",
                    "parent_network_id",
                    "stacks_tip_height",
                    "tenure_height",
                ),
                "Natural",
            ),
            "stacks_tip": "Hash",
            "index_block_hash": "Hash",
            "state_index_root": "Hash",
            "server_version": "Text",
            "is_fully_synced": "Yes",
        }
    ),
    "Health": _object(
        {
            "difference_from_max_peer": "Natural",
            "max_stacks_height_of_neighbors": "Natural",
            "max_stacks_neighbor_address": _maybe("Text"),
            "node_stacks_tip_height": "Natural",
        }
    ),
    "Pox": _object(
        {
            "contract_id": "Principal",
            "current_epoch": "Text",
            **dict.fromkeys(
                (
                    "first_burnchain_block_height",
                    "current_burnchain_block_height",
                    "pox_activation_threshold_ustx",
                    "prepare_phase_block_length",
                    "reward_phase_block_length",
                    "reward_slots",
                    "total_liquid_supply_ustx",
                    "reward_cycle_length",
                ),
                "Natural",
            ),
            "current_cycle": {"type": "object"},
            "next_cycle": {"type": "object"},
            "epochs": _list(
                _object(
                    {
                        "epoch_id": "Text",
                        "start_height": "Natural",
                        "end_height": "Natural",
                        "block_limit": "Costs",
                        "network_epoch": "Natural",
                    }
                )
            ),
            "contract_versions": _list(
                _object(
                    {
                        "contract_id": "Principal",
                        "activation_burnchain_block_height": "Natural",
                        "first_reward_cycle_id": "Natural",
                    }
                )
            ),
        }
    ),
    "Receipt": _object(
        {
            "txid": "Txid",
            "tx": "Text",
            "index_block_hash": "Hash",
            "block_height": "Natural",
            "is_canonical": "Yes",
            "post_condition_aborted": "Yes",
            "ok": "Yes",
        },
        {
            "result": "Hex",
            "events": _list({"type": "object"}),
            "cost": "Costs",
            "error": {"type": "object"},
            "vm_error": _maybe("Text"),
            "engine": "Text",
            "discrepancy": {"type": "object"},
        },
    ),
    "Refused": _object(
        {
            "error": {"const": "transaction rejected"},
            "reason": "Text",
            "reason_data": {"type": "object"},
            "txid": "Txid",
        }
    ),
    "Posted": _object({"tx": "Text"}),
    "Estimate": _object({"transaction_payload": "Text"}, {"estimated_len": _maybe("Natural")}),
    "Estimated": _object(
        {
            "estimated_cost": "Costs",
            "estimated_cost_scalar": "Natural",
            "cost_scalar_change_by_byte": {"type": "number"},
            "estimations": {
                **_list(_object({"fee_rate": {"type": "number"}, "fee": "Natural"})),
                "minItems": 3,
                "maxItems": 3,
            },
        }
    ),
    "Wasm": _object(
        {
            "contract": "Principal",
            "wasm": "Hex",
            "hash": "Digest",
            "compiler": "Text",
            "host_interface": "Natural",
            "clarity_version": "Natural",
            "epoch": "Text",
            "publish_height": "Natural",
        },
        _PROVED,
    ),
    "Provenance": _object(
        {
            "hash": "Digest",
            "size": "Natural",
            "contracts": _list("Principal"),
            "contract": "Principal",
            "source_hash": "Hex",
            "clarity_version": "Natural",
            "deployed_in": "Text",
            "epoch": "Text",
            "profile": {"enum": ["debug", "release"]},
            "compiler": "Text",
            "compiler_fingerprint": "Text",
            "host_interface": "Natural",
        },
        {"action": "Digest", "inputs": _list("Text")},
    ),
    "Verified": _object(
        {
            "hash": "Digest",
            "rebuilt": "Digest",
            "verified": "Yes",
            "different": _maybe({"enum": ["interface", "metadata", "wasm"]}),
            "contract": "Principal",
            "compiler": "Text",
            "compiler_fingerprint": "Text",
            "seconds": {"type": "number", "minimum": 0},
        }
    ),
    "Overview": _object(
        {
            "epoch": "Text",
            "block_height": "Natural",
            "burn_block_height": "Natural",
            "contracts": _list({"type": "object"}),
            "artifacts": _list({"type": "object"}),
        }
    ),
    "Blocks": _object(
        {
            "blocks": _list(
                _object(
                    {
                        "height": "Natural",
                        "index_block_hash": "Hash",
                        "state_index_root": "Hash",
                        "time": "Natural",
                        "transactions": _list({"type": "object"}),
                    }
                )
            )
        }
    ),
    "Contract": _object(
        {"id": "Principal", "source": "Text", "functions": _list({"type": "object"})}
    ),
    "Code": _object({"sections": _list({"type": "array"})}),
    "BrowsedCall": _object(
        {"sender": "Principal", "arguments": {**_list("Text"), "maxItems": MAX_ARGUMENTS}}
    ),
    "BrowsedCalled": _object({"okay": "Yes", "cost": "Costs"}, {"text": "Text", "cause": "Text"}),
    "BrowsedKey": _object({"key": "Text"}),
    "BrowsedEntry": _object({"data": "Hex", "text": _maybe("Text")}),
}

_PARAMETERS: Final[dict[str, Row]] = {
    "address": {"type": "string", "pattern": "^S[0-9A-Z]{27,40}$"},
    "address2": {"type": "string", "pattern": "^S[0-9A-Z]{27,40}$"},
    "name": {"type": "string", "pattern": "^[a-zA-Z][a-zA-Z0-9_-]{0,39}$"},
    "name2": {"type": "string", "pattern": "^[a-zA-Z][a-zA-Z0-9_-]{0,39}$"},
    "item": {"type": "string", "pattern": _NAME},
    "key": {"type": "string", "minLength": 1},
    "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "digest": {"type": "string", "pattern": "^(blake3:)?[0-9a-f]{64}$"},
    "txid": {"type": "string", "pattern": "^(0x)?[0-9a-f]{64}$"},
    "principal": _SIMPLE["Principal"],
    "proof": {"type": "string"},
    "tip": {"type": "string"},
    "format": {"enum": ["json", "wasm", "wat"]},
    "before": {"type": "integer", "minimum": 0, "maximum": (1 << 63) - 1},
    "count": {"type": "integer", "minimum": 0, "maximum": (1 << 63) - 1},
}
_TOLD: Final[dict[str, str]] = {
    "proof": "a proof is given unless this is given and not `1`",
    "tip": "a block's identifier; anything else is the newest block",
}
_TEXT: Final = {"text/plain": {"schema": {"type": "string"}}}


def _answers(schema: str | Row, *, more: Row | None = None) -> Row:
    return {
        "200": {
            "description": "the answer",
            "content": {"application/json": {"schema": _of(schema)}, **(more or {})},
        },
        "400": {"description": "what is wrong with the request", "content": _TEXT},
        "404": {"description": "what is not there", "content": _TEXT},
        "503": {"description": "too much at once", "content": _TEXT},
    }


def _operation(
    path: str, summary: str, answers: Row, *, query: str = "", body: Row | None = None
) -> Row:
    parameters = []
    for part in path.split("/"):
        if part.startswith("{"):
            name = part[1:-1]
            row = {"name": name, "in": "path", "required": True, "schema": _PARAMETERS[name]}
            parameters.append(row)
    for name in query.split():
        row = {"name": name, "in": "query", "schema": _PARAMETERS[name]}
        if name in _TOLD:
            row["description"] = _TOLD[name]
        parameters.append(row)
    made: Row = {"summary": summary, "parameters": parameters, "responses": answers}
    if body is not None:
        made["requestBody"] = {"required": True, "content": body}
    return made


def _json(schema: str | Row) -> Row:
    return {"application/json": {"schema": _of(schema)}}


def _binary() -> Row:
    return {"schema": {"type": "string", "format": "binary"}}


_CONTRACT: Final = "{address}/{name}"
_FORMS: Final = {"application/wasm": _binary(), **_TEXT}
_GET: Final[dict[str, tuple[str, Row, str]]] = {
    f"/v2/contracts/source/{_CONTRACT}": ("A contract's source", _answers("Source"), "proof tip"),
    f"/v2/contracts/interface/{_CONTRACT}": (
        "A contract's interface",
        _answers("Interface"),
        "tip",
    ),
    f"/v2/data_var/{_CONTRACT}/{{item}}": ("A data variable", _answers("Data"), "proof tip"),
    f"/v2/constant_val/{_CONTRACT}/{{item}}": ("A constant", _answers("Data"), "tip"),
    f"/v2/clarity/metadata/{_CONTRACT}/{{key}}": ("A row of metadata", _answers("Metadata"), "tip"),
    "/v2/clarity/marf/{hash}": ("What a key's hash holds", _answers("StoredText"), "proof tip"),
    f"/v2/traits/{_CONTRACT}/{{address2}}/{{name2}}/{{item}}": (
        "Whether a contract implements a trait",
        _answers("Implemented"),
        "tip",
    ),
    "/v2/accounts/{principal}": ("Balance, lock and nonce", _answers("Account"), "proof tip"),
    "/v2/info": ("The chain", _answers("Info"), ""),
    "/v2/pox": ("Cycles of PoX", _answers("Pox"), "tip"),
    "/v2/fees/transfer": ("What a byte of a transfer costs", _answers("Natural"), ""),
    f"/v2/contracts/wasm/{_CONTRACT}": (
        "The Wasm that runs a contract",
        _answers("Wasm", more=_FORMS),
        "format proof tip",
    ),
    "/v3/health": ("How far behind its peers the chain is", _answers("Health"), ""),
    "/v3/transaction/{txid}": ("A transaction and its receipt", _answers("Receipt"), ""),
    "/v3/artifacts/{digest}": (
        "Where Wasm comes from, or the Wasm",
        _answers("Provenance", more=_FORMS),
        "format",
    ),
    "/v3/browse": ("The chain, its contracts and artifacts", _answers("Overview"), ""),
    "/v3/browse/blocks": ("Blocks and their receipts", _answers("Blocks"), "before count"),
    f"/v3/browse/contract/{_CONTRACT}": ("A contract in words", _answers("Contract"), "tip"),
    f"/v3/browse/code/{_CONTRACT}": ("Wasm beside lines of Clarity", _answers("Code"), "tip"),
    "/openapi.json": ("This description", _answers({"type": "object"}), ""),
}
_POST: Final[dict[str, tuple[str, Row, str, Row | None]]] = {
    f"/v2/contracts/call-read/{_CONTRACT}/{{item}}": (
        "Run a function without writing",
        _answers("Called"),
        "tip",
        _json("Call"),
    ),
    f"/v2/map_entry/{_CONTRACT}/{{item}}": (
        "An entry of a map",
        _answers("Data"),
        "proof tip",
        _json("Hex"),
    ),
    f"/v3/contracts/fast-call-read/{_CONTRACT}/{{item}}": (
        "Run a function without counting its cost, with the server's password",
        {**_answers("Called"), "401": {"description": "no password", "content": _TEXT}},
        "tip",
        _json("Call"),
    ),
    "/v2/transactions": (
        "Take a signed transaction and mine it",
        {
            **_answers("Txid"),
            "400": {
                "description": "why it is refused",
                "content": {**_json("Refused"), **_TEXT},
            },
        },
        "",
        {**_json("Posted"), "application/octet-stream": _binary()},
    ),
    "/v2/fees/transaction": (
        "What a transaction may cost",
        _answers("Estimated"),
        "",
        _json("Estimate"),
    ),
    "/v3/artifacts/{digest}/verify": (
        "Build Wasm anew and compare",
        {**_answers("Verified"), "429": {"description": "one at a time", "content": _TEXT}},
        "",
        None,
    ),
    f"/v3/browse/call/{_CONTRACT}/{{item}}": (
        "Run a function, in Clarity's words",
        _answers("BrowsedCalled"),
        "tip",
        _json("BrowsedCall"),
    ),
    f"/v3/browse/entry/{_CONTRACT}/{{item}}": (
        "An entry of a map, in Clarity's words",
        _answers("BrowsedEntry"),
        "tip",
        _json("BrowsedKey"),
    ),
}


def _stream(path: str, summary: str, kind: str) -> Row:
    answers = {
        "200": {"description": "the answer", "content": {kind: {"schema": {"type": "string"}}}},
        "400": {"description": "what is wrong with the request", "content": _TEXT},
        "503": {"description": "too much at once", "content": _TEXT},
    }
    return _operation(path, summary, answers)


DESCRIPTION: Final[Row] = {
    "openapi": "3.1.0",
    "info": {
        "title": "clarbuild serve",
        "version": VERSION,
        "description": "A Stacks node's RPC over contracts that run as Wasm.",
    },
    "paths": {
        **{
            path: {"get": _operation(path, summary, answers, query=query)}
            for path, (summary, answers, query) in _GET.items()
        },
        **{
            path: {"post": _operation(path, summary, answers, query=query, body=body)}
            for path, (summary, answers, query, body) in _POST.items()
        },
        "/v3/events": {
            "get": _stream(
                "/v3/events",
                "Blocks as they are mined, and where the engines differ",
                "text/event-stream",
            )
        },
        "/metrics": {
            "get": _stream("/metrics", "Counters, in OpenMetrics", "application/openmetrics-text")
        },
    },
    "components": {"schemas": _SCHEMAS},
}
