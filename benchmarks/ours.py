"""Our VM's side of the benchmarks: a chain in release profile that takes orders as JSON lines.

See `benchmarks.contestant` for the orders.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from clarbuild.project import Chain, python_name
from compiler.consensus import deserialize
from compiler.description import ModuleDescription
from compiler.interface_bytes import StoredInterface
from compiler.pipeline import CompileOptions, compile_contract
from runtime.modules import Artifact, CompileInMemory, ModuleRequest
from runtime.receipts import Receipt, stacks_js_bytes


def unmetered(request: ModuleRequest) -> Artifact:
    """Compiles without charges: what metering costs is the difference."""
    options = CompileOptions(profile="release", cost_epoch=request.cost_epoch, metering=False)
    compiled = compile_contract(
        request.source, request.version, request.epoch, request.interfaces, options
    )
    return Artifact(
        compiled.wasm,
        StoredInterface.of(compiled.interface),
        ModuleDescription.from_bytes(compiled.metadata),
    )


def make_chain(*, metering: bool = True) -> Chain:
    """A chain in release profile."""
    if metering:
        return Chain(profile="release", modules=CompileInMemory("release"))
    chain = Chain(profile="release", modules=unmetered)
    chain.session.metered = False
    return chain


def prepared(chain: Chain, operation: Mapping[str, Any]) -> Callable[[], Receipt]:
    """A call as a user of the library makes it: a handle's method, values that are there already."""
    handle = chain.contract(operation["contract"], sender=operation["sender"])
    function = getattr(handle, python_name(operation["function"]))
    values = [deserialize(bytes.fromhex(text[2:])) for text in operation["args"]]
    return lambda: function(*values)


def apply(chain: Chain, operation: Mapping[str, Any]) -> None:
    """Run one operation of a transaction log; a failure is a fault of the benchmark."""
    match operation["op"]:
        case "epoch":
            chain.advance_epoch(operation["epoch"])
        case "deploy":
            answered(
                chain.deploy(operation["contract"], operation["code"], operation["clarity"]),
                operation["contract"],
            )
        case _:
            answered(prepared(chain, operation)(), operation["function"])


def answered(receipt: Receipt, what: str) -> Receipt:
    """The receipt, if it is a good one."""
    if receipt.error is not None:
        raise RuntimeError(f"{what}: {receipt.error}")
    return receipt


def time_call(chain: Chain, operation: Mapping[str, Any], times: int) -> dict[str, Any]:
    """Times `times` calls; what the last one answered."""
    call = prepared(chain, operation)
    last = None
    start, started = time.perf_counter(), time.process_time()
    for _ in range(times):
        last = call()
    processor, wall = time.process_time() - started, time.perf_counter() - start
    assert last is not None
    value = answered(last, operation["function"]).value
    assert value is not None
    result = f"0x{stacks_js_bytes(value).hex()}"
    return {"wall": wall, "processor": processor, "result": result}


def main() -> None:
    """Answers orders until there are no more."""
    chain = make_chain(metering="--no-metering" not in sys.argv)
    print('{"ready": true}', flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer: dict[str, Any] = {}
        try:
            if order["order"] == "apply":
                for operation in order["operations"]:
                    apply(chain, operation)
            else:
                answer = time_call(chain, order["call"], order["times"])
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
