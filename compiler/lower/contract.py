"""A whole contract to a module: definitions, functions, and the export that deploys it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from compiler import abi
from compiler.check.typed import TypedContract, TypedFunction
from compiler.contracts import SELF
from compiler.costs.memory import MemoryBound, add_up
from compiler.costs.ranges import CostRange, total
from compiler.description import FunctionEntry
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of, slots_of
from compiler.lower import held as h
from compiler.lower.calls import lower_function, parameter_slots
from compiler.lower.depth import check_depth
from compiler.lower.function import FunctionLowering
from compiler.lower.module import ModuleLowering, UserFunction
from compiler.lower.type_steps import type_steps
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode, Node
from compiler.type_sizes import type_size
from compiler.types import UINT, Type
from compiler.values import Principal
from compiler.wasm.functions import FuncRef
from compiler.wasm.valtypes import ValType
from compiler.words.effects import EFFECTS
from compiler.words.names import is_reserved

_FUNCTIONS = {"define-public", "define-read-only", "define-private"}
_CALLS = frozenset({"contract-call?"})


def lower_contract(module: ModuleLowering) -> None:
    """Emit everything of the contract into the module's builder, and complete its description."""
    typed = module.typed
    _number(module, typed)
    mentions = _mentions(typed)
    effects = _reaching(mentions, EFFECTS)
    calls_out = sorted(_reaching(mentions, _CALLS))[: abi.MAX_ACTIVE_FUNCTIONS]
    places = {name: place for place, name in enumerate(calls_out)}
    forms: list[FuncRef] = []
    costs: list[CostRange] = []
    memory: list[tuple[MemoryBound, int]] = []
    used: set[str] = set()
    for index, node in enumerate(typed.ast.top_level):
        if module.places is not None:
            module.places.begin(node.id)
        form = _Form(module, index)
        keyword = _definition(node)
        if keyword is not None:
            form.check_names(keyword, node, used)
        if keyword in _FUNCTIONS:
            assert isinstance(node, ListNode)
            name = _head_name(node)
            if name in module.functions:
                # Its names were not legal: nothing runs after this form.
                forms.append(form.finish())
                continue
            _declare_function(module, typed.functions[name], effects, places.get(name))
            # In order of definition, so that what a function calls is known when it is called.
            lower_function(module, module.functions[name], typed.functions[name])
            module.function_entries[name] = replace(
                module.function_entries[name],
                costs=module.cost_ranges[name],
                memory=module.memory_bounds[name],
            )
            form.charge_function(node)
        elif keyword is None:
            form.expression(node)
        else:
            assert isinstance(node, ListNode)
            form.define(keyword, node.children[1:])
        forms.append(form.finish())
        costs.append(form.fn.meter.ranges.range())
        memory.append((form.fn.memory.bound(), form.fn.memory.level))
    module.description.deploy_costs = total(costs)
    module.description.deploy_memory = add_up(memory)
    _deploy(module, forms)


def _number(module: ModuleLowering, typed: TypedContract) -> None:
    description = module.description
    for name, type_ in typed.data_vars.items():
        module.variable_ids[name] = len(description.variables)
        description.variables.append((name, type_))
    for name, (key, value) in typed.maps.items():
        module.map_ids[name] = len(description.maps)
        description.maps.append((name, key, value))
    for name in sorted(typed.fungible_tokens):
        module.ft_ids[name] = len(description.fungible_tokens)
        description.fungible_tokens.append(name)
    for name, type_ in typed.non_fungible_tokens.items():
        module.nft_ids[name] = len(description.non_fungible_tokens)
        description.non_fungible_tokens.append((name, type_))


def _definition(node: Node) -> str | None:
    """The `define-…` word of a top-level form, `None` for an expression."""
    if isinstance(node, ListNode) and node.children:
        head = node.children[0]
        if isinstance(head, AtomNode) and (
            head.name.startswith("define-") or head.name in ("use-trait", "impl-trait")
        ):
            return head.name
    return None


def _head_name(node: ListNode) -> str:
    """The name in `(define-… (name …) …)`."""
    signature = node.children[1]
    if isinstance(signature, ListNode) and isinstance(signature.children[0], AtomNode):
        return signature.children[0].name
    raise CompilerBug(f"node {node.id} defines a function without a name")


def _declare_function(
    module: ModuleLowering, typed: TypedFunction, effects: frozenset[str], calls_out: int | None
) -> None:
    parameters = tuple(type_ for _, type_ in typed.signature.args)
    result = typed.signature.returns
    ref = module.builder.function(
        typed.name,
        parameter_slots(parameters),
        tuple(ValType(wasm) for wasm in slots_of(result)),
        export=abi.FUNCTION_PREFIX + typed.name,
    )
    module.functions[typed.name] = UserFunction(
        typed.name, typed.kind, parameters, result, ref, typed.name in effects, calls_out
    )
    module.function_entries[typed.name] = FunctionEntry(typed.kind, typed.signature.args, result)


def _mentions(typed: TypedContract) -> dict[str, set[str]]:
    """The names that stand in each function's body."""
    mentions: dict[str, set[str]] = {}
    for name, function in typed.functions.items():
        names: set[str] = set()
        stack: list[Node] = [function.body]
        while stack:
            node = stack.pop()
            if isinstance(node, ListNode):
                stack.extend(node.children)
            elif isinstance(node, AtomNode):
                names.add(node.name)
        mentions[name] = names
    return mentions


def _reaching(mentions: dict[str, set[str]], words: frozenset[str]) -> frozenset[str]:
    """The functions that may come to one of `words`, themselves or through others."""
    found = {name for name, names in mentions.items() if names & words}
    grown = True
    while grown:
        more = {name for name, names in mentions.items() if name not in found and names & found}
        found |= more
        grown = bool(more)
    return frozenset(found)


class _Form:
    """The function that evaluates one top-level form."""

    def __init__(self, module: ModuleLowering, index: int) -> None:
        self.module = module
        self.ref = module.builder.function(f"form:{index}", (), ())
        self.fn = FunctionLowering(module, module.builder.code(self.ref), None)

    def finish(self) -> FuncRef:
        """Close the function."""
        self.fn.meter.flush()
        # The forms that follow begin with what this one holds until the deployment ends: constants.
        self.fn.memory.publish()
        self.fn.code.finish()
        return self.ref

    def check_names(self, keyword: str, node: Node, used: set[str]) -> None:
        """Defining a name twice ends the deployment, and so does a parameter of a used name.

        The checker sees to it, but for parameters that are words, and for read-only functions,
        whose names it forgets.
        """
        if keyword in ("use-trait", "impl-trait") or not isinstance(node, ListNode):
            return
        defined = node.children[1]
        names: list[str] = []
        if isinstance(defined, AtomNode):
            names.append(defined.name)
        elif isinstance(defined, ListNode):
            names.append(_name(defined.children[0]))
            names += [_name(p.children[0]) for p in defined.children[1:] if isinstance(p, ListNode)]
        version = self.module.version
        if any(name in used or is_reserved(name, version) for name in names):
            self.fn.abort(abi.Abort.NAME_ALREADY_USED)
        used.update(names[:1])

    def charge_function(self, node: ListNode) -> None:
        """What defining a function costs: its parameters' types, and the name."""
        signature = node.children[1]
        assert isinstance(signature, ListNode)
        for parameter in signature.children[1:]:
            assert isinstance(parameter, ListNode)
            self._types(parameter.children[1])
        self.fn.charge("cost_bind_name")

    def expression(self, node: Node) -> None:
        """Evaluate; the value is the deployment's result until another takes its place."""
        fn = self.fn
        check_depth(fn, node)
        type_ = fn.lower(node)
        block = fn.alloc(max(layout_of(type_).slot_size, 1))
        h.store_slots(fn.code, block, 0, type_)
        fn.code.i32_const(0).local_get(block).i32_store(abi.DEPLOY_RESULT)
        fn.module.description.deploy_result = type_

    def define(self, keyword: str, parts: Sequence[Node]) -> None:
        """A definition that isn't a function's."""
        match keyword:
            case "define-constant":
                self._constant(_name(parts[0]), parts[1])
            case "define-data-var":
                self._variable(_name(parts[0]), parts[1], parts[2])
            case "define-map":
                self._map(_name(parts[0]), parts[1], parts[2])
            case "define-fungible-token":
                self._fungible(_name(parts[0]), parts[1] if len(parts) > 1 else None)
            case "define-non-fungible-token":
                self._non_fungible(_name(parts[0]), parts[1])
            case "define-trait":
                self._trait(parts[1])
            case "use-trait" | "impl-trait":
                pass
            case _:
                raise CompilerBug(f"no definition {keyword}")

    def _types(self, node: Node) -> None:
        for _ in range(type_steps(node)):
            self.fn.charge("cost_type_parse_step")

    def _constant(self, name: str, node: Node) -> None:
        module = self.module
        fn = self.fn
        if isinstance(node, LiteralNode) and not (
            isinstance(node.value, Principal) and node.value.value == SELF
        ):
            type_ = module.typed.own_type(node)
            module.literal_constants[name] = (type_, node.value)
            fn.charge("cost_bind_name")
            fn.memory.hold_amount(self._declared(type_))
        else:
            check_depth(fn, node)
            type_ = fn.lower(node)
            value = fn.hold(type_)
            address = module.constant_room(name, type_)
            pointer = fn.local_i32()
            fn.code.i32_const(address).local_set(pointer)
            fn.push(value)
            h.store_slots(fn.code, pointer, 0, type_)
            fn.charge("cost_bind_name")
            fn.memory.hold(value)

    def _variable(self, name: str, type_node: Node, value: Node) -> None:
        fn = self.fn
        type_ = self.module.typed.data_vars[name]
        self._types(type_node)
        check_depth(fn, value)
        own = fn.lower(value)
        held = fn.hold(own)
        fn.push(held)
        fn.convert(own, type_, admitted=True)
        self.module.generated.serialize_stack(fn, type_)
        pointer, length = fn.local_i32(), fn.local_i32()
        fn.code.local_set(length).local_set(pointer)
        fn.charge("cost_create_var", self._declared(type_))
        fn.memory.keep_amount(type_size(type_))
        fn.memory.keep(held)
        fn.code.i32_const(self.module.variable_ids[name])
        fn.code.local_get(pointer).local_get(length)
        fn.host("define_var")

    def _map(self, name: str, key_node: Node, value_node: Node) -> None:
        fn = self.fn
        key, value = self.module.typed.maps[name]
        self._types(key_node)
        self._types(value_node)
        fn.charge("cost_create_map", self._declared(key) + self._declared(value))
        fn.memory.keep_amount(type_size(key))
        fn.memory.keep_amount(type_size(value))
        fn.code.i32_const(abi.Define.MAP).i32_const(self.module.map_ids[name])
        fn.host("define")

    def _fungible(self, name: str, supply: Node | None) -> None:
        fn = self.fn
        held = None
        if supply is not None:
            held = fn.lower_held(supply, borrow=True)
        fn.charge("cost_create_ft")
        fn.memory.keep_amount(type_size(UINT))
        fn.code.i32_const(self.module.ft_ids[name]).i32_const(int(held is not None))
        if held is None:
            fn.code.i64_const(0).i64_const(0)
        else:
            fn.push(held)
        fn.host("define_ft")

    def _non_fungible(self, name: str, type_node: Node) -> None:
        fn = self.fn
        self._types(type_node)
        type_ = self.module.typed.non_fungible_tokens[name]
        fn.charge("cost_create_nft", self._declared(type_))
        fn.memory.keep_amount(type_size(type_))
        fn.code.i32_const(abi.Define.NFT).i32_const(self.module.nft_ids[name])
        fn.host("define")

    def _trait(self, methods: Node) -> None:
        assert isinstance(methods, ListNode)
        for method in methods.children:
            assert isinstance(method, ListNode)
            arguments = method.children[1]
            assert isinstance(arguments, ListNode)
            for argument in arguments.children:
                self._types(argument)
            self._types(method.children[2])

    def _declared(self, type_: Type) -> int:
        return self.module.generated.declared_size(type_)


def _name(node: Node) -> str:
    if isinstance(node, AtomNode):
        return node.name
    raise CompilerBug(f"node {node.id} is not a name")


def _deploy(module: ModuleLowering, forms: list[FuncRef]) -> None:
    ref = module.builder.function("deploy", (), (), export=abi.DEPLOY_EXPORT)
    code = module.builder.code(ref)
    code.i32_const(0).i32_const(0).i32_store(abi.DEPLOY_RESULT)
    for form in forms:
        code.call(form)
    code.finish()
