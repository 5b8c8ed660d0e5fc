"""The compiler in one place: source -> analysed contract -> module, and what it is called by.

`read -> parse -> resolve -> check` is `compiler.analysis.analyze`; `lower -> encode` is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from compiler import abi
from compiler.analysis import AnalyzedContract, Lap, analyze, no_lap
from compiler.description import ModuleDescription
from compiler.diagnostics import Diagnostic
from compiler.fingerprint import fingerprint
from compiler.interface import ContractInterface
from compiler.lower.contract import lower_contract
from compiler.lower.cost_places import CostPlaces
from compiler.lower.module import ModuleLowering
from compiler.versions import ClarityVersion, Epoch
from compiler.wasm import ModuleBuilder

Profile = Literal["debug", "release"]

__all__ = ["CompileOptions", "CompiledContract", "compile_contract", "fingerprint", "generate"]


class CompileOptions(Struct, frozen=True):
    """What besides source, version, epoch and interfaces decides the bytes.

    `cost_epoch` is the epoch that the contract will run in; `None` is the epoch of its
    deployment. `checked` follows the value stack while emitting (slow: for tests). With
    `counts_memory` the code counts memory as the interpreter does, instead of a bound beside it;
    with `traced` it tells the host of each application, all that it charged being written.
    """

    profile: Profile = "debug"
    cost_epoch: Epoch | None = None
    metering: bool = True
    counts_memory: bool = False
    checked: bool = False
    traced: bool = False


class CompiledContract(Struct, frozen=True):
    """A module and what goes with it; `metadata` is its description in canonical JSON."""

    wasm: bytes
    interface: ContractInterface
    metadata: bytes
    diagnostics: tuple[Diagnostic, ...]
    source_map: tuple[tuple[int, int], ...] = ()


def compile_contract(
    source: str,
    version: ClarityVersion,
    epoch: Epoch,
    interfaces: Mapping[str, ContractInterface],
    options: CompileOptions | None = None,
    lap: Lap = no_lap,
) -> CompiledContract:
    """Compile a contract.

    `interfaces` are those of the contracts it uses, by the identifiers of
    `compiler.contracts`. Raises `ClarityError` where the contract is not valid.
    """
    analyzed = analyze(source, version, epoch, interfaces, lap=lap)
    return generate(analyzed, version, epoch, options, lap)


def generate(
    analyzed: AnalyzedContract,
    version: ClarityVersion,
    epoch: Epoch,
    options: CompileOptions | None = None,
    lap: Lap = no_lap,
    places: CostPlaces | None = None,
) -> CompiledContract:
    """The module of an analysed contract; `places` is filled with where costs arise."""
    options = options or CompileOptions()
    debug = options.profile == "debug"
    builder = ModuleBuilder(
        data_base=abi.STATIC_DATA, debug=debug, marks=debug, checked=options.checked
    )
    builder.memory(export=abi.MEMORY_EXPORT)
    module = ModuleLowering(
        analyzed.typed,
        version,
        epoch,
        options.cost_epoch or epoch,
        builder,
        metering=options.metering,
        counts_memory=options.counts_memory,
        # What an inlined function holds would have to be let go where it is left early.
        inlining=not debug and not options.counts_memory,
        places=places,
        traced=options.traced,
    )
    builder.export_function(abi.ALLOC_EXPORT, module.alloc)
    lower_contract(module)
    lap("lower")
    description: ModuleDescription = module.description
    # Aligned, so that hosts can address the heap's first words cheaply.
    description.heap = builder.data_end + -builder.data_end % 16
    wasm = builder.finish()
    lap("encode")
    return CompiledContract(
        wasm=wasm,
        interface=analyzed.interface,
        metadata=description.to_bytes(),
        diagnostics=(),
        source_map=tuple(builder.source_map) if debug else (),
    )
