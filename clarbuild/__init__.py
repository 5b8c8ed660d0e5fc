"""Builds Clarity contracts and runs them: `Project`, `Chain`, and Clarity's values.

Names are imported when they are first used, so that the command starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from clarbuild.version import VERSION

if TYPE_CHECKING:
    from clarbuild.outcome import BuildResult, Outcome, Status
    from clarbuild.problems import InputError, Problem
    from clarbuild.project import Chain, ContractHandle, Project
    from compiler.values import (
        NONE,
        Buffer,
        Err,
        Int,
        List,
        Ok,
        Principal,
        Some,
        StringAscii,
        StringUtf8,
        Tuple,
        UInt,
        Value,
    )
    from compiler.versions import ClarityVersion, Epoch
    from runtime.receipts import Receipt

__version__ = VERSION

__all__ = [
    "NONE",
    "Buffer",
    "BuildResult",
    "Chain",
    "ClarityVersion",
    "ContractHandle",
    "Epoch",
    "Err",
    "InputError",
    "Int",
    "List",
    "Ok",
    "Outcome",
    "Principal",
    "Problem",
    "Project",
    "Receipt",
    "Some",
    "Status",
    "StringAscii",
    "StringUtf8",
    "Tuple",
    "UInt",
    "Value",
    "__version__",
]

_HOMES = {
    "clarbuild.outcome": ("BuildResult", "Outcome", "Status"),
    "clarbuild.problems": ("InputError", "Problem"),
    "clarbuild.project": ("Chain", "ContractHandle", "Project"),
    "compiler.versions": ("ClarityVersion", "Epoch"),
    "runtime.receipts": ("Receipt",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF.get(name, "compiler.values")), name)


def __dir__() -> list[str]:
    return __all__
