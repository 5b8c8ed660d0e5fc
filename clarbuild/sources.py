"""The sources of a build's units: their digests without reading where the memory allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from msgspec import Struct

from cache.digest import Digest
from clarbuild.files import Files
from clarbuild.memory import Memory
from clarbuild.problems import InputError, fault
from clarbuild.references import References, find_references
from clarbuild.units import Unit, describe_os_error

# The largest that a block can carry (`MAX_BLOCK_LEN`, stacks-core).
MAX_SOURCE_BYTES = 2 * 1024 * 1024


class Now(Protocol):
    """A clock."""

    def __call__(self) -> int:
        """Nanoseconds since 1970."""


class Source(Struct, frozen=True):
    """A unit's source: its digest, or what is wrong with it; `path` is as the user knows it."""

    path: str
    digest: Digest | None
    problem: InputError | None = None


class Sources:
    """Reads sources, each file once a build, through the memory of the build before."""

    def __init__(self, files: Files, memory: Memory, now_ns: Now) -> None:
        self._files = files
        self._memory = memory
        self._now_ns = now_ns
        self._texts: dict[Digest, str] = {}
        self._seen: dict[str, Source] = {}

    def source(self, unit: Unit) -> Source:
        """The unit's source; what can't be one has its problem in it."""
        if unit.path is None:
            data = (unit.code or "").encode()
            return self._keep(f"{unit.name}.clar (line {unit.line} of the log)", data)
        shown = str(unit.path)
        seen = self._seen.get(shown)
        if seen is None:
            seen = self._seen[shown] = self._file(unit, unit.path, shown)
        return seen

    def text(self, unit: Unit, source: Source) -> str:
        """The source itself; raises `InputError` where the file has changed in this moment."""
        if source.digest is None:
            raise source.problem or AssertionError("a source without digest has a problem")
        known = self._texts.get(source.digest)
        if known is not None:
            return known
        assert unit.path is not None  # inline sources are kept when they are first seen
        again = self._keep(source.path, self._read(unit, unit.path))
        if again.digest != source.digest:
            raise fault(
                source.path, "changed", "changed while it was built", hint="run the build again"
            )
        return self._texts[source.digest]

    def references(self, unit: Unit, source: Source) -> References:
        """What the source refers to."""
        assert source.digest is not None
        known = self._memory.references.get(source.digest)
        if known is None:
            known = find_references(self.text(unit, source))
            self._memory.refers(source.digest, known)
        return known

    def forget_texts(self) -> None:
        """Lets the texts go, which a build has no use for after its end."""
        self._texts.clear()

    def _file(self, unit: Unit, path: Path, shown: str) -> Source:
        try:
            stamp = self._files.stamp(path)
            known = self._memory.digest(shown, stamp)
            if known is not None:
                return Source(shown, known)
            now = self._now_ns()
            source = self._keep(shown, self._read(unit, path))
        except InputError as error:
            return Source(shown, None, error)
        except OSError as error:
            return Source(shown, None, _unreadable(unit, path, error))
        if source.digest is not None:
            self._memory.saw(shown, stamp, now, source.digest)
        return source

    def _read(self, unit: Unit, path: Path) -> bytes:
        try:
            return self._files.read(path)
        except OSError as error:
            raise _unreadable(unit, path, error) from None

    def _keep(self, path: str, data: bytes) -> Source:
        if len(data) > MAX_SOURCE_BYTES:
            message = f"a contract of {len(data):,} bytes: no block can carry more than "
            problem = fault(path, "too-large", f"{message}{MAX_SOURCE_BYTES:,}")
            return Source(path, None, problem)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            problem = fault(
                path,
                "not-utf8",
                f"not valid UTF-8: byte 0x{data[error.start]:02x} in line {line}",
                hint="save the file as UTF-8",
            )
            return Source(path, None, problem)
        digest = Digest.of(data)
        self._texts[digest] = text
        return Source(path, digest)


def _unreadable(unit: Unit, path: Path, error: OSError) -> InputError:
    if not isinstance(error, FileNotFoundError):
        return fault(str(path), "unreadable", describe_os_error(error))
    if unit.required:
        return fault(
            str(path),
            "missing-requirement",
            f"requirement {unit.id} has not been fetched",
            hint="`clarinet requirements add` fetches it, or put its source there",
        )
    return fault(
        str(path),
        "no-such-file",
        f"no such file, the source of contract {unit.name}",
        hint="mend its path in the manifest, or add the file",
    )
