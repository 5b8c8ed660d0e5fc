"""The functions that a module has for types, each made when first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler import type_relations
from compiler.layout import KNOWN_EMPTY, layout_of, slots_of
from compiler.lower.held import Held
from compiler.lower.typed import equality, shapes
from compiler.lower.typed.joins import Join
from compiler.lower.typed.serialization import Serialization, fixed_size
from compiler.lower.typed.sizes import Sizes
from compiler.types import BoolType, IntType, ListType, Type, UIntType
from compiler.versions import ClarityVersion
from compiler.wasm.code import Code
from compiler.wasm.functions import FuncRef, Local
from compiler.wasm.valtypes import I32, ValType

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.lower.module import ModuleLowering


class TypedFunctions:
    """Asked for a type, each method gives a function, or pushes by calling it.

    In the functions' signatures a value stands for its slots.
    """

    def __init__(self, module: ModuleLowering) -> None:
        self.module = module
        self._functions: dict[tuple[str, str | Type], FuncRef] = {}
        self._shapes: dict[int, tuple[Type, str]] = {}
        self._sizes = Sizes(self)
        self._serialization = Serialization(self)

    # Sizes

    def static_size(self, type_: Type) -> int | None:
        """The interpreter's size of every value of `type_`, `None` where values differ."""
        return shapes.size(
            type_, traits_are_principals=self.module.version < ClarityVersion.CLARITY_2
        )

    def declared_size(self, type_: Type) -> int:
        """The interpreter's size of the type itself."""
        return type_relations.size(type_)

    def push_size(self, fn: FunctionLowering, type_: Type) -> None:
        """Pop a value, push its size (i32)."""
        known = self.static_size(type_)
        if known is not None:
            fn.drop(type_)
            fn.code.i32_const(known)
        else:
            fn.code.call(self.size(type_))

    def size(self, type_: Type) -> FuncRef:
        """(value) -> i32, the interpreter's size."""
        return self._value_function(
            "size", type_, (I32,), lambda code, held: self._sizes.value(code, held, 0, type_)
        )

    def vector(self, type_: ListType) -> FuncRef:
        """(list) -> i32, a pointer to its vector; entries have dimensions."""
        return self._value_function(
            "vector",
            type_,
            (I32,),
            lambda code, held: self._sizes.list_vector(code, held, type_),
        )

    def vector_size(self, type_: Type) -> FuncRef:
        """(vector) -> i32, the size that it gives the type."""
        return self._vector_function("vector_size", type_, self._sizes.vector)

    def vector_type_size(self, type_: Type) -> FuncRef:
        """(vector) -> i32, the `type_size` that it gives the type."""
        return self._vector_function("vector_type_size", type_, self._sizes.vector_type)

    def _vector_function(
        self, what: str, type_: Type, emit: Callable[[Code, Local, int, Type], None]
    ) -> FuncRef:
        def body(code: Code) -> None:
            emit(code, code.params[0], 0, type_)

        return self._function(what, type_, (I32,), (I32,), body)

    def write_vector(self, type_: Type) -> FuncRef:
        """(value, vector) writes the value's dimensions into a vector of zeros."""

        def body(code: Code) -> None:
            held = Held(type_, layout_of(type_), code.params[:-1])
            self._sizes.write(code, held, 0, type_, code.params[-1], 0)

        return self._function("write_vector", type_, (*_slots(type_), I32), (), body)

    def join_entry(self, type_: ListType) -> FuncRef:
        """(vector, dimensions) -> i32, joins those of an entry into a list's vector.

        1 if the entry lacks a field that those before it have.
        """

        def body(code: Code) -> None:
            lacking = code.local(I32)
            code.i32_const(0).local_set(lacking)
            join = Join(self.module, code, code.params[0], code.params[1], lacking)
            join.entry(type_)
            code.local_get(lacking)

        return self._function("join_entry", type_, (I32, I32), (I32,), body)

    def max_len(self, type_: ListType) -> FuncRef:
        """(list) -> i32, the maximal length of its own type."""

        def body(code: Code, held: Held) -> None:
            own = held.locals[2]
            if not layout_of(type_.entry).dimensions:
                code.local_get(own).i32_const(KNOWN_EMPTY - 1).i32_and()
                return
            code.local_get(own)
            with code.if_((I32,)):
                code.local_get(own).i32_load(0)
                code.else_()
                code.local_get(held.locals[1])

        return self._value_function("max_len", type_, (I32,), body)

    # Serialisation

    def push_serialized_size(self, fn: FunctionLowering, type_: Type) -> None:
        """Pop a value, push its serialised size (i32)."""
        known = fixed_size(type_)
        if known is not None:
            fn.drop(type_)
            fn.code.i32_const(known)
        else:
            fn.code.call(self.serialized_size(type_))

    def serialized_size(self, type_: Type) -> FuncRef:
        """(value) -> i32."""

        def body(code: Code, held: Held) -> None:
            if isinstance(type_, ListType) and fixed_size(type_.entry) is None:
                self._serialization.list_size(code, held, type_.entry)
            else:
                self._serialization.size(code, held, 0, type_)

        return self._value_function("serialized_size", type_, (I32,), body)

    def serializer(self, type_: Type) -> FuncRef:
        """(value, pointer) -> i32, writes the value there; the pointer behind it."""

        def body(code: Code) -> None:
            held = Held(type_, layout_of(type_), code.params[:-1])
            out = code.params[-1]
            if isinstance(type_, ListType):
                self._serialization.write_list(code, held, type_.entry, out)
            else:
                self._serialization.write(code, held, 0, type_, out)
            code.local_get(out)

        return self._function("serialize", type_, (*_slots(type_), I32), (I32,), body)

    def serialize_stack(self, fn: FunctionLowering, type_: Type) -> None:
        """Pop a value; push pointer and length of its bytes."""
        code = fn.code
        if self.is_serialized_in_place(type_):
            return
        held = fn.hold(type_)
        length = fn.local_i32()
        fn.push(held)
        self.push_serialized_size(fn, type_)
        code.local_tee(length)
        pointer = fn.alloc_dynamic()
        fn.push(held)
        code.local_get(pointer).call(self.serializer(type_)).drop()
        code.local_get(pointer).local_get(length)
        code.release(pointer, length)
        fn.release(held)

    def is_serialized_in_place(self, type_: Type) -> bool:
        """Whether a value already is a pointer to its bytes and their length, as principals are."""
        return shapes.shape_of(type_) in ("principal", "trait")

    def deserializer(self, type_: Type) -> FuncRef:
        """(pointer) -> value, pointer behind the bytes; the bytes are trusted."""

        def body(code: Code) -> None:
            at = code.params[0]
            if isinstance(type_, ListType):
                self._serialization.read_list(code, type_, at)
            else:
                self._serialization.read(code, type_, at)
            code.local_get(at)

        # Declared types are in the code, so lengths matter here.
        key: str | Type = type_ if layout_of(type_).dimensions else self._shape(type_)
        return self._function("deserialize", type_, (I32,), (*_slots(type_), I32), body, key)

    # Equality

    def equal(self, type_: Type) -> FuncRef:
        """(value, value) -> i32."""

        def body(code: Code) -> None:
            layout = layout_of(type_)
            count = len(layout.slots)
            a = Held(type_, layout, code.params[:count])
            b = Held(type_, layout, code.params[count:])
            if isinstance(type_, ListType):
                equality.list_equal(self, code, a, b, type_.entry)
            else:
                equality.push_equal(self, code, a, b, 0, type_)

        return self._function("equal", type_, _slots(type_) * 2, (I32,), body)

    def push_equal(self, fn: FunctionLowering, type_: Type) -> None:
        """Pop two values, push whether they are equal."""
        code = fn.code
        match type_:
            case BoolType():
                code.i32_eq()
            case IntType() | UIntType():
                b = fn.hold(type_)
                a = fn.hold(type_)
                equality.push_equal(self, code, a, b, 0, type_)
                fn.release(a, b)
            case _:
                code.call(self.equal(type_))

    # Making them

    def _shape(self, type_: Type) -> str:
        known = self._shapes.get(id(type_))
        if known is None or known[0] is not type_:
            known = self._shapes[id(type_)] = (type_, shapes.shape_of(type_))
        return known[1]

    def _value_function(
        self,
        what: str,
        type_: Type,
        results: tuple[ValType, ...],
        emit: Callable[[Code, Held], None],
    ) -> FuncRef:
        def body(code: Code) -> None:
            emit(code, Held(type_, layout_of(type_), code.params))

        return self._function(what, type_, _slots(type_), results, body)

    def _function(
        self,
        what: str,
        type_: Type,
        params: tuple[ValType, ...],
        results: tuple[ValType, ...],
        body: Callable[[Code], None],
        key: str | Type | None = None,
    ) -> FuncRef:
        shape = self._shape(type_)
        full_key = (what, shape if key is None else key)
        ref = self._functions.get(full_key)
        if ref is None:
            ref = self.module.builder.function(f"{what}:{shape}", params, results)
            self._functions[full_key] = ref
            code = self.module.builder.code(ref)
            body(code)
            code.finish()
        return ref


def _slots(type_: Type) -> tuple[ValType, ...]:
    return tuple(ValType(wasm) for wasm in slots_of(type_))
