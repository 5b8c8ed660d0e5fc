"""What a build is given: what is asked of it, what it works with, and who listens."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cache.store import Store
from clarbuild.files import DiskFiles, Files
from clarbuild.key import Profile, Toolchain
from clarbuild.outcome import Event
from clarbuild.pool import make_executor
from clarbuild.remote import Remote
from clarbuild.units import Manifest
from clarbuild.worker import CompileReply, CompileRequest, compile_request
from compiler.versions import ClarityVersion, Epoch

if TYPE_CHECKING:
    from concurrent.futures import Executor

Listener = Callable[[Event], None]
"""Is told what happens, as it happens."""


def silent(_event: Event) -> None:
    """A listener that nobody hears."""


class Options(Struct, frozen=True):
    """What is asked of a build; `version` and `epoch` are for contracts that name none."""

    profile: Profile = "debug"
    jobs: int | None = None
    version: ClarityVersion | None = None
    epoch: Epoch | None = None


class Surroundings(Struct, frozen=True):
    """What a build works with: the store, the memory's folder, the compiler, files and clocks.

    `executor` makes one for so many jobs and bytes of source; `remote` tells a project's.
    """

    store: Store
    state: Path
    toolchain: Toolchain
    files: Files = field(default_factory=DiskFiles)
    clock: Callable[[], float] = time.time
    compile: Callable[[CompileRequest], CompileReply] = compile_request
    executor: Callable[[int | None, int], Executor] = make_executor
    remote: Callable[[Manifest], Remote | None] = lambda _manifest: None
