"""Opens what a command works with on this machine: the cache, the state folder, the compiler."""

from __future__ import annotations

import os
from pathlib import Path

import cache
from cache.folder import default_seal_path
from clarbuild.context import Surroundings
from clarbuild.key import Toolchain
from clarbuild.remote import Remotes

SIZE_VARIABLE = "CLARBUILD_CACHE_SIZE"


def open_surroundings(*, allow_insecure_cache: bool = False) -> Surroundings:
    """The user's; `CacheUnavailable` where the cache folder can't be used."""
    return Surroundings(
        store=open_store(allow_insecure_cache=allow_insecure_cache),
        state=state_folder(),
        toolchain=toolchain(),
        remote=Remotes(),
    )


def open_store(*, allow_insecure_cache: bool = False) -> cache.Store:
    """The user's store; its size limit, in MiB, can stand in the environment."""
    given = os.environ.get(SIZE_VARIABLE, "")
    limit = int(given) * 1024 * 1024 if given.isdecimal() else cache.DEFAULT_SIZE_LIMIT
    return cache.open_store(size_limit=limit, allow_insecure=allow_insecure_cache)


def state_folder() -> Path:
    """Where projects' memories are kept."""
    return default_seal_path().parent


def toolchain() -> Toolchain:
    """This compiler and this host interface."""
    from compiler.abi import HOST_INTERFACE
    from compiler.fingerprint import fingerprint

    return Toolchain(fingerprint(), HOST_INTERFACE)
