"""Receipts have the reference VM's form, to the order of tuples' fields."""

from __future__ import annotations

from compiler.values import Int, List, Ok, Tuple
from runtime.errors import Rejected, check
from runtime.events import Event, print_event, rendered
from runtime.receipts import Costs, Receipt, stacks_js_bytes


def test_fields_stand_in_the_order_of_javascript():
    value = Tuple({"B": Int(1), "a": Int(2), "a-b": Int(3), "a_b": Int(4), "A": Int(5)})
    names = [
        chunk
        for chunk in stacks_js_bytes(Ok(List([value]))).split(b"\x00")
        if chunk.strip(b"\x01\x02\x03\x04\x05")
    ]
    text = stacks_js_bytes(value)
    places = [text.index(bytes((len(n),)) + n) for n in (b"a", b"A", b"a_b", b"a-b", b"B")]
    assert names
    assert places == sorted(places)


def test_events_as_the_sdk_shows_them():
    assert rendered(print_event("SP1.a", b"\x03")) == {
        "type": "print_event",
        "contract_identifier": "SP1.a",
        "raw_value": "0x03",
        "topic": "print",
    }
    assert rendered(Event("stx_transfer_event", ("A", "B", 5, b"\x01"))) == {
        "type": "stx_transfer_event",
        "amount": "5",
        "memo": "01",
        "recipient": "B",
        "sender": "A",
    }
    assert rendered(Event("ft_mint_event", ("c::t", "", "B", 5))) == {
        "type": "ft_mint_event",
        "amount": "5",
        "asset_identifier": "c::t",
        "recipient": "B",
    }


def test_errors():
    assert Receipt(error=check("NoSuchContract")).to_json() == {
        "ok": False,
        "error": {"kind": "RuntimeCheck", "name": "NoSuchContract"},
    }
    assert len(Receipt(error=Rejected("x" * 900)).to_json()["error"]["message"]) == 300


def test_costs_are_named():
    receipt = Receipt(True, (), Costs(1, 2, 3, 4, 5)).to_json()
    assert receipt["cost"] == {
        "runtime": 1,
        "read_count": 2,
        "read_length": 3,
        "write_count": 4,
        "write_length": 5,
    }
