"""The `clarbuild` command."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from typing import NoReturn

# What a command makes it needs to its end: to look for garbage often costs a tenth of a build of
# ten thousand contracts and finds none.
_GARBAGE_THRESHOLDS = (20_000, 50, 50)


def main() -> None:
    """Runs the command line; asking for the version imports nothing else."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from clarbuild.version import VERSION

        print(f"clarbuild {VERSION}")
        return
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    from clarbuild.cli import app

    try:
        app(prog_name="clarbuild")
    except SystemExit as end:
        leave(end.code)


def leave(code: object) -> NoReturn:
    """Ends the process when its work is done, without taking it apart first.

    Python would free all that is left, one object after another: a tenth of a build that has
    nothing to do. The system does it at once.
    """
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    main()
