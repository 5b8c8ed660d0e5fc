"""Starts the processes that write to a chain's folder until they are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
