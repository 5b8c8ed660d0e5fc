"""Functions as a sender's transactions enter them again: all that stays the same is prepared once.

A prepared function holds the whole context of its transactions but for the moment (heights, supply),
the code that brings arguments in and the result out, and what the other layers are to be told of.
It gives up, and leaves the call to the long way, where it can't tell at a glance that it may go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from compiler.values import Ok, Value
from runtime.accounts import SUPPLY_KEY
from runtime.codecs import Mismatch
from runtime.effects import take, write_head
from runtime.engine import GuestTrap
from runtime.errors import check
from runtime.events import Emitted
from runtime.instance import (
    CONTEXT,
    COSTS,
    COSTS_AT,
    HEAP,
    MAX_KEPT_MEMORY,
    MOMENT_AT,
    MOMENT_END,
    STACKS_HEIGHT,
    STACKS_TIME,
    Export,
    Guest,
)
from runtime.receipts import Receipt

if TYPE_CHECKING:
    from runtime.session import Session

_UNKNOWN: Final[Any] = object()
WHOLE: Final = slice(0, CONTEXT.stop)


class Prepared(Protocol):
    """A function, prepared for one sender."""

    def __call__(self, values: Sequence[object], typed: bool = False) -> Receipt | None:
        """Call it, with a block mined first for a public one; `None`: nothing was done.

        `typed`: the caller knows that the values are of the parameters' types.
        """


def prepared(
    session: Session,
    guest: Guest,
    export: Export,
    mine: Callable[[], None],
    failed: Callable[[Exception, Sequence[object]], Receipt],
) -> Prepared:
    """Prepares a function for transactions whose context is the guest's.

    `failed` undoes a transaction that ended with an error, and tells of it.
    """
    host, limits = session.host, session.limits
    blocks, epoch, metered = host.blocks, host.epoch, session.metered
    context, word = guest.context, guest.word
    # The context but for the moment, with what lets the guest defer effects in a generation.
    whole, generation = bytearray(context[WHOLE]), 0
    most_runtime, most_reads, most_read, most_writes, most_written = limits
    costs = COSTS.unpack_from
    load, answer, run = export.load, export.answer, export.run
    read_only, nests, counted = export.read_only, guest.calls_others, bool(export.growths)
    # Whether only the heights change from call to call, as long as the liquid supply doesn't.
    alone, long = not read_only and epoch.tip_burn_block, guest.long
    # What the moment in the context was made from.
    settled, seen, lasting = _UNKNOWN, _UNKNOWN, _UNKNOWN
    new = object.__new__

    def call(values: Sequence[object], typed: bool = False) -> Receipt | None:
        nonlocal generation, lasting, seen, settled
        if blocks.epoch is not epoch or session.metered is not metered:
            return None
        guest.used = True
        host.start_at_tip(session)
        tx = host.tx
        if tx.generation != generation:
            generation = tx.generation
            write_head(whole, generation, waits=not read_only)
        context[WHOLE] = whole
        try:
            if not load(values, guest, typed):
                # Nothing was done; the next attempt finds all as it was.
                tx.settle()
                return None
        except Exception:  # told of by the long way, which meets it again
            return None
        if not read_only:
            mine()
        supply = host.get(SUPPLY_KEY)
        if alone and supply is settled and blocks.lasting is lasting:
            long[STACKS_HEIGHT] = blocks.height
            long[STACKS_TIME] = blocks.time
        elif supply is not settled or blocks.view() is not seen:
            settled, seen = supply, blocks.view()
            lasting = blocks.lasting
            context[MOMENT_AT:MOMENT_END] = whole[MOMENT_AT:MOMENT_END] = host.moment()
        too_much = session.overcharged(guest.contract, export, values) if counted else 0
        # Nothing is written in a read-only transaction: it needs no mark to return to.
        if read_only:
            tx.read_only = True
        else:
            tx.open()
        host.guest = guest
        if nests:
            export.running = session.traced = True
            guest.active = 1
        try:
            try:
                run()
                if not read_only:
                    take(guest, tx)
                value: Value = answer(guest)
            except (GuestTrap, Mismatch) as error:
                raise session.fault(guest, error) from error
            spent = costs(context, COSTS_AT)
            if too_much:
                spent = (spent[0] - too_much, *spent[1:])
            runtime, reads, length_read, writes, length_written = spent
            if (
                runtime > most_runtime
                or reads > most_reads
                or length_read > most_read
                or writes > most_writes
                or length_written > most_written
            ):
                raise check("CostBalanceExceeded")
            events: Sequence[Emitted] = ()
            if read_only:
                pass
            elif value.__class__ is Ok:
                tx.close()
                # The next transaction begins another list.
                events = tx.events
            else:
                tx.roll_back()
            tx.settle()
        except Exception as error:
            return failed(error, values)
        except BaseException:  # an interrupt, say
            tx.unwind(0)
            raise
        finally:
            if nests:
                export.running = session.traced = False
                guest.active = 0
            host.guest = None  # type: ignore[assignment]
            if word[HEAP] > MAX_KEPT_MEMORY or guest.bloated:
                session.forget(guest.contract.id)
        # As `Receipt(…)`, in a third of the time.
        receipt = new(Receipt)
        receipt.value = value
        receipt.emitted = events
        receipt.spent = spent
        receipt.error = None
        return receipt

    return call
