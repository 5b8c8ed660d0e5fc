"""Turns whatever can go wrong in a command into a message and an exit code; never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec

from clarbuild.problems import InputError
from clarbuild.report import problem_lines
from compiler.diagnostics import CompilerBug

BAD_INPUT = 1
USAGE = 2
OUR_FAULT = 70
INTERRUPTED = 130
TRACEBACK_VARIABLE = "CLARBUILD_TRACEBACK"

P = ParamSpec("P")


def guarded(command: Callable[P, int | None]) -> Callable[P, None]:
    """`command`, ending the process with the code that it returns or that its error means."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs) or 0
            sys.stdout.flush()
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            code = INTERRUPTED
        except BrokenPipeError:
            # Whoever read our output has had enough; Python must not try to flush it again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except Exception as error:
            code = explain(error)
        raise SystemExit(code)

    return run


def explain(error: Exception) -> int:
    """Prints what an error means to the user; the exit code."""
    from cache.outcome import CacheUnavailable
    from clarbuild.worker import describe_bug

    if isinstance(error, InputError):
        lines = [line for found in error.problems for line in problem_lines(found)]
    elif isinstance(error, CacheUnavailable):
        lines = [f"error: {error.message}", f"hint: {error.hint}"]
    elif isinstance(error, OSError) and error.filename:
        what = (error.strerror or str(error)).lower()
        lines = [f"{error.filename}: error: {what}"]
    else:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise error
        kind = "compiler bug" if isinstance(error, CompilerBug) else "internal error"
        print(f"error: {kind}: {describe_bug(error)}", file=sys.stderr)
        print(
            "hint: this is a fault of clarbuild: please report it; "
            f"{TRACEBACK_VARIABLE}=1 shows where it happened",
            file=sys.stderr,
        )
        return OUR_FAULT
    print("\n".join(lines), file=sys.stderr)
    return BAD_INPUT


def usage(message: str) -> NoReturn:
    """Ends the process for a command line that makes no sense."""
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(USAGE)
