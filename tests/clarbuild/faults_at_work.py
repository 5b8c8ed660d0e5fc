"""Builds that are killed, and builds beside each other: `faults_at_work.py WHAT FOLDER ROUNDS SEED`.

A process of its own, which has imported all and made nothing yet, and is forked for each build: the
tests' own process has threads.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

from workspace import environment

from cache import open_store
from cache.disk import DiskStore
from clarbuild.context import Options, Surroundings, silent
from clarbuild.outcome import Status
from clarbuild.run import Builder
from clarbuild.surroundings import toolchain

VARIANTS = 4
PROCESSES = 8
# Every so many kills one of the command itself, whose compilers are processes, too.
COMMAND_EVERY = 10
PATIENCE = 300.0

_LEAF = """\
(define-constant STEP u{variant})
(define-data-var total uint u0)
(define-read-only (get-total) (var-get total))
(define-public (add (n uint)) (ok (var-set total (+ (var-get total) n STEP))))
"""
_CALLER = """\
(define-constant STEP u{variant})
(define-map seen uint uint)
(define-read-only (before (n uint)) (default-to STEP (map-get? seen n)))
(define-public (pass (n uint))
  (begin
    (map-set seen n (+ (before n) STEP))
    (contract-call? .{below} {function} n)))
"""


def source(number: int, variant: int) -> str:
    """A contract: every third is called by the two after it."""
    if number % 3 == 0:
        return _LEAF.format(variant=variant + 1)
    function = "add" if number % 3 == 1 else "pass"
    return _CALLER.format(variant=variant + 1, below=f"c{number - 1}", function=function)


def write_project(root: Path, variants: dict[int, int], salt: int = 0) -> None:
    """A project of the contracts with these numbers, each in its variant.

    With another salt all have to be compiled again, and come to the same modules.
    """
    root.mkdir(exist_ok=True)
    rows = ['[project]\nname = "p"\n']
    for number, variant in variants.items():
        text = f"{source(number, variant)};; {salt}\n"
        (root / f"c{number}.clar").write_text(text)
        rows.append(f'[contracts.c{number}]\npath = "c{number}.clar"\nepoch = "3.1"\n')
    (root / "Clarinet.toml").write_text("\n".join(rows))


def where(home: Path) -> dict[str, Path]:
    """The cache of all, and its key."""
    return {"root": home / "cache", "seal_path": home / "state" / "seal.key"}


def built(root: Path, home: Path, *, size_limit: int | None = None) -> dict[str, str]:
    """Builds, in this process; the digest of each contract's module, read from the cache."""
    limit = {} if size_limit is None else {"size_limit": size_limit}
    with open_store(**where(home), **limit) as store:  # type: ignore[arg-type]
        around = Surroundings(store, home / "state", toolchain())
        result = Builder(root, Options(jobs=1), around).build(silent)
        assert result.ok, [outcome.problems for outcome in result.outcomes]
        with store.lease():
            found: dict[str, str] = {}
            for outcome in result.outcomes:
                assert outcome.status in (Status.BUILT, Status.CACHED)
                assert outcome.wasm is not None
                data = store.get_blob(outcome.wasm)
                # Another process may evict what a build that has ended used.
                if size_limit is None:
                    assert isinstance(data, bytes), data
                found[outcome.unit.name] = outcome.wasm.hex
        assert store.problem is None, store.problem
    return found


class Build:
    """A build in a process of its own."""

    def __init__(self, root: Path, home: Path, out: Path, size_limit: int | None = None) -> None:
        self._out = out
        out.unlink(missing_ok=True)
        self._pid = os.fork()
        if self._pid:
            return
        code = 1
        try:
            found = built(root, home, size_limit=size_limit)
            temporary = out.with_suffix(".tmp")
            temporary.write_text(json.dumps(found))
            temporary.replace(out)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def kill(self) -> bool:
        """Kills it; whether it was at work still."""
        os.kill(self._pid, signal.SIGKILL)
        return os.waitpid(self._pid, 0)[1] == signal.SIGKILL

    def answer(self) -> dict[str, str]:
        """What it came to; not for ever."""
        end = time.monotonic() + PATIENCE
        while True:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                self.kill()
                raise AssertionError(f"a build took more than {PATIENCE} s")
            time.sleep(0.01)
        assert status == 0, status
        found: dict[str, str] = json.loads(self._out.read_text())
        return found


def expected(folder: Path, numbers: range) -> dict[tuple[str, int], str]:
    """The module of each contract in each variant, each built in a cache of its own."""
    found: dict[tuple[str, int], str] = {}
    for variant in range(VARIANTS):
        root, home = folder / f"expected-{variant}", folder / f"expected-home-{variant}"
        write_project(root, dict.fromkeys(numbers, variant))
        for name, digest in Build(root, home, folder / "expected.json").answer().items():
            found[name, variant] = digest
    return found


def nothing_is_left_behind(home: Path) -> None:
    """After a collection: all is sound, and no file is without its row, nor a blob without use."""
    with open_store(**where(home)) as store:
        assert isinstance(store, DiskStore)
        assert store.verify().problems == []
        store.gc(grace=0)
        assert store.stat().leases == 0
        sql = store._generation.cache.sql
        named = {name for (name,) in sql("SELECT filename FROM Cache WHERE filename IS NOT NULL")}
        assert named == set(store._generation.cache.disk.files())
        again = store.gc(grace=0)
        assert again.dropped == {}
        assert again.stray_files == 0
    version = home / "cache" / "v1"
    assert [path.name for path in version.iterdir() if path.name.startswith(".")] == []
    assert list((version / "leases").iterdir()) == []


def variants(rng: random.Random, numbers: range) -> dict[int, int]:
    """Each contract in some variant."""
    return {number: rng.randrange(VARIANTS) for number in numbers}


def kills(folder: Path, rounds: int, rng: random.Random) -> str:
    """Kills a build at any moment of it, and builds again, so many times."""
    numbers = range(9)
    right = expected(folder, numbers)
    root, out = folder / "project", folder / "out.json"
    write_project(root, dict.fromkeys(numbers, 0))
    started = time.monotonic()
    Build(root, folder / "first", out).answer()
    longest = 1.2 * (time.monotonic() - started)
    killed = 0
    for number in range(rounds):
        chosen = variants(rng, numbers)
        write_project(root, chosen, rng.choice((0, number)))
        if rng.random() < 0.1:
            shutil.rmtree(folder / "cache", ignore_errors=True)
        if number % COMMAND_EVERY == COMMAND_EVERY - 1:
            killed += _kill_command(root, folder, rng.uniform(0.2, 4 * longest))
        else:
            build = Build(root, folder, out)
            time.sleep(rng.uniform(0, longest))
            killed += build.kill()
        found = Build(root, folder, out).answer()
        wanted = {f"c{n}": right[f"c{n}", variant] for n, variant in chosen.items()}
        assert found == wanted, number
        nothing_is_left_behind(folder)
    return f"{rounds} builds, {killed} of them killed before their end"


def _kill_command(root: Path, home: Path, seconds: float) -> bool:
    """Kills the real command, with two processes that compile; whether it was at work still."""
    process = subprocess.Popen(
        [sys.executable, "-m", "clarbuild", "build", str(root), "--jobs", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(home),
    )
    time.sleep(seconds)
    process.kill()
    return process.wait(PATIENCE) == -signal.SIGKILL


def beside(folder: Path, rounds: int, rng: random.Random) -> str:
    """Builds projects that share contracts at once; at times in a cache that can't hold them all."""
    numbers = range(12)
    right = expected(folder, numbers)
    shares = [range(6), range(3, 9), range(6, 12), numbers]
    for number in range(rounds):
        chosen = variants(rng, numbers)
        small = 200_000 if number % 4 == 3 else None
        running = []
        for place in range(PROCESSES):
            share = shares[place % len(shares)]
            root, out = folder / f"project-{place}", folder / f"out-{place}.json"
            write_project(root, {n: chosen[n] for n in share}, number)
            running.append((share, Build(root, folder, out, small)))
        for share, build in running:
            wanted = {f"c{n}": right[f"c{n}", chosen[n]] for n in share}
            assert build.answer() == wanted, number
        if small is None:
            nothing_is_left_behind(folder)
    return f"{rounds} rounds of {PROCESSES} builds at once"


def main() -> None:
    """What the command line asks for; says what was done in one line."""
    import compiler.pipeline
    import runtime.engine

    del compiler, runtime
    what, folder, rounds, seed = sys.argv[1:]
    campaign = {"kills": kills, "beside": beside}[what]
    print(campaign(Path(folder), int(rounds), random.Random(int(seed))))


if __name__ == "__main__":
    main()
