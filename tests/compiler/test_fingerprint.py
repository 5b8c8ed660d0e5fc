"""The compiler's fingerprint is a digest of each of its own files."""

from __future__ import annotations

from pathlib import Path

from blake3 import blake3

import compiler
from compiler.pipeline import fingerprint

FOLDER = Path(compiler.__file__).parent


def test_every_source_of_the_compiler_is_in_its_fingerprint() -> None:
    files = sorted(
        (path.relative_to(FOLDER.parent).as_posix(), path.read_bytes())
        for path in FOLDER.rglob("*")
        if path.suffix in (".py", ".wat")
    )
    assert {"compiler/pipeline.py", "compiler/stdlib/metering.wat"} <= {name for name, _ in files}
    # Each name and each contents stand behind their length, so that none runs into another.
    text = b"".join(
        len(part).to_bytes(8, "little") + part
        for name, contents in files
        for part in (name.encode(), contents)
    )
    context = "clarbuild 2026 compiler fingerprint"
    assert fingerprint.__wrapped__() == blake3(text, derive_key_context=context).digest()
