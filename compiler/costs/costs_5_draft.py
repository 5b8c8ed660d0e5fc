"""The costs of epoch 4.0 before they were measured anew: what differs from `costs_4`.

The reference interpreter (clarinet-sdk 3.21, stacks-core of June 2026) charges these.
"""

from __future__ import annotations

from compiler.costs import costs_4
from compiler.costs.shapes import Row, constant, linear

ROWS: dict[str, Row] = {
    **costs_4.ROWS,
    "cost_verify_merkle_proof": linear(a=125, b=502),
    "cost_get_bitcoin_tx_output": linear(a=125, b=291, shift=10),
    "cost_ed25519verify": linear(a=125, b=7880, shift=10),
    "cost_secp256k1decompress": constant(1035),
}
