"""What a session remembers between transactions is invisible: with and without, all receipts are
the same, whatever comes in between."""

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.values import Buffer, Int, Principal, UInt
from runtime.chain import Chain
from runtime.simnet import DEPLOYER, WALLET_1

FIRST = f"{DEPLOYER}.first"
SECOND = f"{DEPLOYER}.second"

SOURCE = """
(define-data-var total uint u0)
(define-map seen principal {at: uint, by: principal})
(define-fungible-token coin)
(define-read-only (peek (who principal))
  {total: (var-get total), seen: (map-get? seen who), at: stacks-block-height, me: tx-sender})
(define-read-only (digest (data (buff 40))) (sha256 data))
(define-read-only (divide (a int) (b int)) (/ a b))
(define-public (add (n uint))
  (begin
    (print {add: n, by: contract-caller})
    (var-set total (+ (var-get total) n))
    (map-set seen tx-sender {at: stacks-block-height, by: contract-caller})
    (asserts! (< (var-get total) u100) (err (var-get total)))
    (ok (var-get total))))
(define-public (pay (n uint) (to principal))
  (begin (try! (ft-mint? coin n tx-sender)) (ft-transfer? coin n tx-sender to)))
(define-public (burn (n uint)) (stx-burn? n tx-sender))
(define-public (supply) (ok stx-liquid-supply))
"""
CALLER = """
(define-public (twice (n uint))
  (begin (try! (contract-call? .first add n)) (as-contract (contract-call? .first add n))))
(define-read-only (look) (contract-call? .first peek tx-sender))
"""

amounts = st.integers(0, 60).map(UInt)
people = st.sampled_from([DEPLOYER, WALLET_1])
calls = st.one_of(
    st.tuples(st.just("read"), st.just(FIRST), st.just("peek"), st.tuples(people.map(Principal))),
    st.tuples(
        st.just("read"),
        st.just(FIRST),
        st.just("digest"),
        st.tuples(st.binary(max_size=45).map(Buffer)),
    ),
    st.tuples(
        st.just("read"),
        st.just(FIRST),
        st.just("divide"),
        st.tuples(*[st.integers(-2, 2).map(Int)] * 2),
    ),
    st.tuples(st.just("call"), st.just(FIRST), st.just("add"), st.tuples(amounts)),
    st.tuples(st.just("call"), st.just(FIRST), st.just("add"), st.just((Int(1),))),
    st.tuples(
        st.just("call"), st.just(FIRST), st.just("pay"), st.tuples(amounts, people.map(Principal))
    ),
    st.tuples(st.just("call"), st.just(FIRST), st.just("burn"), st.tuples(amounts)),
    st.tuples(st.just("call"), st.just(FIRST), st.just("supply"), st.just(())),
    st.tuples(st.just("call"), st.just(SECOND), st.just("twice"), st.tuples(amounts)),
    st.tuples(st.just("read"), st.just(SECOND), st.just("look"), st.just(())),
    st.tuples(st.just("call"), st.just(SECOND), st.just("missing"), st.just(())),
)
steps = st.one_of(
    st.tuples(calls, people),
    st.sampled_from(["mine", "burn block", "epoch", "snapshot", "revert", "mint"]),
)


class Player:
    """Plays steps on a chain of one isolation."""

    def __init__(self, isolation):
        self.chain = Chain(isolation=isolation, genesis_time=1_000_000)
        self.chain.advance_epoch("3.0")
        for contract, source in ((FIRST, SOURCE), (SECOND, CALLER)):
            assert self.chain.deploy(contract, source, 3).ok
        self.place = self.chain.snapshot()
        self.epochs = iter(["3.1", "3.3", "3.4", "4.0"])

    def play(self, step):
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
                return run(contract, function, list(arguments), sender).to_json()
        return None


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25))
def test_reused_and_fresh_instances_agree(played):
    reused, fresh = Player("reuse"), Player("fresh")
    for step in played:
        assert reused.play(step) == fresh.play(step)
