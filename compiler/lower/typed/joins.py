"""Least supertypes of dynamic types that differ in which fields their tuples have.

The rule is `TypeSignature::least_supertype`: the fields of what came first, all of which what comes
later must have; of an inside not known so far, such as that of `none`, whatever comes first knows it.
Where no tuple has fields of its own that is the larger of each dimension (`merge_dimensions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.layout import layout_of
from compiler.lower.spare import has_spare
from compiler.types import ListType, OptionalType, ResponseType, SpareType, TupleType, Type
from compiler.wasm.code import Code
from compiler.wasm.functions import Local

if TYPE_CHECKING:
    from compiler.lower.module import ModuleLowering


class Join:
    """Joins the vector of dimensions `other` into `into`; `lacking` becomes 1 where they can't be."""

    def __init__(
        self, module: ModuleLowering, code: Code, into: Local, other: Local, lacking: Local
    ) -> None:
        self._module = module
        self._code = code
        self._into = into
        self._other = other
        self._lacking = lacking

    def _part(self, at: int, other_at: int, of: Type) -> None:
        """Join the part of a type whose dimensions begin at these indices."""
        if not has_spare(of):
            self._merge(at, other_at, layout_of(of).dimensions)
            return
        match of:
            case SpareType(inner=inner):
                self._where(self._into, at)
                self._code.local_get(self._other).i32_load(4 * other_at).i32_eqz()
                self._code.local_get(self._lacking).i32_or().local_set(self._lacking)
                self._part(at + 1, other_at + 1, inner)
                self._code.end()
            case OptionalType(inner=inner):
                self._known(at, other_at, at + 1, other_at + 1, inner)
            case ResponseType(ok=ok, err=err):
                self._known(at, other_at, at + 2, other_at + 2, ok)
                behind = 2 + layout_of(ok).dimensions
                self._known(at + 1, other_at + 1, at + behind, other_at + behind, err)
            case ListType(entry=entry):
                # A list of maximal length 0 says nothing of its entries.
                self._where(self._into, at)
                self._where(self._other, other_at)
                self._part(at + 2, other_at + 2, entry)
                self._merge(at, other_at, 2)
                self._code.end().else_()
                self._copy(at, other_at, layout_of(of).dimensions)
                self._code.end()
            case TupleType(fields=fields):
                for _, field in fields:
                    self._part(at, other_at, field)
                    at += layout_of(field).dimensions
                    other_at += layout_of(field).dimensions

    def entry(self, of: ListType) -> None:
        """Join the dimensions of an entry into a list's vector."""
        self._where(self._into, 1)
        self._part(2, 0, of.entry)
        self._code.else_()
        self._set_known(1, 2, 0, of.entry)
        self._code.end()

    def _known(self, flag: int, other_flag: int, at: int, other_at: int, of: Type) -> None:
        """Join what has a type only where its flag is set."""
        self._where(self._other, other_flag)
        self._where(self._into, flag)
        self._part(at, other_at, of)
        self._code.else_()
        self._set_known(flag, at, other_at, of)
        self._code.end().end()

    def _set_known(self, flag: int, at: int, other_at: int, of: Type) -> None:
        self._code.local_get(self._into).i32_const(1).i32_store(4 * flag)
        self._copy(at, other_at, layout_of(of).dimensions)

    def _where(self, vector: Local, at: int) -> None:
        self._code.local_get(vector).i32_load(4 * at).if_()

    def _push_both(self, at: int, other_at: int) -> None:
        self._code.local_get(self._into).i32_const(4 * at).i32_add()
        self._code.local_get(self._other).i32_const(4 * other_at).i32_add()

    def _merge(self, at: int, other_at: int, dimensions: int) -> None:
        if dimensions:
            self._push_both(at, other_at)
            self._code.i32_const(dimensions).call(self._module.helper("merge_dimensions"))

    def _copy(self, at: int, other_at: int, dimensions: int) -> None:
        self._push_both(at, other_at)
        self._code.i32_const(4 * dimensions).memory_copy()
