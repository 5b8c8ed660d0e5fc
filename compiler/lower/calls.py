"""Calls of the contract's own functions, and the functions themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.abi import ACTIVE_FUNCTIONS, RUNTIME, Abort
from compiler.layout import DATA, layout_of, passes_by_memory
from compiler.lower import held as h
from compiler.lower.casts import cast
from compiler.lower.convert import same_layout
from compiler.lower.depth import check_depth, enter_calls, leave_calls
from compiler.lower.function import FunctionLowering, HeldNode
from compiler.lower.held import Held
from compiler.lower.trait_arguments import becomes_traits, push_count
from compiler.lower.typed.bounds import size_bounds
from compiler.syntax.ast import AtomNode, ListNode
from compiler.type_sizes import PRINCIPAL_SIZE, TRAIT_SIZE
from compiler.types import (
    CallableTraitType,
    NoType,
    Type,
)
from compiler.versions import ClarityVersion
from compiler.wasm.code import Code
from compiler.wasm.functions import FuncRef, Local
from compiler.wasm.valtypes import I32, ValType

if TYPE_CHECKING:
    from compiler.check.typed import TypedFunction
    from compiler.lower.module import ModuleLowering, UserFunction
    from compiler.syntax.ast import Node


def call_user_function(
    fn: FunctionLowering, function: UserFunction, arguments: Sequence[Node | HeldNode]
) -> Type:
    """Evaluate the arguments and call; the type of the result."""
    if len(arguments) != len(function.parameters):
        # The checker lets it pass; what was evaluated before is undone anyway.
        fn.abort(Abort.INCORRECT_ARGUMENT_COUNT)
        return function.result
    discount = _Discount(fn, function, arguments)
    with fn.memory.arguments(arguments) as given:
        if inlines(fn.module, function):
            _inline(fn, function, given, discount)
        else:
            # Around a loop that applies it, the level was entered once for all (`fold` and kin).
            in_loop = any(isinstance(argument, HeldNode) for argument in arguments)
            _call(fn, function, given, discount, in_loop=in_loop)
    discount.grant()
    return function.result


def _call(
    fn: FunctionLowering,
    function: UserFunction,
    arguments: Sequence[Node | HeldNode],
    discount: _Discount,
    *,
    in_loop: bool,
) -> None:
    by_memory = passes_by_memory(function.parameters)
    block: Local | None = None
    if by_memory:
        block = fn.alloc(sum(layout_of(p).slot_size for p in function.parameters))
    offset = 0
    for place, (argument, parameter) in enumerate(zip(arguments, function.parameters, strict=True)):
        fn.lower_as(argument, parameter)
        discount.look_at_stack(place, parameter)
        if block is not None:
            h.store_slots(fn.code, block, offset, parameter)
            offset += layout_of(parameter).slot_size
    if block is not None:
        fn.code.local_get(block)
        fn.code.release(block)
    if not in_loop:
        enter_calls(fn)
    fn.call(_callee(fn.module, function))
    fn.meter.add(fn.module.cost_ranges[function.name])
    fn.memory.call(fn.module.memory_bounds[function.name])
    if not in_loop:
        leave_calls(fn)


class _Discount:
    """Takes back what was charged too much for contracts that became traits as arguments.

    An argument is charged by its size as it is passed, and a trait is larger than a principal.
    """

    __slots__ = ("_alone", "_fn", "_within")

    def __init__(
        self, fn: FunctionLowering, function: UserFunction, arguments: Sequence[Node | HeldNode]
    ) -> None:
        module = fn.module
        self._fn = fn
        # Arguments that are such contracts, and those that hold some, of which there is a count.
        self._alone = 0
        self._within: tuple[dict[int, Type], Local] | None = None
        if not module.metering or not module.epoch.charges_argument_size:
            return
        if module.version < ClarityVersion.CLARITY_2:
            return
        types: dict[int, Type] = {}
        for place, (argument, parameter) in enumerate(
            zip(arguments, function.parameters, strict=True)
        ):
            if isinstance(argument, HeldNode):
                own = argument.held.type
            else:
                own = module.typed.own_type(argument)
            if not becomes_traits(own, parameter):
                continue
            if isinstance(parameter, CallableTraitType):
                self._alone += 1
            else:
                types[place] = own
        if types:
            count = fn.local_i32()
            fn.code.i32_const(0).local_set(count)
            self._within = (types, count)

    def look_at(self, place: int, value: Held) -> None:
        """Count the contracts in an argument."""
        if self._within is None or place not in self._within[0]:
            return
        fn, (types, count) = self._fn, self._within
        push_count(fn, value, types[place])
        fn.code.local_get(count).i32_add().local_set(count)

    def look_at_stack(self, place: int, parameter: Type) -> None:
        """The same with the argument on the stack, where it stays."""
        if self._within is None or place not in self._within[0]:
            return
        value = self._fn.hold(parameter)
        self.look_at(place, value)
        self._fn.push(value)
        self._fn.release(value)

    def grant(self) -> None:
        """Take it back, after the call."""
        if not self._alone and self._within is None:
            return
        fn, code = self._fn, self._fn.code
        shape = fn.module.costs["cost_inner_type_check_cost"].runtime
        each = shape.evaluate(TRAIT_SIZE) - shape.evaluate(PRINCIPAL_SIZE)
        fn.meter.flush()
        code.i32_const(0).i32_const(0).i64_load(RUNTIME)
        code.i64_const(self._alone)
        if self._within is not None:
            count = self._within[1]
            code.local_get(count).i64_extend_i32_u().i64_add()
            code.release(count)
        code.i64_const(each).i64_mul().i64_sub().i64_store(RUNTIME)


# Bodies of more nodes than this are called. Inlined ones may inline in turn.
_MAX_INLINED_NODES = 48
_MAX_INLINED_TOTAL = 400


def inlines(module: ModuleLowering, function: UserFunction) -> bool:
    """Whether calls of a private function are replaced by its body."""
    if not module.inlining or function.kind != "private" or passes_by_memory(function.parameters):
        return False
    if function.calls_out is not None:
        return False
    typed = module.typed.functions[function.name]
    own, whole = _body_size(module, typed.body)
    return own <= _MAX_INLINED_NODES and whole <= _MAX_INLINED_TOTAL


def _body_size(module: ModuleLowering, body: Node) -> tuple[int, int]:
    """The nodes of a body: written there, and with those of the private functions that it names."""
    own = whole = 0
    stack = [body]
    while stack:
        node = stack.pop()
        own += 1
        whole += 1
        if isinstance(node, ListNode):
            stack.extend(node.children)
        elif isinstance(node, AtomNode):
            named = module.typed.functions.get(node.name)
            if named is not None and named.kind == "private":
                whole += module.inlined_size(named.name, lambda b: _body_size(module, b)[1])
    return own, whole


def _inline(
    fn: FunctionLowering,
    function: UserFunction,
    arguments: Sequence[Node | HeldNode],
    discount: _Discount,
) -> Type:
    """Evaluate the arguments, then the body where the call stands."""
    module = fn.module
    typed = module.typed.functions[function.name]
    in_loop = any(isinstance(argument, HeldNode) for argument in arguments)
    values: list[Held] = []
    fresh: list[Held] = []
    for place, (argument, parameter) in enumerate(zip(arguments, function.parameters, strict=True)):
        value = _argument(fn, argument, parameter)
        discount.look_at(place, value)
        values.append(value)
        if not (isinstance(argument, HeldNode) and value.locals is argument.held.locals):
            fresh.append(value)
    outer = (fn.scope, fn.depth, fn.result, fn.cleanups, fn.exit, fn.level, fn.checked_level)
    fn.scope = dict(zip((name for name, _ in typed.signature.args), values, strict=True))
    fn.depth = 0
    fn.result = function.result
    fn.cleanups = []
    if in_loop:
        # The loop has told the host where it is (`enter_calls`).
        fn.level = 0
        fn.checked_level = -1
    _enter(fn, values)
    check_depth(fn, typed.body)
    if typed.early is None:
        fn.exit = None
        fn.convert(fn.lower(typed.body), function.result)
    else:
        fn.meter.flush()
        fn.meter.ranges.enter()
        slots = tuple(ValType(wasm) for wasm in layout_of(function.result).slots)
        with fn.code.block(slots) as label:
            fn.exit = label
            fn.convert(fn.lower(typed.body), function.result)
            fn.meter.flush()
        fn.meter.ranges.entered()
    fn.scope, fn.depth, fn.result, fn.cleanups, fn.exit, fn.level, fn.checked_level = outer
    fn.release(*fresh)
    return function.result


def _argument(fn: FunctionLowering, argument: Node | HeldNode, parameter: Type) -> Held:
    """The value of an argument of an inlined function, in locals that may be cast."""
    layout = layout_of(parameter)
    if (
        isinstance(argument, HeldNode)
        and same_layout(argument.held.type, parameter)
        and all(slot.kind == DATA for slot in layout.natural)
    ):
        return Held(parameter, layout, argument.held.locals)
    fn.lower_as(argument, parameter)
    return fn.hold(parameter)


def _enter(fn: FunctionLowering, values: Sequence[Held]) -> None:
    """What the interpreter does with arguments before a body: charges, checks, casts."""
    fn.charge("cost_user_function_application", len(values))
    by_argument = fn.module.epoch.charges_argument_size
    casts = fn.module.version >= ClarityVersion.CLARITY_2
    for value in values:
        _charge_parameter(fn, value, by_argument=by_argument)
        if casts:
            cast(fn, value)


def _callee(module: ModuleLowering, function: UserFunction) -> FuncRef:
    """What a call from inside the contract calls.

    A public or read-only function is a transaction of its own: what it did is undone if it
    answers with an error (`execute_function_as_transaction`), and what a read-only one printed
    is always dropped. Where there can't be anything to undo, the function is called as it is.
    """
    if function.kind == "private" or not function.effects:
        return function.ref
    known = module.transactions.get(function.name)
    if known is not None:
        return known
    ref = function.ref
    wrapper = module.builder.function(f"transaction:{function.name}", ref.params, ref.results)
    module.transactions[function.name] = wrapper
    code = module.builder.code(wrapper)
    read_only = function.kind == "read-only"
    code.i32_const(int(read_only)).call(module.host("begin"))
    code.locals_get(code.params)
    code.call(ref)
    result = h.hold(code, function.result)
    if read_only or isinstance(function.result, NoType):
        code.i32_const(0)
    else:
        h.push_slot(code, result, 0)
    code.call(module.host("end"))
    h.push(code, result)
    code.finish()
    return wrapper


def parameter_slots(parameters: tuple[Type, ...]) -> tuple[ValType, ...]:
    """The Wasm parameters of a function with these parameters."""
    if passes_by_memory(parameters):
        return (I32,)
    return tuple(ValType(wasm) for p in parameters for wasm in layout_of(p).slots)


def lower_function(module: ModuleLowering, function: UserFunction, typed: TypedFunction) -> None:
    """Build the body of a user function: prologue, charges, body."""
    code = module.builder.code(function.ref)
    fn = FunctionLowering(module, code, function.result)
    names = [name for name, _ in typed.signature.args]
    values = _parameters(code, fn, function.parameters)
    fn.meter.check(module.host("abort"))
    _refuse_reentry(fn, function)
    _enter(fn, values)
    for name, value in zip(names, values, strict=True):
        fn.scope[name] = value
        if value.locals:
            code.name_local(value.locals[0], name)
    check_depth(fn, typed.body)
    own = fn.lower(typed.body)
    fn.convert(own, function.result)
    fn.meter.flush()
    for cleanup in fn.cleanups:
        cleanup()
    module.cost_ranges[function.name] = fn.meter.ranges.range()
    module.memory_bounds[function.name] = fn.memory.bound()
    code.finish()


def _refuse_reentry(fn: FunctionLowering, function: UserFunction) -> None:
    """End the transaction if the function is running already: a contract that it called came back.

    The interpreter looks at every function; only those that call out can be met again.
    """
    if function.calls_out is None:
        return
    code = fn.code
    place, bit = divmod(function.calls_out, 32)
    address = ACTIVE_FUNCTIONS + 4 * place
    mask = (1 << bit) - (1 << 32 if bit == 31 else 0)
    code.i32_const(0).i32_load(address).i32_const(mask).i32_and()
    fn.abort_if(Abort.CIRCULAR_REFERENCE)
    code.i32_const(0).i32_const(0).i32_load(address).i32_const(mask).i32_or().i32_store(address)

    def leave() -> None:
        code.i32_const(0).i32_const(0).i32_load(address)
        code.i32_const(~mask).i32_and().i32_store(address)

    fn.cleanups.append(leave)


def _parameters(code: Code, fn: FunctionLowering, parameters: tuple[Type, ...]) -> list[Held]:
    if passes_by_memory(parameters):
        values = []
        offset = 0
        for parameter in parameters:
            h.load_slots(code, code.params[0], offset, parameter)
            values.append(fn.hold(parameter))
            offset += layout_of(parameter).slot_size
        return values
    values = []
    at = 0
    for parameter in parameters:
        layout = layout_of(parameter)
        count = len(layout.slots)
        values.append(Held(parameter, layout, code.params[at : at + count]))
        at += count
    return values


def _charge_parameter(fn: FunctionLowering, value: Held, *, by_argument: bool) -> None:
    """The interpreter checks each argument against its parameter's type, at this cost."""
    generated = fn.module.generated
    if not by_argument:
        fn.charge("cost_inner_type_check_cost", generated.declared_size(value.type))
        return
    size = generated.static_size(value.type)
    if size is not None:
        fn.charge("cost_inner_type_check_cost", size)
    elif fn.module.metering:
        fn.push(value)
        generated.push_size(fn, value.type)
        fn.code.i64_extend_i32_u()
        fn.charge_stack("cost_inner_type_check_cost", size_bounds(value.type))
