"""What tests of the runtime share."""

from __future__ import annotations

import pytest

from compiler import abi
from runtime import effects


@pytest.fixture(scope="module")
def direct():
    """Transactions in this list defer nothing and find nothing kept, of a chain whose instances are
    fresh: what is prepared to be called again doesn't ask."""
    transactions = []
    admit = effects.admit

    def admit_directly(guest, transaction):
        admit(guest, transaction)
        if transaction in transactions:
            guest.word[abi.RECORDED_END // 4] = abi.STATIC_DATA
            guest.long[abi.GENERATION // 8] = 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effects, "admit", admit_directly)
        yield transactions
