"""How much native stack is left is asked of the system; where that can't tell, there is room."""

from __future__ import annotations

import sys
import threading

import pytest

from runtime.engine import stack

OUTSIDE = stack.Bounds(0, 0)


def test_the_stack_of_this_thread_is_known() -> None:
    bounds = stack._bounds()
    assert bounds.top - bounds.bottom > 1 << 16
    middle = (bounds.bottom + bounds.top) // 2
    assert stack.has_room(middle, 1 << 12)
    assert not stack.has_room(bounds.bottom + (1 << 12), 1 << 13)


def test_an_address_of_no_known_stack_has_room() -> None:
    assert stack.has_room(stack._bounds().top + (1 << 30), 1 << 40)


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_where_another_system_cannot_be_asked_there_is_room(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(stack, "_known", threading.local())
    assert stack._bounds() == OUTSIDE
    assert stack.has_room(1 << 20, 1 << 40)
