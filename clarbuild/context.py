"""What a build is given: what is asked of it, what it works with, and who listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

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

T = TypeVar("T")

_CHECK_EVERY: Final = 256

Listener = Callable[[Event], None]
"""Is told what happens, as it happens."""


def silent(_event: Event) -> None:
    """A listener that nobody hears."""


def checked(items: Iterable[T], check: Callable[[], None]) -> Iterator[T]:
    """The items, with a call of `check`, which may raise, every so often.

    Who edits a large project should not wait for all of it to be looked at.
    """
    for at, item in enumerate(items):
        if not at % _CHECK_EVERY:
            check()
        yield item


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
