"""The description holds: whatever it lets a client ask is answered as it says, and there is nothing
beside it. CLARBUILD_EXAMPLES is how often each endpoint is asked (`make rpc-check`: 300 times)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clarbuild.serve.app import application, routes
from clarbuild.serve.openapi import DESCRIPTION
from clarbuild.serve.server import opened
from clarbuild.serve.service import Service
from compiler.values import UInt
from compiler.versions import ClarityVersion, Epoch
from runtime.modules import CompileInMemory
from runtime.transactions import ContractCall, Deploy, serialize
from runtime.transactions.signing import address_of, sign

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis")
# What is of the described form may still be refused: addresses have checksums, values a length.
positive_data_acceptance = pytest.importorskip(
    "schemathesis.specs.openapi.checks"
).positive_data_acceptance

EXAMPLES = int(os.environ.get("CLARBUILD_EXAMPLES", "10"))
KEY = bytes([1]) * 32
ME = address_of(KEY)
THERE = {
    "address": ME,
    "name": "box",
    "address2": ME,
    "name2": "box",
    "item": "count",
    "principal": ME,
}
SOURCE = """
(define-constant LIMIT u5)
(define-data-var count uint u3)
(define-map names uint (buff 4))
(define-read-only (plus (n uint)) (+ n (var-get count)))
(define-public (set-count (n uint)) (ok (var-set count n)))
"""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with opened(
        None,
        CompileInMemory("debug"),
        epoch=Epoch.EPOCH_3_1,
        balances={ME: 10**12},
        profile="debug",
        genesis_time=1_700_000_000,
    ) as node:
        made = Service(node)
        deploy = Deploy("box", SOURCE, ClarityVersion.CLARITY_3)
        node.submit(serialize(sign(deploy, KEY, 0, 10_000)))
        call = ContractCall(f"{ME}.box", "set-count", (UInt(4),))
        node.submit(serialize(sign(call, KEY, 1, 10_000)))
        yield made
        made.close()


@pytest.fixture(scope="module")
def schema(service: Service) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", application(service))


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (path, method)
        for path, row in DESCRIPTION["paths"].items()
        for method in row
        # A stream that never ends has a test of its own.
        if path != "/v3/events"
    ],
)
def test_what_is_described_is_what_is_answered(schema: Any, path: str, method: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy(), is_there=st.booleans())
    def ask(case: Any, is_there: bool) -> None:
        if is_there and case.path_parameters:
            items = {"call": "plus", "call-read": "plus", "map_entry": "names", "entry": "names"}
            kind = next((items[part] for part in path.split("/") if part in items), "count")
            there = THERE | {"item": kind}
            case.path_parameters |= {
                name: there[name] for name in case.path_parameters if name in there
            }
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    ask()


def test_everything_is_described(service: Service) -> None:
    served = {
        (route.path.replace("{key:path}", "{key}"), method.lower())
        for route in routes(service)
        for method in route.methods or ()
        if method != "HEAD"
    }
    told = {(path, method) for path, row in DESCRIPTION["paths"].items() for method in row}
    assert told == served
