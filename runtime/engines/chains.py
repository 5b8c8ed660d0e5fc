"""Makes chains for engines, and holds what they share: the interpreter, a watchdog, metrics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from runtime.boot import BootContracts
from runtime.chain import Chain
from runtime.engines.discrepancy import Discrepancy
from runtime.engines.ledger_chain import LedgerChain
from runtime.engines.metrics import Metrics
from runtime.engines.schedule import Schedule
from runtime.engines.watchdog import Watchdog
from runtime.reference import ReferenceVM

EngineName = Literal["wasm", "reference", "both"]


class EngineChains:
    """Makes chains that share one interpreter, one at a time; close it in the end.

    `make_chain` makes our VM's chain with a genesis time; `None` where they are opened elsewhere.
    With `reports`, each difference is written to a folder there. `tell` is told of each; `stop`
    makes the chain end with it. `seconds` is how long our VM may take for a transaction that both
    run, `boot` what the chains have of the network's own contracts. A `reference` that is lent, with
    the same genesis time, stays open.
    """

    def __init__(
        self,
        make_chain: Callable[[int], Chain] | None,
        *,
        engine: EngineName = "both",
        schedule: Schedule | None = None,
        reports: Path | None = None,
        stop: bool = False,
        tell: Callable[[Discrepancy], None] | None = None,
        seconds: float = 60.0,
        genesis_time: int,
        boot: BootContracts | None = None,
        metrics: Metrics | None = None,
        reference: ReferenceVM | None = None,
    ) -> None:
        self.engine = engine
        self.schedule = schedule or Schedule()
        self.reports = reports
        self.stop = stop
        self.tell = tell
        self.metrics = metrics or Metrics()
        self.genesis_time = genesis_time
        self._boot = boot
        self._make_chain = make_chain
        self._seconds = seconds
        self._lent = reference
        self._open: tuple[ReferenceVM, Watchdog | None] | None = None

    def chain(self) -> LedgerChain:
        """A new chain; the one before can't be used any more."""
        assert self._make_chain is not None  # or `over` is the way
        chain = self._make_chain(self.genesis_time)
        if self._needs_reference(chain):
            if self._open is None:
                reference = self._lent or ReferenceVM(genesis_time=self.genesis_time)
                self._open = reference, Watchdog(chain.engine, self._seconds)
            if self._open[0].count:
                self._open[0].reset()
        return LedgerChain(chain, self)

    def over(self, chain: Chain, *, set_aside: bool = False) -> LedgerChain:
        """The chain that was opened elsewhere, with this genesis time; `set_aside` is whether the
        interpreter answered already. Nobody watches how long our VM takes."""
        if self._needs_reference(chain) or set_aside:
            self._open = self._lent or ReferenceVM(genesis_time=self.genesis_time), None
        return LedgerChain(chain, self, set_aside=set_aside)

    def _needs_reference(self, chain: Chain) -> bool:
        return self.engine != "wasm" or not self.schedule.is_active(chain.burn_block_height)

    @property
    def reference(self) -> ReferenceVM | None:
        """The interpreter, where it runs."""
        return None if self._open is None else self._open[0]

    @property
    def watchdog(self) -> Watchdog | None:
        """What stops our VM where that runs beside the interpreter."""
        return None if self._open is None else self._open[1]

    def boot_sources(self, chain: Chain) -> dict[str, str]:
        """The sources of the network's own contracts that a chain has used."""
        boot = self._boot
        if boot is None:
            return {}
        found = ((identifier, boot.source(identifier)) for identifier in chain.contracts)
        return {identifier: source for identifier, source in found if source is not None}

    def let_go(self) -> None:
        """End the interpreter."""
        if self._open is not None:
            reference, watchdog = self._open
            self._open = None
            if watchdog is not None:
                watchdog.close()
            if reference is not self._lent:
                reference.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
