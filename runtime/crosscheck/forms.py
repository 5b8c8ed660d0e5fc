"""Source as nested forms with their places: enough to take programs apart, not a parser.

Knows brackets, strings and comments; every source that lexes comes out whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>[\s,]+|;[^\n]*)|(?P<open>[({])|(?P<close>[)}])
    |(?P<atom>u?"(?:[^"\\]|\\.)*"|[^\s(){},;"]+|.)""",
    re.VERBOSE | re.DOTALL,
)


class Form:
    """An atom, or a bracketed form with its children; `start` and `end` are places in the text."""

    __slots__ = ("bracket", "children", "end", "start")

    def __init__(self, start: int, end: int, bracket: str = "") -> None:
        self.start = start
        self.end = end
        self.bracket = bracket
        self.children: list[Form] = []

    def all(self) -> Iterator[Form]:
        """This form and all within it, the outer before the inner."""
        waiting = [self]
        while waiting:
            form = waiting.pop()
            yield form
            waiting.extend(reversed(form.children))

    def text(self, source: str) -> str:
        """The form as it stands in the source."""
        return source[self.start : self.end]


def forms_of(source: str) -> list[Form]:
    """The top-level forms of a source; brackets left open end with the text."""
    root = Form(0, len(source), "root")
    stack = [root]
    for match in _TOKEN.finditer(source):
        kind, start, end = match.lastgroup, match.start(), match.end()
        if kind == "open":
            form = Form(start, len(source), match.group())
            stack[-1].children.append(form)
            stack.append(form)
        elif kind == "close":
            if len(stack) > 1:
                stack.pop().end = end
        elif kind == "atom":
            stack[-1].children.append(Form(start, end))
    return root.children


def replaced(source: str, form: Form, text: str) -> str:
    """The source with `text` where the form was."""
    return source[: form.start] + text + source[form.end :]
