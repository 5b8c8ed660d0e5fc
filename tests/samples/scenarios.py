"""What happens in the sample projects' recorded receipts: every function, every error path.

Arguments are written in Clarity. `python tests/samples/record.py` turns this into transaction logs
and asks the reference VM for the receipts that are committed beside it.
"""

from __future__ import annotations

DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
ALICE = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
BOB = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"

A, B, D = f"'{ALICE}", f"'{BOB}", f"'{DEPLOYER}"

# (kind, contract, function, arguments, sender); "mine" has the number of blocks instead.
Step = tuple[str, str, str, list[str], str]


def call(contract: str, function: str, *arguments: str, sender: str = DEPLOYER) -> Step:
    return ("call", contract, function, list(arguments), sender)


def read(contract: str, function: str, *arguments: str, sender: str = DEPLOYER) -> Step:
    return ("read", contract, function, list(arguments), sender)


def mine(blocks: int) -> Step:
    return ("mine", "", str(blocks), [], "")


SCENARIOS: dict[str, list[Step]] = {
    "counter": [
        read("counter", "get-total"),
        call("counter", "increment"),
        call("counter", "add", "u41"),
        call("counter", "add", "u1001"),
        call("counter", "add", "u340282366920938463463374607431768211455"),
        call("counter", "decrement", sender=ALICE),
        call("counter", "increment", sender=ALICE),
        call("counter", "decrement", sender=ALICE),
        read("counter", "get-count", D),
        mine(3),
        read("counter", "get-summary", A),
        call("counter", "reset", sender=ALICE),
        call("counter", "reset"),
        read("counter", "get-summary", D),
        call("counter", "decrement"),
        call("counter", "no-such-function"),
        call("counter", "add"),
        call("counter", "add", "1"),
    ],
    "token": [
        read("token", "get-name"),
        read("token", "get-symbol"),
        read("token", "get-decimals"),
        read("token", "get-token-uri"),
        call("token", "mint", "u1000000", D),
        call("token", "mint", "u5", A, sender=ALICE),
        call("token", "mint", "u0", A),
        call("token", "mint", "u1000000000000", A),
        call("token", "transfer", "u10", D, A, "none"),
        call("token", "transfer", "u10", D, A, "(some 0x68656c6c6f)"),
        call("token", "transfer", "u10", A, D, "none"),
        call("token", "transfer", "u0", D, A, "none"),
        call("token", "transfer", "u5", D, D, "none"),
        call("token", "transfer", "u99999999999", D, A, "none"),
        call(
            "token",
            "pay-many",
            f"(list {{to: {A}, amount: u3}} {{to: {B}, amount: u4}} {{to: {D}.token, amount: u5}})",
        ),
        call("token", "pay-many", f"(list {{to: {A}, amount: u3}} {{to: {D}, amount: u4}})"),
        call(
            "token", "pay-many", f"(list {{to: {A}, amount: u3}} {{to: {B}, amount: u999999999}})"
        ),
        call("token", "pay-many", "(list)"),
        read("token", "get-balance", A),
        read("token", "get-balance", B),
        call("token", "burn", "u1", sender=BOB),
        call("token", "burn", "u100", sender=BOB),
        call("token", "burn", "u0", sender=BOB),
        call("token", "set-token-uri", '(some u"https://example.com/\\u{1F4B0}")'),
        call("token", "set-token-uri", "none", sender=ALICE),
        read("token", "get-token-uri"),
        call("token", "set-owner", A),
        call("token", "set-owner", A),
        call("token", "mint", "u7", B, sender=ALICE),
        read("token", "get-total-supply"),
    ],
    "marketplace": [
        call("collection", "mint"),
        call("collection", "mint"),
        call("collection", "mint", sender=ALICE),
        read("collection", "get-last-token-id"),
        read("collection", "get-owner", "u1"),
        read("collection", "get-owner", "u9"),
        read("collection", "get-token-uri", "u2"),
        read("collection", "get-token-uri", "u77"),
        call("collection", "transfer", "u1", D, A, sender=ALICE),
        call("collection", "transfer", "u9", D, A),
        call("collection", "burn", "u3"),
        call("collection", "burn", "u9"),
        call("market", "list-piece", f"{D}.collection", "u1", "u0"),
        call("market", "list-piece", f"{D}.collection", "u1", "u1000000"),
        call("market", "list-piece", f"{D}.collection", "u1", "u5"),
        call("market", "list-piece", f"{D}.collection", "u3", "u5"),
        read("market", "get-listing", f"{D}.collection", "u1"),
        read("market", "get-listing", f"{D}.collection", "u2"),
        call("market", "buy", f"{D}.collection", "u1", "none"),
        call("market", "buy", f"{D}.collection", "u2", "none", sender=ALICE),
        call("market", "buy", f"{D}.collection", "u1", "none", sender=BOB),
        call("market", "buy", f"{D}.collection", "u1", f"(some {D}.collection)", sender=ALICE),
        read("collection", "get-last-price", "u1"),
        read("collection", "get-owner", "u1"),
        call("market", "list-many", "(list u2)", "u40"),
        call("market", "unlist-piece", f"{D}.collection", "u2", sender=ALICE),
        call("market", "unlist-piece", f"{D}.collection", "u1"),
        call("market", "buy", f"{D}.collection", "u2", f"(some {D}.market)", sender=ALICE),
        call("market", "unlist-piece", f"{D}.collection", "u2"),
        call("market", "list-many", "(list u2 u3)", "u40"),
        read("collection", "get-owner", "u2"),
        call("market", "list-many", "(list u1 u3)", "u39", sender=ALICE),
        call("market", "buy", f"{D}.collection", "u3", "none"),
        read("market", "get-fee", "u39"),
        call("collection", "on-sale", "u1", "u2", A),
        call("market", "list-piece", f"{D}.nft-trait", "u1", "u5"),
        call("market", "list-piece", f"{D}.missing", "u1", "u5"),
        call("collection", "burn", "u3"),
    ],
    "vault": [
        call(
            "vault",
            "lock",
            "u1000",
            "u5",
            f"(list {{who: {A}, weight: u1}} {{who: {B}, weight: u3}} {{who: {D}, weight: u0}})",
            '(some u"for later \\u{2713}")',
        ),
        call("vault", "lock", "u0", "u5", f"(list {{who: {A}, weight: u1}})", "none"),
        call("vault", "lock", "u5", "u5", f"(list {{who: {A}, weight: u0}})", "none"),
        call("vault", "lock", "u5", "u5", "(list)", "none"),
        read("vault", "get-vault", "u1"),
        read("vault", "get-vault", "u2"),
        read("vault", "get-ids", D),
        read("vault", "get-beneficiaries", "u1"),
        read("vault", "get-beneficiaries", "u5"),
        call("vault", "release", "u1"),
        call("vault", "release", "u7"),
        call("vault", "set-share", "u1", "u0", D, "u2"),
        call("vault", "set-share", "u1", "u5", D, "u2"),
        call("vault", "set-share", "u1", "u0", D, "u0"),
        call("vault", "set-share", "u1", "u0", D, "u2", sender=ALICE),
        call("vault", "set-share", "u4", "u0", D, "u2"),
        mine(10),
        call("vault", "release", "u1", sender=ALICE),
        call("vault", "release", "u1"),
        call("vault", "set-paused", "true", sender=ALICE),
        call("vault", "set-paused", "true"),
        call("vault", "lock", "u5", "u5", f"(list {{who: {A}, weight: u1}})", "none"),
        call("vault", "set-paused", "false"),
        *[
            call("vault", "lock", f"u{n}", "u0", f"(list {{who: {A}, weight: u{n}}})", "none")
            for n in range(2, 9)
        ],
        read("vault", "get-recent"),
        call("vault", "lock", "u999999999999999", "u0", f"(list {{who: {A}, weight: u1}})", "none"),
        call("vault", "release", "u5", sender=BOB),
        read("vault", "get-ids", D),
    ],
}
