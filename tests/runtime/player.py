"""Plays steps on a chain, and keeps the receipts: two players of the same steps must agree."""

from __future__ import annotations

from runtime.chain import Chain
from runtime.simnet import WALLET_1


class Player:
    """A chain of one isolation with contracts on it."""

    def __init__(self, isolation, contracts, state=None):
        self.chain = Chain(isolation=isolation, genesis_time=1_000_000, state=state)
        self.chain.advance_epoch("3.0")
        self.receipts = []
        for contract, source in contracts:
            receipt = self.chain.deploy(contract, source, 3)
            assert receipt.ok
            self.receipts.append(receipt.to_json())
        self.place = self.chain.snapshot()
        self.epochs = iter(["3.1", "3.3", "3.4", "4.0"])

    def play(self, step):
        """Take a step: what the chain shall do, or a call and its sender."""
        chain = self.chain
        match step:
            case "mine":
                chain.mine()
            case "burn block":
                chain.mine_burn()
            case "epoch":
                epoch = next(self.epochs, None)
                if epoch is not None:
                    chain.advance_epoch(epoch)
            case "mint":
                chain.mint(WALLET_1, 5)
            case "snapshot":
                self.place = chain.snapshot()
            case "revert":
                chain.revert(self.place)
            case ((kind, contract, function, arguments), sender):
                run = chain.read if kind == "read" else chain.call
                self.receipts.append(run(contract, function, list(arguments), sender).to_json())
            case _:
                raise AssertionError(f"no step {step}")


def check_agreement(direct, isolation, contracts, played):
    """The steps come to the same where effects are deferred and where each is done at once; `direct`
    is the fixture of that name."""
    direct.clear()
    deferring, other = Player(isolation, contracts), Player("fresh", contracts)
    direct.append(other.chain.host.tx)
    for step in played:
        deferring.play(step)
        other.play(step)
    assert deferring.receipts == other.receipts
    # Every write, with what it replaced, in its order.
    assert list(deferring.chain.state._log) == list(other.chain.state._log)
