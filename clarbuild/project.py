"""The public Python API: projects, chains with their contracts deployed, contracts as objects.

with Project("sample_projects/counter") as project:
    chain = project.chain()
    counter = chain.contract("counter")
    print(counter.increment().value)      # (ok u1)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarbuild.context import Listener, Options, Surroundings, silent
from clarbuild.key import Profile
from clarbuild.outcome import BuildResult, Outcome
from clarbuild.problems import InputError
from clarbuild.provider import CachedModules
from clarbuild.report import result_problems
from clarbuild.run import Builder
from clarbuild.surroundings import open_surroundings
from clarbuild.units import DEPLOYER, Manifest
from compiler.interface import FunctionSignature
from compiler.python_values import to_value
from compiler.values import Value
from compiler.versions import ClarityVersion, Epoch
from runtime import chain as runtime_chain
from runtime.receipts import Receipt

if TYPE_CHECKING:
    from runtime.engines import EngineChain

__all__ = ["Chain", "ContractHandle", "Project"]


class ContractHandle:
    """A deployed contract: its functions are methods, `-` in their names written `_`.

    Arguments are Clarity values or the Python values that resemble them; `sender` says who calls,
    the deployer by default. Every call is answered by a `Receipt`.
    """

    def __init__(self, chain: runtime_chain.Chain, identifier: str, sender: str | None) -> None:
        self._chain = chain
        self.id = identifier
        self._sender = sender or identifier.partition(".")[0]
        interface = chain.contracts[identifier].interface
        self._functions = interface.public_functions | interface.read_only_functions
        self._read_only = frozenset(interface.read_only_functions)

    @property
    def functions(self) -> Mapping[str, FunctionSignature]:
        """Public and read-only functions by their names in Clarity."""
        return self._functions

    def call(self, function: str, *arguments: object, sender: str | None = None) -> Receipt:
        """Calls a function by its name in Clarity."""
        return self._method(function)(*arguments, sender=sender)

    def call_values(
        self, function: str, values: list[Value], *, sender: str | None = None
    ) -> Receipt:
        """Calls a function with values as they are, a public one as a transaction."""
        run = self._chain.read if function in self._read_only else self._chain.call
        return run(self.id, function, values, sender or self._sender)

    def _method(self, function: str) -> Callable[..., Receipt]:
        """The function, with all that can be looked up before it is called."""
        signature = self._functions.get(function)
        if signature is None:
            raise AttributeError(f"{self.id} has no public or read-only function {function}")
        types = [type_ for _, type_ in signature.args]
        count = len(types)
        read_only = function in self._read_only
        run = self._chain.read if read_only else self._chain.call
        known = self._chain.prepared_functions(read_only=read_only)
        contract, usual_sender = self.id, self._sender
        usual = (contract, function, usual_sender)

        def method(*arguments: object, sender: str | None = None) -> Receipt:
            prepared = known.get((contract, function, sender) if sender else usual)
            if prepared is not None:
                receipt = prepared(arguments)
                if receipt is not None:
                    return receipt
            if len(arguments) != count:
                names = ", ".join(name for name, _ in signature.args)
                raise TypeError(f"{function}({names}) got {len(arguments)} arguments")
            values = [*map(to_value, arguments, types)]
            return run(contract, function, values, sender or usual_sender)

        return method

    def __getattr__(self, name: str) -> Callable[..., Receipt]:
        for function in self._functions:
            if python_name(function) == name:
                # Found here the next time, before this is asked.
                method = self.__dict__[name] = self._method(function)
                return method
        raise AttributeError(f"{self.id} has no public or read-only function {name}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *map(python_name, self.functions)})

    def __repr__(self) -> str:
        return f"<contract {self.id}>"


def python_name(function: str) -> str:
    """A function's name as Python can write it: "get-owner?" is `get_owner`."""
    return "".join(char if char.isalnum() else "_" for char in function.rstrip("?!"))


class Chain(runtime_chain.Chain):
    """A simnet whose contracts can be had as objects."""

    def contract(self, name: str, *, sender: str | None = None) -> ContractHandle:
        """A deployed contract, by its name alone where only one has it."""
        found = [
            identifier
            for identifier in self.contracts
            if name in (identifier, identifier.partition(".")[2])
        ]
        if len(found) != 1:
            known = ", ".join(self.contracts) or "none"
            what = f"no contract {name}" if not found else f"more than one contract {name}"
            raise KeyError(f"{what}; deployed: {known}")
        return ContractHandle(self, found[0], sender)


class Project:
    """What is at a path, to be built and deployed; closes the cache at the end of a `with`."""

    def __init__(
        self,
        path: str | Path = ".",
        *,
        profile: Profile = "debug",
        jobs: int | None = None,
        clarity: ClarityVersion | None = None,
        epoch: Epoch | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.profile: Profile = profile
        self._around = surroundings or open_surroundings()
        options = Options(profile, jobs, clarity, epoch)
        self.builder = Builder(Path(path), options, self._around)
        self.modules = CachedModules(self._around, profile)

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the cache."""
        self._around.store.close()

    @property
    def manifest(self) -> Manifest:
        """What there is to build."""
        return self.builder.manifest()

    def build(self, listen: Listener = silent) -> BuildResult:
        """Builds what isn't built; `InputError` where the manifest is no use."""
        return self.builder.build(listen)

    def chain(self, make: Callable[..., Chain] | None = None, **options: Any) -> Chain:
        """A fresh chain, as `make` makes it, on which the project is deployed; options as `Chain` has
        them.

        `InputError` where a contract is not valid or its deployment fails.
        """
        result = self.build()
        if not result.ok:
            raise InputError(*result_problems(result))
        chain = (make or Chain)(**{"modules": self.modules, "profile": self.profile, **options})
        self.deploy_on(chain, result)
        return chain

    def deploy_on(self, chain: Chain | EngineChain, result: BuildResult) -> None:
        """Deploys what was built; `InputError` where that fails."""
        for outcome in in_order(result):
            self._deploy(chain, outcome)

    def _deploy(self, chain: Chain | EngineChain, outcome: Outcome) -> None:
        from clarbuild.problems import fault

        unit = outcome.unit
        if unit.epoch > chain.epoch:
            chain.advance_epoch(unit.epoch)
        receipt = chain.deploy(unit.id, self.builder.text(outcome.number), unit.version)
        if receipt.error is not None:
            raise fault(
                str(unit.path),
                "deployment-failed",
                f"deploying {unit.id} ends with {receipt.error}",
                hint="its top-level forms run when it is deployed",
            )


def in_order(result: BuildResult) -> list[Outcome]:
    """A build's contracts as they are deployed: by epoch, then what is needed first."""
    by_number = {outcome.number: outcome for outcome in result.outcomes}
    placed: dict[int, Outcome] = {}
    for outcome in result.outcomes:
        pending = [outcome.number]
        while pending:
            number = pending[-1]
            missing = [n for n in by_number[number].needs if n not in placed]
            if missing:
                pending += missing
            else:
                placed.setdefault(pending.pop(), by_number[number])
    return sorted(placed.values(), key=lambda outcome: outcome.unit.epoch)


def default_sender(manifest: Manifest) -> str:
    """Who calls where nobody is named: the project's deployer."""
    return manifest.accounts.get("deployer", DEPLOYER)
