"""The cache's folder: where it is, who may use it, its README and its format versions.

    <root>/README.txt, CACHEDIR.TAG   what this is
    <root>/v1/                        all of format 1; another format has a folder of its own
    <root>/v1/leases/                 one locked file for each running build
    <root>/v1/g<N>/                   a generation: database and values; the highest N is in use

It knows neither the database nor the entries.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cache.outcome import CacheUnavailable, Reason, reason_of

FORMAT: Final = 1
VERSION_NAME: Final = f"v{FORMAT}"
CACHE_VARIABLE: Final = "CLARBUILD_CACHE_DIR"
STATE_VARIABLE: Final = "CLARBUILD_STATE_DIR"
SEAL_NAME: Final = "seal.key"

_README: Final = """\
This folder is clarbuild's cache: compiled Clarity contracts, kept by what decides their bytes.
It can be deleted at any time; the next build makes again what it needs. Nothing in it should be
edited by hand: what does not match its own hash is dropped.

    clarbuild cache stat      what is in it and how often it helps
    clarbuild cache gc        drop what is oldest, orphaned or left by other versions
    clarbuild cache clear     drop everything

v1/ is the format's version. Native code in it is sealed with a key that is kept elsewhere.
"""
# https://bford.info/cachedir/: back-up programs leave such folders out.
_CACHE_TAG: Final = "Signature: 8a477f597d28d172789f06886806bc55\n# clarbuild's cache\n"
_OURS: Final = frozenset({"README.txt", "CACHEDIR.TAG"})
_VERSION = re.compile(r"v[0-9]{1,4}")
_GENERATION = re.compile(r"g([0-9]{1,6})")


def default_cache_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """$CLARBUILD_CACHE_DIR, or this user's cache folder."""
    if chosen := environment.get(CACHE_VARIABLE):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("clarbuild", appauthor=False)


def default_seal_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The seal's key, in $CLARBUILD_STATE_DIR or this user's state folder."""
    if chosen := environment.get(STATE_VARIABLE):
        return Path(chosen).expanduser() / SEAL_NAME
    import platformdirs

    return platformdirs.user_state_path("clarbuild", appauthor=False) / SEAL_NAME


def prepare(root: Path, *, allow_insecure: bool = False) -> Path:
    """Make the folder fit for use and return the one of this format, or raise CacheUnavailable."""
    root = Path(os.path.abspath(root))
    try:
        # The user may keep the cache elsewhere by a link; what it leads to is what is checked.
        root = root.resolve()
        if root.exists() and not root.is_dir():
            raise CacheUnavailable(
                f"cache folder {root} is not a folder", f"name another with {CACHE_VARIABLE}"
            )
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not allow_insecure:
            _check_owner(root)
        _check_contents(root)
        for name, text in (("README.txt", _README), ("CACHEDIR.TAG", _CACHE_TAG)):
            if not os.path.lexists(root / name):
                _write_new(root / name, text)
        version = root / VERSION_NAME
        for folder in (version, version / "leases"):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            if not stat.S_ISDIR(folder.lstat().st_mode):
                raise CacheUnavailable(
                    f"{folder} is not a folder", "remove it, or name another cache folder"
                )
            if not allow_insecure:
                _check_owner(folder)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise unavailable(root, error) from error
    return version


def unavailable(root: Path, error: Exception) -> CacheUnavailable:
    """What an error of the system means to the user."""
    reason = reason_of(error) if not isinstance(error, RuntimeError) else Reason.IO
    why = {
        Reason.FULL: "the disk is full",
        Reason.READ_ONLY: "no permission to write there",
        Reason.BUSY: "other processes hold it",
    }.get(reason, getattr(error, "strerror", None) or str(error))
    hint = {
        Reason.FULL: "free some space, or run `clarbuild cache gc`",
        Reason.BUSY: "try again",
    }.get(reason, f"name a folder that you can write to with {CACHE_VARIABLE}")
    return CacheUnavailable(f"cache folder {root} cannot be used: {why}", hint, reason)


def _check_owner(folder: Path) -> None:
    info = folder.stat()
    if info.st_uid != os.geteuid():
        raise CacheUnavailable(
            f"cache folder {folder} is owned by another user (uid {info.st_uid})",
            "name a folder of your own, or pass --allow-insecure-cache",
            Reason.READ_ONLY,
        )
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CacheUnavailable(
            f"others can write to the cache folder {folder} (mode {stat.S_IMODE(info.st_mode):o})",
            f"chmod 700 {folder}, or pass --allow-insecure-cache",
            Reason.READ_ONLY,
        )


def _check_contents(root: Path) -> None:
    """A folder that holds other things, a home say, is not turned into a cache by mistake."""
    foreign = [name for name in os.listdir(root) if not _is_ours(name)]
    tag = root / "CACHEDIR.TAG"
    if foreign and not (tag.is_file() and tag.read_bytes() == _CACHE_TAG.encode()):
        raise CacheUnavailable(
            f"{root} holds other files and is not a clarbuild cache",
            f"name an empty or a new folder with {CACHE_VARIABLE}",
        )


def _is_ours(name: str) -> bool:
    return name in _OURS or _VERSION.fullmatch(name) is not None


def _write_new(path: Path, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(FileExistsError):
        fd = os.open(path, flags, 0o600)
        with open(fd, "w", encoding="utf-8") as file:
            file.write(text)


def generations(version: Path) -> list[int]:
    """The generations that exist, lowest first."""
    found = []
    for name in os.listdir(version):
        if match := _GENERATION.fullmatch(name):
            found.append(int(match[1]))
    return sorted(found)


def other_versions(version: Path) -> list[Path]:
    """The folders of other formats, which this program does not touch unless asked."""
    return [
        path
        for path in sorted(version.parent.iterdir())
        if path.name != version.name and _VERSION.fullmatch(path.name) and not path.is_symlink()
    ]


def remove_tree(path: Path) -> None:
    """Remove a folder of ours with all in it, following no link; what cannot be removed stays."""
    if path.is_symlink():
        return
    shutil.rmtree(path, ignore_errors=True)


def is_missing(error: BaseException) -> bool:
    """Whether an error says that a folder went away beneath a running program."""
    return isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ENOTDIR)
