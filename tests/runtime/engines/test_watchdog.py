"""A stretch that takes too long is ended, and what comes after it is left alone."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from runtime.engines.watchdog import Overdue, Watchdog, interruptible_engine

REPOSITORY = Path(__file__).parents[3]
UNDER_A_PROFILER = """
import sys
from runtime.engines.watchdog import Watchdog, interruptible_engine

dog = Watchdog(interruptible_engine("debug"), 60.0)
sys.setprofile(lambda *_: None)
for _ in range(3):
    with dog.limited():
        pass
sys.setprofile(None)
print("went on")
"""


def test_who_has_a_profiler_or_a_tracer_goes_on() -> None:
    for program in (UNDER_A_PROFILER, UNDER_A_PROFILER.replace("setprofile", "settrace")):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("went on\n", "")


def test_what_fires_in_the_last_moment_hits_nothing_that_comes_after() -> None:
    seconds = 0.02
    dog = Watchdog(interruptible_engine("debug"), seconds)
    overdue = in_time = 0
    for turn in range(100):
        end = time.perf_counter() + seconds * (0.5 + turn % 50 / 50)
        try:
            with dog.limited():
                while time.perf_counter() < end:
                    pass
            in_time += 1
        except Overdue:
            overdue += 1
        # Would be raised here, at the latest.
        for _ in range(50):
            time.perf_counter()
    dog.close()
    assert overdue > 0
    assert in_time > 0


def test_it_ends_a_loop_that_has_no_end() -> None:
    dog = Watchdog(interruptible_engine("debug"), 0.05)
    for _ in range(3):
        try:
            with dog.limited():
                while True:
                    pass
        except Overdue:
            continue
        raise AssertionError("it came to an end")
    dog.close()
