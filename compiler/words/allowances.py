"""Allowances: restrict-assets? and as-contract?, which undo a body that moves assets it may not.

The interpreter looks at what was moved also where the body ended with an error, which is then
forgotten if an allowance was violated. Only the host can catch an error, so a body is a function of
its own, run by the host function `protect`. It finds the variables that it uses in a block in
memory, and leaves there its value, or the one that its function is left with early:

    value of the body | value of an early return | variables, all in slot form
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from compiler import abi
from compiler.addresses import is_clarity_name
from compiler.costs.limits import AS_CONTRACT_MEMORY
from compiler.costs.memory import (
    ALLOWED_AMOUNT,
    ALLOWED_ASSETS,
    ALLOWED_TOKEN,
    MAX_CONTRACT_NAME,
    MAX_NAME,
)
from compiler.description import Site
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.convert import convert
from compiler.lower.depth import check_depth
from compiler.lower.function import FunctionLowering, HeldNode
from compiler.lower.held import Held
from compiler.lower.typed.bounds import size_bounds
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode
from compiler.types import BOOL, PRINCIPAL, UINT, ResponseType, StringAsciiType, Type
from compiler.values import StringAscii
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.contract_calls import become_contract, restore_sender, save_sender
from compiler.words.control import wasm_types
from compiler.words.element_types import entry_type, push_unit
from compiler.words.elements import element_size, element_type
from compiler.words.host_word import emit_host_word
from compiler.words.keywords import push_principal
from compiler.words.options import build
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.syntax.ast import Node
    from compiler.words.word import Argument

_STANDARD: Final = 5
"""The first byte of a standard principal."""
_CONTRACT_NAME: Final = 22
"""Where in a contract's bytes the length of its name is."""
_TOKEN_NAME: Final = StringAsciiType(128)
_AMOUNTS: Final = frozenset({"with-stx", "with-stacking", "with-staking"})
_TOKENS: Final = frozenset({"with-ft", "with-nft"})


class _Body(FunctionLowering):
    """A body being built: `block` is its parameter, `early` the offset of what leaves early.

    `leaves` tells whether anything does, as far as it is built.
    """

    __slots__ = ("block", "early", "leaves")

    def __init__(self, outer: FunctionLowering, name: str, early: int) -> None:
        module = outer.module
        ref = module.builder.function(name, (I32,), (I32,), export=name)
        super().__init__(module, module.builder.code(ref), outer.result)
        self.depth = outer.depth
        self.level = outer.level
        self.checked_level = outer.checked_level
        self.leaves = False
        self.block: Local = self.code.params[0]
        self.early = early

    def early_return(self, type_: Type, reason: abi.Abort) -> None:
        """Leave the value in the block and say so, unless what is left is an inlined function."""
        if self.result is None or self.exit is not None:
            super().early_return(type_, reason)
            return
        code = self.code
        convert(self, type_, self.result)
        self.leaves = True
        self.meter.leave()
        for cleanup in reversed(self.cleanups):
            cleanup()
        h.store_slots(code, self.block, self.early, self.result)
        code.i32_const(1).return_()


class _Arguments:
    """The arguments of a site: values that are evaluated one by one and handed over together."""

    __slots__ = ("_fn", "values")

    def __init__(self, fn: FunctionLowering) -> None:
        self._fn = fn
        self.values: list[Held] = []

    def add(self, argument: Argument, type_: Type | None = None, *, borrow: bool = False) -> Held:
        """Evaluate an argument, as one of `type_` if that is given."""
        own = self._fn.lower(argument, borrow=borrow)
        if type_ is not None:
            convert(self._fn, own, type_)
        return self.pop(own if type_ is None else type_)

    def pop(self, type_: Type) -> Held:
        """Take a value from the stack."""
        value = self._fn.hold(type_)
        self.values.append(value)
        return value

    def types(self) -> tuple[Type, ...]:
        """Their types, for the site."""
        return tuple(value.type for value in self.values)

    def store(self) -> Local:
        """A block with all of them in slot form."""
        return _stored(self._fn, self.values, 0)


def _stored(fn: FunctionLowering, values: Sequence[Held], offset: int) -> Local:
    """A new block with the values from `offset` on."""
    block = fn.alloc(max(1, offset + sum(value.layout.slot_size for value in values)))
    for value in values:
        fn.push(value)
        h.store_slots(fn.code, block, offset, value.type)
        offset += value.layout.slot_size
    return block


def _restrict_assets(fn: FunctionLowering, call: Call) -> Type:
    owner, listed, *body = call.arguments
    arguments = _Arguments(fn)
    arguments.add(owner, PRINCIPAL)
    allowances = _listed(listed)
    fn.charge("cost_restrict_assets", len(allowances))
    with fn.memory.scope(), fn.memory.kept() as kept:
        words = [_allowance(fn, node, arguments, kept) for node in allowances]
        saved = save_sender(fn)
        return _protect(fn, call, body, words=words, arguments=arguments, saved=saved)


def _as_contract(fn: FunctionLowering, call: Call) -> Type:
    listed, *body = call.arguments
    arguments = _Arguments(fn)
    push_principal(fn, abi.CURRENT_CONTRACT)
    arguments.pop(PRINCIPAL)
    allowances = _listed(listed)
    fn.charge("cost_as_contract_safe", len(allowances))
    with fn.memory.scope():
        words = [_allowance(fn, node, arguments, None) for node in allowances]
        fn.memory.hold_amount(AS_CONTRACT_MEMORY)
        saved = become_contract(fn)
        return _protect(fn, call, body, words=words, arguments=arguments, saved=saved)


def _listed(node: Argument) -> Sequence[Node]:
    if isinstance(node, ListNode):
        return node.children
    raise CompilerBug("allowances that are not a list")


def _allowance(fn: FunctionLowering, node: Node, arguments: _Arguments, kept: Local | None) -> str:
    """Evaluate an allowance's arguments and hold it; its word. It isn't charged for being looked up.

    `kept` is for `restrict-assets?`, which has an error of its own for what is too much to hold.
    """
    if not isinstance(node, ListNode) or not isinstance(node.children[0], AtomNode):
        raise CompilerBug("an allowance without a word")
    word = node.children[0].name
    given = node.children[1:]
    if word in _AMOUNTS:
        arguments.add(given[0], borrow=word == "with-stx")
        fn.memory.hold_amount(ALLOWED_AMOUNT, kept)
    elif word in _TOKENS:
        contract = arguments.add(given[0], PRINCIPAL)
        fn.code.local_get(contract.locals[0]).i32_load8_u().i32_const(_STANDARD).i32_eq()
        fn.abort_if(abi.Abort.EXPECTED_CONTRACT_PRINCIPAL_VALUE)
        token = arguments.add(given[1], _TOKEN_NAME)
        _check_name(fn, given[1], token)
        allowed = arguments.add(given[2])
        _hold_token(fn, contract, token, allowed if word == "with-nft" else None, kept)
    return word


def _hold_token(
    fn: FunctionLowering, contract: Held, token: Held, assets: Held | None, kept: Local | None
) -> None:
    """Hold an allowance for a token by its names, and for an NFT the identifiers in a list."""
    fixed = ALLOWED_TOKEN if assets is None else ALLOWED_ASSETS
    most = fixed + MAX_CONTRACT_NAME + MAX_NAME
    if assets is not None:
        most += 2 * size_bounds(assets.type)[1]
    if fn.module.counts_memory:
        code = fn.code
        code.i32_const(fixed)
        code.local_get(contract.locals[0]).i32_load8_u(_CONTRACT_NAME).i32_add()
        code.local_get(token.locals[1]).i32_add()
        if assets is not None:
            _push_sizes(fn, assets)
            code.i32_add()
        code.i64_extend_i32_u()
    fn.memory.hold_stack(most, kept)


def _push_sizes(fn: FunctionLowering, assets: Held) -> None:
    """Push the sum of the sizes of a list's entries."""
    code = fn.code
    entry = element_type(assets.type)
    at, left, total = fn.local_i32(), fn.local_i32(), fn.local_i32()
    own = entry_type(fn, assets)
    code.local_get(assets.locals[0]).local_set(at)
    code.local_get(assets.locals[1]).local_set(left)
    code.i32_const(0).local_set(total)
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        push_unit(fn, assets.type, at, own)
        fn.module.generated.push_size(fn, entry)
        code.local_get(total).i32_add().local_set(total)
        code.local_get(at).i32_const(element_size(assets.type)).i32_add().local_set(at)
        code.local_get(left).i32_const(1).i32_sub().local_set(left)
        code.br(again)
    code.local_get(total)
    code.release(at, left, total)
    if own is not None:
        own.release(fn)


def _check_name(fn: FunctionLowering, node: Node, name: Held) -> None:
    """Refuse what names no token, before the argument behind it; the host looks if no literal."""
    if isinstance(node, LiteralNode) and isinstance(node.value, StringAscii):
        if is_clarity_name(node.value.value):
            return
        fn.code.i32_const(1)
    else:
        fn.push(name)
        emit_host_word(fn, "token-name", [_TOKEN_NAME], BOOL)
        fn.code.i32_eqz()
    fn.abort_if(abi.Abort.BAD_TOKEN_NAME)


def _protect(
    fn: FunctionLowering,
    call: Call,
    body: Sequence[Argument],
    *,
    words: Sequence[str],
    arguments: _Arguments,
    saved: tuple[Local, ...],
) -> Type:
    """Run the body under its allowances and push the response; then the sender is as saved."""
    result = call.result
    if not isinstance(result, ResponseType):
        raise CompilerBug(f"{call.word}: the type of the result is not known")
    code = fn.code
    name = _body_name(fn)
    early = layout_of(result.ok).slot_size
    variables = early + (layout_of(fn.result).slot_size if fn.result is not None else 0)
    used = _used(fn, body)
    site = fn.module.site(
        Site(
            kind="word",
            name=call.word,
            arguments=arguments.types(),
            result=result,
            extra=" ".join([name, *words]),
        )
    )
    given = arguments.store()
    block = _stored(fn, [fn.scope[one] for one in used], variables)
    leaves = _lower_body(fn, name, body, used=used, result=result.ok, variables=variables)
    level = fn.local_i32()
    code.i32_const(0).i32_load(abi.CALL_DEPTH).local_set(level)
    code.i32_const(site).local_get(given).local_get(block)
    fn.host("protect")
    answer = code.local(I32)
    code.local_set(answer)
    # An error may have left these as they were where it arose.
    code.i32_const(0).local_get(level).i32_store(abi.CALL_DEPTH)
    restore_sender(fn, saved)
    if leaves and fn.result is not None:
        code.local_get(answer).i32_const(abi.PROTECT_LEFT).i32_eq()
        fn.meter.ranges.fork()
        with code.if_():
            h.load_slots(code, block, early, fn.result)
            fn.early_return(fn.result, abi.Abort.UNWRAP_FAILED_EARLY)
            fn.meter.forget()
        fn.meter.ranges.other()
        fn.meter.ranges.join()
    code.local_get(answer).i32_const(abi.PROTECT_DONE).i32_eq()
    with code.if_(wasm_types(result)):
        h.load_slots(code, block, 0, result.ok)
        build(fn, result, 1, result.ok)
        code.else_()
        code.local_get(answer).i64_extend_i32_u().i64_const(0)
        build(fn, result, 0, UINT, err=True)
    fn.release(*arguments.values)
    code.release(answer, level, block, given, *saved)
    return result


def _body_name(fn: FunctionLowering) -> str:
    """The name that the body is exported by: no other body of the module has it."""
    return f"body:{len(fn.module.description.sites)}"


def _used(fn: FunctionLowering, body: Sequence[Argument]) -> list[str]:
    """The variables in scope that the body mentions."""
    mentioned: set[str] = set()
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ListNode):
            pending.extend(node.children)
        elif isinstance(node, AtomNode):
            mentioned.add(node.name)
        elif isinstance(node, HeldNode):
            raise CompilerBug("a body that is a value already")
    return [name for name in fn.scope if name in mentioned]


def _lower_body(
    fn: FunctionLowering,
    name: str,
    expressions: Sequence[Argument],
    *,
    used: Sequence[str],
    result: Type,
    variables: int,
) -> bool:
    """Build the function that is the body; whether it may leave the one around it early."""
    body = _Body(fn, name, layout_of(result).slot_size)
    code = body.code
    for variable in used:
        type_ = fn.scope[variable].type
        h.load_slots(code, body.block, variables, type_)
        body.scope[variable] = body.hold(type_)
        variables += layout_of(type_).slot_size
    for index, expression in enumerate(expressions):
        check_depth(body, expression)
        type_ = body.lower(expression)
        if index + 1 < len(expressions):
            body.drop(type_)
        else:
            body.convert(type_, result)
    h.store_slots(code, body.block, 0, result)
    body.meter.flush()
    fn.meter.flush()
    fn.meter.ranges.inline(body.meter.ranges)
    fn.memory.call(body.memory.bound())
    code.i32_const(0)
    code.finish()
    return body.leaves


WORDS: tuple[Word, ...] = (
    Form("restrict-assets?", emit=_restrict_assets),
    Form("as-contract?", emit=_as_contract),
)
