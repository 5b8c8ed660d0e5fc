"""The interpreter's answers as receipts, schedules, metrics: what needs no interpreter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler.versions import Epoch
from runtime.crosscheck.pair import comparable
from runtime.engines import Metrics, Schedule, ScheduleError
from runtime.engines.answers import event_of, receipt_of
from runtime.events import Event, rendered

TESTS = Path(__file__).parents[2]
LOCK = {
    "type": "stx_lock_event",
    "contract_identifier": "SP000000000000000000002Q6VF78.pox-4",
    "locked_address": "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM",
    "locked_amount": "125000000000",
    "unlock_height": "4200",
}


def recorded():
    for path in sorted(TESTS.rglob("*.receipts.jsonl")):
        for line in path.read_text().splitlines():
            yield json.loads(line)


def test_all_recorded_receipts_are_the_same_after_having_been_ours():
    kinds, count = set(), 0
    for row in recorded():
        if "ok" not in row or row.get("error", {}).get("kind") in ("panic", "timeout"):
            continue
        wanted = {key: value for key, value in row.items() if key not in ("line", "volatile")}
        assert receipt_of(wanted).to_json() == wanted
        kinds |= {event["type"] for event in wanted.get("events", ())}
        count += 1
    assert count > 1_000
    assert {"print_event", "ft_mint_event", "nft_transfer_event", "stx_transfer_event"} <= kinds


def test_values_are_compared_by_their_consensus_bytes():
    # Fields of a tuple in the order of the network, not in that of stacks.js.
    data = "0x0c00000002014103016203"
    answer = {"ok": True, "result": data, "events": [], "cost": dict.fromkeys(COSTS, 7)}
    assert comparable(receipt_of(answer)) == answer


COSTS = ("runtime", "read_count", "read_length", "write_count", "write_length")


@pytest.mark.parametrize(
    "row",
    [
        LOCK,
        {"type": "stx_transfer_event", "amount": "5", "memo": "", "recipient": "a", "sender": "b"},
        {"type": "stx_burn_event", "amount": "5", "sender": "b"},
        {"type": "stx_mint_event", "amount": "5", "recipient": "b"},
        {"type": "nft_mint_event", "asset_identifier": "a", "raw_value": "0x03", "recipient": "b"},
    ],
)
def test_events_of_all_kinds_come_back(row):
    event = event_of(row)
    assert isinstance(event, Event)
    assert rendered(event) == row


def test_a_schedule_says_what_begins_where():
    schedule = Schedule.parse(["10=2.1", "20=3.0"], activation=15)
    assert [schedule.epoch_at(height) for height in (0, 9, 10, 19, 20, 99)] == [
        None,
        None,
        Epoch.EPOCH_2_1,
        Epoch.EPOCH_2_1,
        Epoch.EPOCH_3_0,
        Epoch.EPOCH_3_0,
    ]
    assert [schedule.is_active(height) for height in (0, 14, 15, 99)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["x=2.1"], "want HEIGHT=EPOCH, got 'x=2.1'"),
        (["5"], "'5': "),
        (["5=9.9"], "'5=9.9': "),
        (["-1=2.1"], "want HEIGHT=EPOCH"),
        (["5=2.1", "5=2.2"], "epoch 2.2 at burn height 5 does not come after epoch 2.1 at 5"),
        (["5=2.2", "6=2.1"], "does not come after"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(rows, reason):
    with pytest.raises(ScheduleError) as caught:
        Schedule.parse(rows)
    assert reason in str(caught.value)
    with pytest.raises(ScheduleError):
        Schedule(activation=-1)


def test_metrics_as_lines_of_openmetrics():
    metrics = Metrics(compared=3, fallbacks=1)
    metrics.transactions.update({"wasm": 2, "reference": 1})
    metrics.differences["value"] = 1
    lines = [*metrics.openmetrics()]
    assert 'clarbuild_engine_transactions_total{engine="wasm"} 2' in lines
    assert "clarbuild_engine_compared_total 3" in lines
    assert 'clarbuild_engine_differences_total{kind="value"} 1' in lines
    assert sum(line.startswith("# TYPE") for line in lines) == 5
