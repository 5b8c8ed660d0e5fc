"""What evaluation costs: the cost functions of every epoch as data (`ClarityCostFunction`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from compiler.costs.shapes import Cost, CostFunction, Kind, Row, Shape
from compiler.versions import Epoch

__all__ = ["Cost", "CostFunction", "CostTable", "Kind", "Shape", "cost_table"]


# Amounts that a table remembers; the same few hundred are asked for again and again.
_MAX_AMOUNTS = 10_000


class CostTable(Mapping[str, CostFunction]):
    """The cost functions of an epoch by name (`cost_add`); those it doesn't have are absent."""

    __slots__ = ("_amounts", "_functions", "name")

    def __init__(self, name: str, rows: Mapping[str, Row]) -> None:
        self.name = name
        self._amounts: dict[tuple[str, int], tuple[int, ...]] = {}
        self._functions = {
            function: CostFunction(runtime=row) if isinstance(row, Shape) else row
            for function, row in rows.items()
        }

    def __getitem__(self, name: str) -> CostFunction:
        return self._functions[name]

    def amounts(self, name: str, n: int) -> tuple[int, ...]:
        """What `name` costs for `n`, in the order of `Cost`; the runtime alone where it is all."""
        amounts = self._amounts.get((name, n))
        if amounts is None:
            amounts = tuple(self._functions[name].evaluate(n))
            if not any(amounts[1:]):
                amounts = amounts[:1]
            if len(self._amounts) < _MAX_AMOUNTS:
                self._amounts[name, n] = amounts
        return amounts

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


# Tables by the names of the network's contracts, each in a module that is imported when an epoch
# wants it.
_MODULES: dict[str, str] = {
    "costs": "costs_1",
    "costs-2": "costs_2",
    "costs-2-testnet": "costs_2_testnet",
    "costs-3": "costs_3",
    "costs-4": "costs_4",
    "costs-5": "costs_5",
    "costs-5-draft": "costs_5_draft",
}

# By the epoch of the chain, whatever the epoch that a contract was deployed in
# (`default_cost_contract_for_epoch`).
_TABLE_OF_EPOCH: dict[Epoch, str] = {
    Epoch.EPOCH_2_0: "costs",
    Epoch.EPOCH_2_05: "costs-2",
    Epoch.EPOCH_2_1: "costs-3",
    Epoch.EPOCH_2_2: "costs-3",
    Epoch.EPOCH_2_3: "costs-3",
    Epoch.EPOCH_2_4: "costs-3",
    Epoch.EPOCH_2_5: "costs-3",
    Epoch.EPOCH_3_0: "costs-3",
    Epoch.EPOCH_3_1: "costs-3",
    Epoch.EPOCH_3_2: "costs-3",
    Epoch.EPOCH_3_3: "costs-4",
    Epoch.EPOCH_3_4: "costs-4",
    Epoch.EPOCH_4_0: "costs-5",
}


# What test networks, and so the reference interpreter, have in another form.
_OFF_MAINNET: dict[str, str] = {"costs-2": "costs-2-testnet", "costs-5": "costs-5-draft"}


def cost_table(epoch: Epoch, *, mainnet: bool = False) -> CostTable:
    """The costs in force in `epoch`, on the main network or off it (the reference interpreter)."""
    name = _TABLE_OF_EPOCH[epoch]
    return _table(name if mainnet else _OFF_MAINNET.get(name, name))


@cache
def _table(name: str) -> CostTable:
    return CostTable(name, import_module(f"compiler.costs.{_MODULES[name]}").ROWS)
