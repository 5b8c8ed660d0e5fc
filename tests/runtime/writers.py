"""Starts the processes that write to a chain's folder, and kills them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def start(script: Path, folder: Path, kind: str) -> subprocess.Popen[str]:
    """A writer at work; it says on its output what it has committed."""
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), kind],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def first_said(process: subprocess.Popen[str]) -> str:
    """A writer's first line; what went wrong, and the test fails, where it says nothing."""
    assert process.stdout is not None
    first = process.stdout.readline()
    if not first:
        pytest.fail(process.communicate(timeout=60)[1])
    return first


def killed(process: subprocess.Popen[str], seconds: float) -> list[str]:
    """Kill a writer after so many seconds at most; the lines that it has said since the first.

    A line that the kill cut short says nothing.
    """
    assert process.stdout is not None
    time.sleep(random.uniform(0, seconds))
    process.kill()
    # Not by communicate(): that loses what readline() read ahead.
    lines = [line for line in process.stdout if line.endswith("\n")]
    process.communicate(timeout=60)
    return lines
