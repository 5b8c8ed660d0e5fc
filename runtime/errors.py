"""How a transaction fails: the interpreter's errors by kind and name; knows no receipts."""

from __future__ import annotations

from compiler.abi import ABORTS, Abort


class TransactionError(Exception):
    """Ends a transaction. `kind` and `name` are those of the interpreter's error."""

    def __init__(self, kind: str, name: str, detail: str = "") -> None:
        super().__init__(f"{kind}({name}){': ' if detail else ''}{detail}")
        self.kind = kind
        self.name = name
        self.detail = detail


class Rejected(TransactionError):
    """A transaction that was refused with a text instead: a diagnostic, or no such contract."""

    def __init__(self, message: str) -> None:
        super().__init__("message", message)
        self.message = message


class VmPanic(TransactionError):
    """The transaction could not be answered: the interpreter crashes here, or we have a fault."""

    def __init__(self, detail: str) -> None:
        super().__init__("panic", "panic", detail)


def aborted(code: int) -> TransactionError:
    """The error that a module's abort reports."""
    return TransactionError(*ABORTS[Abort(code)])


def check(name: str, detail: str = "") -> TransactionError:
    """A `RuntimeCheck` error."""
    return TransactionError("RuntimeCheck", name, detail)


def runtime(name: str, detail: str = "") -> TransactionError:
    """A `Runtime` error."""
    return TransactionError("Runtime", name, detail)


def internal(name: str, detail: str = "") -> TransactionError:
    """An `Internal` error."""
    return TransactionError("Internal", name, detail)
