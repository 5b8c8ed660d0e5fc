"""A manifest as the build before read it, while all that it was read from says the same.

Reading a manifest asks the file system questions. Each is kept with its answer, a file's contents
as their digest: as long as all answers are the same, so is the manifest. No stamp is believed here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from cache.digest import Digest
from clarbuild.files import Files, Stamp
from clarbuild.units import Manifest, Unit
from compiler.versions import ClarityVersion, Epoch

Question = tuple[str, str, str]
"""What was asked, of which path, and the answer."""

T = TypeVar("T")


class NotingFiles:
    """Files that note what they are asked, and what they answer."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.asked: list[Question] = []

    def _note(self, what: str, path: Path, ask: Callable[[], T], shown: Callable[[T], str]) -> T:
        try:
            found = ask()
        except OSError as error:
            self.asked.append((what, str(path), f"error {error.errno}"))
            raise
        self.asked.append((what, str(path), shown(found)))
        return found

    def read(self, path: Path) -> bytes:
        """See `Files`."""
        return self._note("read", path, lambda: self._files.read(path), lambda d: Digest.of(d).hex)

    def stamp(self, path: Path) -> Stamp:
        """See `Files`."""
        return self._note("stamp", path, lambda: self._files.stamp(path), str)

    def is_folder(self, path: Path) -> bool:
        """See `Files`."""
        return self._note("is folder", path, lambda: self._files.is_folder(path), str)

    def exists(self, path: Path) -> bool:
        """See `Files`."""
        return self._note("exists", path, lambda: self._files.exists(path), str)

    def contracts(self, folder: Path) -> Iterator[Path]:
        """See `Files`."""
        found = self._note(
            "contracts",
            folder,
            lambda: list(self._files.contracts(folder)),
            lambda paths: Digest.of("\0".join(map(str, paths)).encode()).hex,
        )
        return iter(found)


def says_the_same(asked: Sequence[Question], files: Files) -> bool:
    """Whether all questions still have their answers."""
    again = NotingFiles(files)
    asks: dict[str, Callable[[Path], object]] = {
        "read": again.read,
        "stamp": again.stamp,
        "is folder": again.is_folder,
        "exists": again.exists,
        "contracts": again.contracts,
    }
    for what, path, answer in asked:
        ask = asks.get(what)
        if ask is None:
            return False
        with suppress(OSError):
            ask(Path(path))
        if again.asked[-1][2] != answer:
            return False
    return True


def manifest_row(manifest: Manifest) -> dict[str, Any] | None:
    """A manifest as JSON; None for one whose sources stand in it, or that JSON can't hold."""
    if any(unit.code is not None for unit in manifest.units):
        return None
    row = {
        "kind": manifest.kind,
        "name": manifest.name,
        "root": str(manifest.root),
        "location": str(manifest.location),
        "accounts": dict(manifest.accounts),
        "settings": dict(manifest.settings),
        "units": [
            [
                unit.deployer,
                unit.name,
                unit.version,
                unit.epoch,
                unit.cost_epoch,
                str(unit.path),
                unit.line,
                unit.segment,
                unit.required,
                unit.boot,
            ]
            for unit in manifest.units
        ],
    }
    try:
        json.dumps(row["settings"])  # a date of TOML is nothing that JSON has
    except (TypeError, ValueError):
        return None
    return row


def manifest_of(row: dict[str, Any]) -> Manifest:
    """What `manifest_row` was made from."""
    versions = {version.value: version for version in ClarityVersion}
    epochs = {epoch.value: epoch for epoch in Epoch}
    # To make a path takes longer than all else here, and a log deploys a file more than once.
    path_of = cache(Path)
    deployers: dict[str, str] = {}
    return Manifest(
        row["kind"],
        row["name"],
        Path(row["root"]),
        Path(row["location"]),
        tuple(
            Unit(
                deployers.setdefault(deployer, deployer),
                name,
                versions[version],
                epochs[epoch],
                epochs[cost_epoch],
                path_of(path),
                None,
                line,
                segment,
                required,
                boot,
            )
            for (
                deployer,
                name,
                version,
                epoch,
                cost_epoch,
                path,
                line,
                segment,
                required,
                boot,
            ) in row["units"]
        ),
        row["accounts"],
        row["settings"],
    )
