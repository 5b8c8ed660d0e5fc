"""Which engine answers a chain's transactions: our Wasm, the interpreter, or both side by side."""

from runtime.engines.chain import EngineChain, Stopped
from runtime.engines.chains import EngineChains, EngineName
from runtime.engines.discrepancy import Discrepancy
from runtime.engines.metrics import Metrics
from runtime.engines.schedule import Schedule, ScheduleError
from runtime.engines.watchdog import PortableModules, interruptible_engine

__all__ = [
    "Discrepancy",
    "EngineChain",
    "EngineChains",
    "EngineName",
    "Metrics",
    "PortableModules",
    "Schedule",
    "ScheduleError",
    "Stopped",
    "interruptible_engine",
]
