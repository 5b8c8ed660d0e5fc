"""The reference VM: the interpreter itself, run in Node beside ours; a tool of tests, not a part.

Speaks the operations of the transaction log and answers with receipts as the log's format has
them. Knows nothing of our own VM.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, time
from types import TracebackType
from typing import IO, Any, Final, NamedTuple, Self

from compiler.consensus import serialize
from compiler.versions import Epoch
from runtime.arguments import Argument

Operation = Mapping[str, Any]
Receipt = dict[str, Any]

FOLDER_VARIABLE: Final = "CLARBUILD_REFERENCE_VM"
FOLDER_NAME: Final = ".reference-vm"
MAKE_TARGET: Final = "make reference-vm"

_DRIVER: Final = Path(__file__).with_name("reference_driver.mjs")
_PACKAGE: Final = Path("node_modules/@stacks/clarinet-sdk/package.json")
# The interpreter's recursion is the Wasm module's, on Node's stack.
_NODE_OPTIONS: Final = ("--stack-size=3900", "--no-warnings")
_START_SECONDS: Final = 60.0
_LOOKING: Final = ("read", "where", "look")
"""Operations that leave the chain as it is."""


class ReferenceMissing(Exception):
    """Node or the interpreter's packages are not installed; `hint` says what to do."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no reference VM: {what}")
        self.hint = f"install Node 20 or later, then run `{MAKE_TARGET}`"


class ReferenceBroken(Exception):
    """The Node process ended, or said what the protocol does not know: our fault."""


def reference_folder(folder: Path | None = None) -> Path:
    """The folder the packages are installed in; `ReferenceMissing` where there is none.

    `folder`, or what the environment's variable names, or the nearest `.reference-vm` above the
    working folder or this file.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if folder is None and named:
        folder = Path(named)
    if folder is not None:
        candidates = [folder]
    else:
        here, source = Path.cwd().resolve(), Path(__file__).resolve().parent
        candidates = [
            above / FOLDER_NAME for above in (here, *here.parents, source, *source.parents)
        ]
    for candidate in candidates:
        if (candidate / _PACKAGE).is_file():
            return candidate.resolve()
    raise ReferenceMissing(f"no folder {folder or FOLDER_NAME} with @stacks/clarinet-sdk in it")


def node_program() -> str:
    """The path of Node; `ReferenceMissing` where there is none."""
    node = shutil.which("node")
    if node is None:
        raise ReferenceMissing("no program `node`")
    return node


class Where(NamedTuple):
    """Heights of the last Stacks and burn blocks, and the epoch by its name."""

    block_height: int
    burn_block_height: int
    epoch: str


def invocation(
    op: str, contract: str, function: str, arguments: Iterable[Argument], sender: str
) -> Operation:
    """The operation of a log, `op` a "call" or a "read", that calls a function."""
    return {
        "op": op,
        "contract": contract,
        "function": function,
        "args": [_hex(argument) for argument in arguments],
        "sender": sender,
    }


def _hex(argument: Argument) -> str:
    if isinstance(argument, str):
        return argument
    data = argument if isinstance(argument, bytes) else serialize(argument)
    return f"0x{data.hex()}"


class ReferenceVM:
    """A chain of the interpreter's. Operations may be sent ahead of reading their receipts.

    The chain starts in epoch 2.05 at height 0, its clock at `genesis_time` (Unix seconds; now).
    When the interpreter crashes, or does not answer in time, the operation's receipt says so and
    the chain is rebuilt from the operations before it; what it asked for is an empty block then.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        timeout: float = 60.0,
        genesis_time: int | None = None,
    ) -> None:
        self._node = node_program()
        self._folder = reference_folder(folder)
        self._timeout = timeout
        self._genesis_time = int(time()) if genesis_time is None else genesis_time
        self._past: list[Operation] = []
        self._sent: list[Operation] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.panics = 0
        self.waited = 0.0
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self.close()

    def reset(self) -> None:
        """Begin a fresh chain."""
        self.apply({"op": "reset"})

    def epoch(self, name: str) -> None:
        """Enter an epoch."""
        self.apply({"op": "epoch", "epoch": name})

    def mint(self, to: str, amount: int) -> None:
        """Give an account micro-STX."""
        self.apply({"op": "mint", "to": to, "amount": str(amount)})

    def mine(self, *, stacks: int = 0, burn: int = 0) -> None:
        """Mine Stacks blocks, or burn blocks with a Stacks block each."""
        self.apply({"op": "mine", "burn": burn} if burn else {"op": "mine", "stacks": stacks})

    def deploy(self, contract: str, code: str, clarity: int) -> Receipt:
        """Deploy a contract."""
        return self._receipt(
            {"op": "deploy", "contract": contract, "code": code, "clarity": clarity}
        )

    def call(self, contract: str, function: str, args: Iterable[str], sender: str) -> Receipt:
        """Call a public function; arguments are consensus-serialised, in hex."""
        return self._receipt(invocation("call", contract, function, args, sender))

    def read(self, contract: str, function: str, args: Iterable[str], sender: str) -> Receipt:
        """Call a read-only function."""
        return self._receipt(invocation("read", contract, function, args, sender))

    def where(self) -> Where:
        """Where the chain stands."""
        answer = self._receipt({"op": "where"})
        return Where(answer["stacks"], answer["burn"], answer["epoch"])

    def apply(self, operation: Operation) -> Receipt | None:
        """Run one operation; its receipt where it has one."""
        self.send((operation,))
        return self.receive()[0]

    def run(self, operations: Iterable[Operation]) -> list[Receipt | None]:
        """Run operations; a receipt, or none, for each."""
        self.send(operations)
        return self.receive()

    def send(self, operations: Iterable[Operation]) -> None:
        """Hand operations over without waiting for their receipts."""
        given = list(operations)
        self._write(given)
        self._sent += given

    def receive(self) -> list[Receipt | None]:
        """The receipts, or none, of all operations sent since the last time."""
        began = monotonic()
        receipts: list[Receipt | None] = []
        sent, self._sent = self._sent, []
        while len(receipts) < len(sent):
            operation = sent[len(receipts)]
            answer = self._read(self._timeout)
            lost = answer is None or (answer.get("error") or {}).get("kind") == "panic"
            receipts.append(
                (answer or None)
                if answer is not None
                else {"ok": False, "error": {"kind": "timeout"}}
            )
            if lost:
                self.panics += 1
                if operation["op"] in ("deploy", "call"):
                    self._past.append(self._empty_block())
                elif operation["op"] == "transaction":
                    self._past.append({**operation, "does": None})
                self._rebuild()
                self._write(sent[len(receipts) :])
            elif operation["op"] == "reset":
                self._past.clear()
            elif operation["op"] not in _LOOKING:
                # Also those that failed: each had a block of its own.
                self._past.append(operation)
        self.waited += monotonic() - began
        return receipts

    def rewind(self, count: int) -> None:
        """Make the chain what it was after the first `count` operations; takes as long as they
        did."""
        del self._past[count:]
        self._rebuild()

    @property
    def count(self) -> int:
        """How many operations made the chain what it is."""
        return len(self._past)

    def close(self) -> None:
        """End the Node process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _receipt(self, operation: Operation) -> Receipt:
        receipt = self.apply(operation)
        if receipt is None:
            raise ReferenceBroken(f"no receipt for {operation['op']}")
        return receipt

    def _start(self) -> None:
        self.close()
        self._process = subprocess.Popen(
            [
                self._node,
                *_NODE_OPTIONS,
                str(_DRIVER),
                str(self._folder),
                str(self._genesis_time),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        stdout = self._process.stdout
        if stdout is None:
            raise ReferenceBroken("no pipe from node")
        # A fresh queue: a process that was given up may still have written to the old one.
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_pump, args=(stdout, self._answers), daemon=True).start()
        answer = self._read(_START_SECONDS)
        if answer is None or not answer.get("ready"):
            raise ReferenceBroken("node did not start")

    def _rebuild(self) -> None:
        self._start()
        self._write(self._past)
        for _ in self._past:
            answer = self._read(self._timeout)
            if answer is None or (answer.get("error") or {}).get("kind") == "panic":
                raise ReferenceBroken("the interpreter did not repeat what it had done")

    def _empty_block(self) -> Operation:
        """What mines the block that a transaction would have had."""
        epochs = [past["epoch"] for past in self._past if past["op"] == "epoch"]
        in_tenures = bool(epochs) and Epoch.parse(epochs[-1]).tip_burn_block
        return {"op": "mine", "stacks": 1} if in_tenures else {"op": "mine", "burn": 1}

    def _write(self, operations: Iterable[Operation]) -> None:
        if self._process is None or self._process.stdin is None:
            raise ReferenceBroken("the reference VM is closed")
        lines = "".join(json.dumps(operation) + "\n" for operation in operations)
        # Where Node has ended, the answer says so.
        with suppress(BrokenPipeError):
            self._process.stdin.write(lines.encode())
            self._process.stdin.flush()

    def _read(self, seconds: float) -> Receipt | None:
        """The next answer; `None` if it does not come in time."""
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        if not line:
            return {"ok": False, "error": {"kind": "panic"}}
        answer: Receipt = json.loads(line)
        return answer


def _pump(stdout: IO[bytes], answers: queue.SimpleQueue[bytes]) -> None:
    """Moves lines to the queue, so that neither side waits for a full pipe; at the end, `b""`."""
    for line in stdout:
        answers.put(line)
    answers.put(b"")
