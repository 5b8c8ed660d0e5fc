"""Reads the deployments of a transaction log, each under the epoch in force; knows no calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clarbuild.files import Files
from clarbuild.problems import InputError, fault
from clarbuild.units import Manifest, Unit, is_address, read_text
from compiler.addresses import is_contract_name
from compiler.diagnostics import Span
from compiler.versions import ClarityVersion, Epoch

_LATER = re.compile(r"deploy|epoch|reset")


def load_log(path: Path, files: Files) -> Manifest:
    """The deployments of a log, `reset` beginning a new segment of them."""
    text = read_text(path, files)
    units: list[Unit] = []
    epoch = Epoch.EPOCH_2_05
    segment = 0
    for number, line in enumerate(text.split("\n"), 1):
        # Most of a log are calls: only lines that can concern a deployment are parsed.
        if not _LATER.search(line):
            continue
        try:
            row = json.loads(line)
            match row["op"]:
                case "reset":
                    segment += 1
                    epoch = Epoch.EPOCH_2_05
                case "epoch":
                    epoch = Epoch.parse(row["epoch"])
                case "deploy":
                    units.append(_deployed(row, path.parent, number, segment, epoch))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _log_fault(path, text, number, error) from None
    return Manifest("log", path.stem, path.parent, path, tuple(units))


def _deployed(row: Mapping[str, Any], folder: Path, line: int, segment: int, epoch: Epoch) -> Unit:
    deployer, _, name = row["contract"].partition(".")
    if not is_address(deployer) or not is_contract_name(name):
        raise ValueError(f"{row['contract']!r} is no contract identifier")
    source = row.get("source")
    return Unit(
        deployer,
        name,
        ClarityVersion(row["clarity"]),
        Epoch.parse(row["epoch"]) if row.get("boot") else epoch,
        epoch,
        path=folder / source if isinstance(source, str) else None,
        code=str(row["code"]) if source is None else None,
        line=line,
        segment=segment,
        boot=bool(row.get("boot")),
    )


def _log_fault(path: Path, text: str, line: int, error: Exception) -> InputError:
    column = 1
    match error:
        case json.JSONDecodeError():
            column = error.colno
            message = f"not valid JSON: {error.msg.lower()}"
        case KeyError():
            message = f"the operation has no field {error.args[0]!r}"
        case TypeError() | RecursionError():
            message = "not an operation of a transaction log"
        case _:
            message = str(error)
    return fault(
        str(path), "malformed-log", message, span=Span(line, column, line, column), text=text
    )
