"""The costs of epochs 3.3 and 3.4 (boot contract `costs-4`): what differs from `costs_3`."""

from __future__ import annotations

from compiler.costs import costs_3
from compiler.costs.shapes import Row, constant, linear, storage

ROWS: dict[str, Row] = {
    **costs_3.ROWS,
    "cost_contract_hash": storage(runtime=188, read_count=1, read_length=32),
    "cost_to_ascii": linear(a=16, b=150),
    "cost_restrict_assets": linear(a=125, b=750),
    "cost_as_contract_safe": linear(a=125, b=888),
    "cost_secp256r1verify": constant(51_750),
}
