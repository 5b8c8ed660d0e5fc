"""Calls through traits: what the interpreter checks when they are made.

Whether a contract has a trait's function is found out once an epoch, as nothing can change it.
"""

from __future__ import annotations

from collections.abc import Mapping

from compiler.type_relations import admits, canonicalize
from compiler.types import TraitIdentifier, Type
from compiler.versions import Epoch
from runtime.contracts import Contract, canonical
from runtime.errors import check
from runtime.host import Host
from runtime.instance import BoundSite


class TraitCalls:
    """Checks calls of a chain's contracts."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._checked: dict[tuple[str, TraitIdentifier, str, Epoch], Type] = {}

    def clear(self) -> None:
        """Forget what was found out: other contracts may have the names now."""
        self._checked.clear()

    def returns(
        self, contracts: Mapping[str, Contract], site: BoundSite, target: str, caller: Contract
    ) -> Type | None:
        """What the interpreter checks of a call through a trait; the type that it must return."""
        trait = site.trait
        if trait is None:
            return None
        if target == caller.id:
            raise check("CircularReference")
        callee = contracts.get(target)
        if callee is None:
            raise check("NoSuchContract")
        if trait in callee.implemented:
            return None
        epoch = self._host.epoch
        key = (target, trait, site.name, epoch)
        if not self._host.tx.read_only:
            known = self._checked.get(key)
            if known is not None:
                return known
        definer = contracts.get(trait.contract)
        if definer is None:
            raise check("NoSuchContract")
        function = callee.signature(site.name, epoch)
        private = callee.bound.private_functions.get(site.name)
        if function is None and private is None:
            raise check("BadTraitImplementation")
        if self._host.tx.read_only:
            raise check("Unreachable", "Trait based contract call in read-only")
        if function is None:
            raise check("NoSuchPublicFunction")
        methods = definer.trait(trait.name)
        if methods is None:
            raise check("TraitReferenceUnknown")
        method = methods.get(site.name)
        if method is None:
            raise check("TraitMethodUnknown")
        wanted = canonical(method, epoch)
        if len(function.args) != len(wanted.args) or not all(
            admits(mine, asked, epoch)
            for (_, mine), (_, asked) in zip(function.args, wanted.args, strict=True)
        ):
            raise check("BadTraitImplementation")
        returns = canonicalize(wanted.returns, epoch)
        self._checked[key] = returns
        return returns
