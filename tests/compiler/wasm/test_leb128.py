"""LEB128 has the encodings worked out by hand here, and reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.wasm import leb128


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (2, "02"), (127, "7f"), (128, "8001"), (129, "8101"), (624485, "e58e26"),
     (4095, "ff1f"), (4096, "8020"), (0xFFFFFFFF, "ffffffff0f")],
)  # fmt: skip
def test_unsigned(value: int, encoded: str) -> None:
    assert leb128.unsigned(value).hex() == encoded


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (2, "02"), (-2, "7e"), (127, "ff00"), (-127, "817f"), (128, "8001"),
     (-128, "807f"), (-123456, "c0bb78"), (63, "3f"), (64, "c000"), (-64, "40"), (-65, "bf7f"),
     (-(1 << 63), "8080808080808080807f")],
)  # fmt: skip
def test_signed(value: int, encoded: str) -> None:
    assert leb128.signed(value).hex() == encoded


@given(st.integers(-(1 << 63), (1 << 64) - 1))
def test_reads_back(value: int) -> None:
    encoded = leb128.signed(value)
    assert leb128.read_signed(b"\xff" + encoded, 1) == (value, len(encoded) + 1)
    if value >= 0:
        encoded = leb128.unsigned(value)
        assert leb128.read_unsigned(b"\xff" + encoded, 1) == (value, len(encoded) + 1)


@given(st.integers(0, (1 << 20) - 1))
def test_padded_has_its_length_and_value_in_both_readings(value: int) -> None:
    encoded = leb128.padded(value, 3)
    assert leb128.read_unsigned(encoded, 0) == (value, 3)
    assert leb128.read_signed(encoded, 0) == (value, 3)
