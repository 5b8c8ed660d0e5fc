"""What simnet takes for a snippet, and for a call."""

from __future__ import annotations

import pytest

from runtime.snippets import called, is_snippet


@pytest.mark.parametrize(
    ("source", "snippet", "call"),
    [
        ("(+ 1 2)", True, False),
        ("u5 ;; a comment (", True, False),
        ("(+ 1 2) (+ 3 4)", False, False),
        ("(define-data-var a int 0)", False, False),
        ("; c\n (contract-call? 'SP000000000000000000002Q6VF78.pox f)", True, True),
        ('(contract-call? .a f ")") 1', False, False),
        ("{a: 1}", True, False),
        ("", False, False),
    ],
)
def test_snippets(source, snippet, call):
    assert (is_snippet(source), called(source)) == (snippet, call)
