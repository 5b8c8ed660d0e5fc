"""The interpreter's limit on the depth of calls, which words and functions both count towards.

Every application that is being evaluated is a level; at 64 (128 from epoch 3.4) the next one ends
the transaction. How deep a stretch of code goes is known while compiling, how deep its function
was entered is known at run time (CALL_DEPTH in `compiler.abi`). So there is one check where a
function begins, for what it evaluates in any case, and one in each branch that goes deeper.

That is too early to tell what was done and charged before, which shows only where the error is
forgotten: in the body of an allowance that was violated. The host then runs the transaction again
by modules that count memory (`compiler.lower.memory`), and in these each application checks itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.lower.function import HeldNode
from compiler.syntax.ast import AtomNode, ListNode, Node

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

# Arguments that may not be evaluated, by word: the branches.
_BRANCHES: dict[str, tuple[int, ...]] = {
    "if": (2, 3),
    "asserts!": (2,),
}


def levels(node: Node | HeldNode, known: dict[int, int]) -> int:
    """How many applications deep `node` goes in any case; 0 for what is no application.

    `known` remembers the answers by node id.
    """
    if not isinstance(node, ListNode) or not node.children:
        return 0
    answer = known.get(node.id)
    if answer is None:
        answer = known[node.id] = _levels(node, known)
    return answer


def _levels(node: ListNode, known: dict[int, int]) -> int:
    head = node.children[0]
    name = head.name if isinstance(head, AtomNode) else ""
    children = node.children
    match name:
        case "let" if len(children) > 1 and isinstance(children[1], ListNode):
            bound = [b.children[1] for b in children[1].children if isinstance(b, ListNode)]
            inside: list[Node] = [*bound, *children[2:]]
        case "tuple":
            inside = [pair.children[1] for pair in children[1:] if isinstance(pair, ListNode)]
        case "and" | "or" | "match":
            inside = list(children[1:2])
        case "restrict-assets?" | "as-contract?":
            # Allowances are no applications, and the body checks its own depth.
            listed = 2 if name == "restrict-assets?" else 1
            inside = [*children[1:listed], *_allowed(children[listed])]
        case "fold" | "map" | "filter":
            return 1 + max(1, *(levels(child, known) for child in children[2:]))
        case _:
            branches = _BRANCHES.get(name, ())
            inside = [c for index, c in enumerate(children) if index and index not in branches]
    return 1 + max((levels(child, known) for child in inside), default=0)


def _allowed(listed: Node) -> list[Node]:
    """The arguments of all allowances in a list of them."""
    allowances = listed.children if isinstance(listed, ListNode) else ()
    return [c for one in allowances if isinstance(one, ListNode) for c in one.children[1:]]


def check_depth(fn: FunctionLowering, node: Node | HeldNode) -> int:
    """Check that `node`, which begins here, stays within the limit; the level checked before.

    Give that back to `fn.checked_level` where the branch ends.
    """
    before = fn.checked_level
    if fn.module.counts_memory:
        return before
    # The innermost application is entered with all around it active.
    deepest = fn.level + levels(node, fn.module.levels) - 1
    if deepest > before:
        fn.checked_level = deepest
        code = fn.code
        code.i32_const(0).i32_load(abi.CALL_DEPTH)
        if deepest:
            code.i32_const(deepest).i32_add()
        code.i32_const(0).i32_load(abi.MAX_CALL_DEPTH).i32_ge_u()
        fn.abort_if(abi.Abort.MAX_STACK_DEPTH)
    return before


def check_application(fn: FunctionLowering) -> None:
    """Check an application that begins here, in modules that count memory."""
    if fn.module.counts_memory:
        _check_now(fn, fn.level)


def check_applied(fn: FunctionLowering) -> None:
    """The same for a function that a word applies, after `enter_calls` with one `more`."""
    if fn.module.counts_memory:
        _check_now(fn, -1)


def _check_now(fn: FunctionLowering, level: int) -> None:
    fn.meter.flush()
    code = fn.code
    code.i32_const(0).i32_load(abi.CALL_DEPTH).i32_const(level).i32_add()
    code.i32_const(0).i32_load(abi.MAX_CALL_DEPTH).i32_ge_s()
    fn.abort_if(abi.Abort.MAX_STACK_DEPTH)


def enter_calls(fn: FunctionLowering, more: int = 0) -> None:
    """What is called from here on is entered inside the applications around it, and `more`.

    A word that applies a function is an application, and so is each time that it does.
    """
    _move(fn, fn.level + more)


def leave_calls(fn: FunctionLowering, more: int = 0) -> None:
    """Undo `enter_calls`."""
    _move(fn, -fn.level - more)


def _move(fn: FunctionLowering, by: int) -> None:
    if by:
        code = fn.code
        code.i32_const(0).i32_const(0).i32_load(abi.CALL_DEPTH)
        code.i32_const(by).i32_add().i32_store(abi.CALL_DEPTH)
