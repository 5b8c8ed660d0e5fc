"""What calls and deployments may cost, known without running them: of code, of loading contracts,
and of the contracts called where it is known which they are.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from compiler.costs import Cost, cost_table
from compiler.costs.ranges import ZERO, CostRange
from compiler.description import ModuleDescription, Site
from compiler.versions import Epoch
from runtime.casts import TRAIT_GROWTH, most_traits, overcharge
from runtime.contracts import Contract
from runtime.pox.contracts import known_charges
from runtime.tracer import trace_charges

Deployed = tuple[Contract, ModuleDescription]


class Estimate(Struct, frozen=True):
    """The least and the most that a run costs which comes to its end.

    What is `open` (calls of contracts that are known only when they are made) comes on top of the
    most, without a bound but the block's limit.
    """

    least: Cost
    most: Cost
    open: tuple[str, ...] = ()

    @property
    def bounded(self) -> bool:
        """Whether nothing costs more than `most`."""
        return not self.open


def times(cost: Cost, count: int) -> Cost:
    """A cost that is charged `count` times."""
    return Cost(*(amount * count for amount in cost))


def minus(cost: Cost, less: Cost) -> Cost:
    """A cost without a part of it."""
    return Cost(*(amount - without for amount, without in zip(cost, less, strict=True)))


class StaticCosts:
    """The static costs of contracts that `find` knows by their identifiers, in one epoch.

    `traced`: as simnet charges (`runtime.tracer`), not as the network does.
    """

    def __init__(
        self, epoch: Epoch, find: Callable[[str], Deployed | None], *, traced: bool = True
    ) -> None:
        self._epoch = epoch
        self._find = find
        self._traced = traced
        self._table = cost_table(epoch)
        self._known: dict[tuple[str, str, bool], Estimate] = {}

    def call(self, contract: str, function: str) -> Estimate | None:
        """A call from outside; `None` where there is no such function."""
        return self._call(contract, function, traced=self._traced)

    def _call(self, contract: str, function: str, *, traced: bool) -> Estimate | None:
        key = (contract, function, traced)
        known = self._known.get(key)
        if known is None:
            found = self._find(contract)
            if found is None:
                return None
            deployed, description = found
            entry = description.functions.get(function)
            if entry is None:
                return None
            known = self._with_calls(
                deployed, description, entry.costs, self._load(deployed.size), traced=traced
            )
            # Code charges for traits, the chain for what is passed (`runtime.casts`).
            traits = sum(most_traits(type_) for _, type_ in entry.parameters)
            between = Cost(runtime=traits * TRAIT_GROWTH * overcharge(self._epoch))
            if deployed.version.casts_traits:
                known = replace(known, least=minus(known.least, between))
            else:
                known = replace(known, most=known.most + between)
            known = self._known[key] = self._settled(known, contract, function)
        return known

    def _settled(self, found: Estimate, contract: str, function: str) -> Estimate:
        """What the VM charges besides, after a call of a PoX contract."""
        charges, more = known_charges(contract, function, self._epoch)
        extra = ZERO
        for name, n in charges:
            extra += self._table[name].evaluate(n)
        telling = (f"the event of {contract.partition('.')[2]} {function}",) * more
        return Estimate(found.least + extra, found.most + extra, found.open + telling)

    def deploy(self, contract: str) -> Estimate | None:
        """The deployment of a contract; the tracer looks at calls only."""
        found = self._find(contract)
        if found is None:
            return None
        deployed, description = found
        return self._with_calls(deployed, description, description.deploy_costs, ZERO, traced=False)

    def _load(self, size: int) -> Cost:
        return self._table["cost_load_contract"].evaluate(size)

    def _with_calls(
        self,
        contract: Contract,
        description: ModuleDescription,
        own: CostRange,
        load: Cost,
        *,
        traced: bool,
    ) -> Estimate:
        least, most = load + own.least, load + own.most
        unknown: dict[str, None] = {}
        for call in own.calls:
            site = description.sites[call.site]
            extra = self._trace(site, contract) if traced else ZERO
            called = self._called(site, contract, traced=traced)
            least += times(extra + called.least, call.least)
            most += times(extra + called.most, call.most)
            if call.most:
                unknown |= dict.fromkeys(called.open)
        return Estimate(least, most, tuple(unknown))

    def _trace(self, site: Site, contract: Contract) -> Cost:
        kind, _, depth = site.extra.partition(" ")
        total = ZERO
        for name, n in trace_charges(
            kind, int(depth), contract.version, self._epoch, through_trait=site.trait is not None
        ):
            total += self._table[name].evaluate(n)
        return total

    def _called(self, site: Site, contract: Contract, *, traced: bool) -> Estimate:
        """What a call costs there; of a contract that isn't known, loading one of no size."""
        if site.contract is None or site.trait is not None:
            trait = "a contract" if site.trait is None else str(site.trait.name)
            return Estimate(self._load(0), self._load(0), (f"{site.name} of <{trait}>",))
        target = contract.identifier(site.contract)
        found = self._call(target, site.name, traced=traced)
        if found is None:
            return Estimate(self._load(0), self._load(0), (f"{target} {site.name}",))
        return found
