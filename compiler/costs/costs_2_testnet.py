"""The costs of epoch 2.05 on test networks (boot contract `costs-2` there): where they differ."""

from __future__ import annotations

from compiler.costs import costs_2
from compiler.costs.shapes import Row, constant, linear

ROWS: dict[str, Row] = {
    **costs_2.ROWS,
    "cost_asserts": constant(158),
    "cost_add": linear(a=12, b=156),
    "cost_sub": linear(a=12, b=156),
    "cost_geq": constant(166),
    "cost_leq": constant(166),
    "cost_le": constant(166),
    "cost_ge": constant(166),
    "cost_int_cast": constant(164),
    "cost_mod": constant(168),
    "cost_sqrti": constant(167),
    "cost_log2": constant(161),
    "cost_xor": constant(167),
    "cost_not": constant(162),
    "cost_default_to": constant(249),
    "cost_unwrap_ret": constant(299),
    "cost_unwrap": constant(284),
    "cost_unwrap_err": constant(264),
    "cost_try_ret": constant(256),
    "cost_match": constant(286),
    "cost_principal_of": constant(39),
}
