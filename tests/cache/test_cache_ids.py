"""Digests and keys: two types that never mix, and one description with two renderings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache import ActionKey, Digest, KeySink, action_key, key_text

FIELDS = st.one_of(
    st.text(max_size=8),
    st.integers(),
    st.binary(max_size=8),
    st.binary(min_size=32, max_size=32).map(Digest),
    st.binary(min_size=32, max_size=32).map(ActionKey),
)
LINES = st.lists(st.tuples(st.text(max_size=6), st.lists(FIELDS, max_size=3)), max_size=3)


def describe(lines):
    def write(sink: KeySink) -> None:
        for label, fields in lines:
            sink.line(label, *fields)

    return write


def test_a_digest_is_blake3_under_the_content_context():
    # `printf x | b3sum --derive-key "clarbuild v1 content"`
    expected = "e1e26795339e72ad07fab2dda7133b5700b0d38febee7147bc74c3d8974b0582"
    assert Digest.of(b"x").hex == expected
    assert Digest.from_hex(expected) == Digest.of(b"x")


def test_ids_of_two_types_are_never_equal():
    raw = bytes(32)
    assert Digest(raw) == Digest(raw)
    assert Digest(raw) != ActionKey(raw)
    assert len({Digest(raw), ActionKey(raw)}) == 2


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33), bytearray(32), "0" * 32])
def test_an_id_is_exactly_32_bytes(bad):
    with pytest.raises(ValueError, match="32 bytes"):
        Digest(bad)


def test_a_key_and_its_text_come_from_one_description():
    source = Digest.of(b"(define-data-var x int 1)")

    def write(sink: KeySink) -> None:
        sink.line("compile", 1)
        sink.line("clarity", "2", "epoch", "2.1")
        sink.line("source", source)
        sink.line("needs", ".token", b"\x01\xff")

    assert key_text(write) == (
        f'compile 1\nclarity "2" epoch "2.1"\nsource blake3:{source.hex}\nneeds .token 0x01ff\n'
    )
    assert action_key(write) == action_key(write)


def test_a_key_is_what_it_was():
    """A changed encoding would make every cache in the world useless: raise the format instead."""
    key = action_key(describe([("a", ["b", 1, b"\x02", Digest(bytes(32)), ActionKey(bytes(32))])]))
    assert key.hex == "911337d821ba8d49bc5c6227aca4af0c64686b38095c67cb940f7fbd193d27aa"


@given(LINES, LINES)
def test_different_descriptions_have_different_keys_and_texts(one, other):
    same = one == other
    assert (action_key(describe(one)) == action_key(describe(other))) == same
    assert (key_text(describe(one)) == key_text(describe(other))) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("ab", ["c"])], [("a", ["bc"])]),
        ([("a", ["b", "c"])], [("a", ["bc"])]),
        ([("a", ["1"])], [("a", [1])]),
        ([("a", [b"1"])], [("a", ["1"])]),
        ([("a", [bytes(32)])], [("a", [Digest(bytes(32))])]),
        ([("a", [ActionKey(bytes(32))])], [("a", [Digest(bytes(32))])]),
        ([("a", []), ("b", [])], [("a", ["b"])]),
        ([("a", ["x\nb"])], [("a", ["x"]), ("b", [])]),
    ],
)
def test_fields_do_not_run_together(one, other):
    assert action_key(describe(one)) != action_key(describe(other))
    assert key_text(describe(one)) != key_text(describe(other))
