"""The commands of docs/specification.md do what the page says, run in their order as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.reference import FOLDER_VARIABLE
from tests.interpreter import interpreter_folder

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "specification.md"
MARK = "--- end of a command ---"


def commands() -> list[tuple[str, str]]:
    """Commands with the outputs that the page shows."""
    found: list[tuple[list[str], list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(([line[2:]], []))
            elif line == ">" or line.startswith("> "):
                found[-1][0].append(line[2:])
            else:
                found[-1][1].append(line)
    return [("\n".join(lines), "\n".join(output)) for lines, output in found]


def pattern(output: str) -> str:
    return ".*".join(map(re.escape, output.split("…")))


def test_the_commands_of_the_page_do_what_it_says(tmp_path):
    pytest.importorskip("uvicorn")
    reference = interpreter_folder()
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    pairs = commands()
    assert len(pairs) > 20
    script = "".join(f"{command}\necho '{MARK}'\n" for command, _ in pairs)
    scripts = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(tmp_path),
        "COLUMNS": "200",
        FOLDER_VARIABLE: str(reference),
    }
    done = subprocess.run(
        ["bash", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        timeout=600,
        check=False,
    )
    outputs = done.stdout.split(f"{MARK}\n")
    for (command, wanted), output in zip(pairs, outputs, strict=False):
        given = output.strip("\n")
        assert re.fullmatch(pattern(wanted), given, re.DOTALL), f"$ {command}\n{given}"
    assert len(outputs) == len(pairs) + 1
