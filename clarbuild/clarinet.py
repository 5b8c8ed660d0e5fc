"""Reads `Clarinet.toml`; keys that it doesn't know are kept and ignored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from clarbuild.files import Files
from clarbuild.problems import InputError, fault
from clarbuild.units import ACCOUNTS, Manifest, Unit, is_address, read_text
from compiler.addresses import MAX_DEPLOYED_NAME_LENGTH, is_contract_name
from compiler.diagnostics import Span
from compiler.versions import EPOCH_NAMES, LATEST_EPOCH, ClarityVersion, Epoch

MANIFEST_NAME = "Clarinet.toml"

_ACCOUNT = re.compile(r"^\[accounts\.(?P<label>[\w-]+)\](?P<body>[^\[]*)", re.MULTILINE)
_ACCOUNT_ADDRESS = re.compile(r"^\s*#?\s*stx_address\s*[:=]\s*\"?(S\w+)", re.MULTILINE)
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


class Complain(Protocol):
    """Makes the error of a fault in an entry."""

    def __call__(self, message: str, hint: str | None = None, key: str = "") -> InputError:
        """The error; `key` is the entry's key that it is about."""


def load_clarinet(
    path: Path, files: Files, version: ClarityVersion | None, epoch: Epoch | None
) -> Manifest:
    """The project of a `Clarinet.toml`; all its faults are told at once."""
    # Imported late: a manifest that says what it said before is not parsed again.
    import tomllib

    text = read_text(path, files)
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _toml_fault(path, text, str(error)) from None
    except RecursionError:
        raise fault(str(path), "malformed-manifest", "nested too deep") from None
    root = path.parent
    project = settings.get("project", {})
    if not isinstance(project, dict):
        raise _at(path, text, "project", "malformed-manifest", "[project] is not a table")
    accounts = dict(ACCOUNTS) | _accounts(root, files)
    contracts = settings.get("contracts", {})
    if not isinstance(contracts, dict):
        raise _at(path, text, "contracts", "malformed-manifest", "[contracts] is not a table")
    units: list[Unit] = []
    faults: list[InputError] = []
    for name, row in contracts.items():
        try:
            units.append(
                _clarinet_unit(path, text, name, row, accounts, version=version, epoch=epoch)
            )
        except InputError as error:
            faults.append(error)
    try:
        units += _requirements(path, text, project, files)
    except InputError as error:
        faults.append(error)
    if faults:
        raise InputError(*(problem for error in faults for problem in error.problems))
    name = project.get("name")
    return Manifest(
        "project",
        name if isinstance(name, str) else root.resolve().name,
        root,
        path,
        tuple(units),
        accounts,
        {name: table for name, table in settings.items() if name != "contracts"},
    )


def _clarinet_unit(
    path: Path,
    text: str,
    name: str,
    row: object,
    accounts: Mapping[str, str],
    *,
    version: ClarityVersion | None,
    epoch: Epoch | None,
) -> Unit:
    def bad(message: str, hint: str | None = None, key: str = "") -> InputError:
        return _at(
            path, text, f"contracts.{name}", "bad-contract-entry", message, hint=hint, key=key
        )

    if not is_contract_name(name) or len(name) > MAX_DEPLOYED_NAME_LENGTH:
        raise bad(
            f"{name!r} can't name a contract",
            f"letters, digits, - and _, a letter first, at most {MAX_DEPLOYED_NAME_LENGTH} long",
        )
    if not isinstance(row, dict):
        raise bad(f"contract {name} is not a table", f'write [contracts.{name}] and path = "…"')
    source = row.get("path")
    if not isinstance(source, str) or not source:
        raise bad(f"contract {name} has no path", 'add path = "contracts/….clar"')
    version, epoch = rules(row, version, epoch, bad)
    label = row.get("deployer", "deployer")
    deployer = accounts.get(label) if isinstance(label, str) else None
    if deployer is None:
        deployer = label if isinstance(label, str) and is_address(label) else None
    if deployer is None:
        raise bad(
            f"unknown deployer {label!r} of contract {name}",
            f"known accounts: {', '.join(accounts)}; or write an address",
            "deployer",
        )
    return Unit(deployer, name, version, epoch, epoch, path=path.parent / source)


def _requirements(
    path: Path, text: str, project: Mapping[str, Any], files: Files
) -> Iterator[Unit]:
    """The contracts that Clarinet has fetched into the project's cache folder."""
    rows = project.get("requirements") or []
    if not isinstance(rows, list):
        raise _at(path, text, "project", "malformed-manifest", "requirements is not a list")
    folder = path.parent / str(project.get("cache_dir", ".cache")) / "requirements"
    for row in rows:
        contract = row.get("contract_id") if isinstance(row, dict) else None
        deployer, _, name = contract.partition(".") if isinstance(contract, str) else ("", "", "")
        if not is_address(deployer) or not is_contract_name(name):
            raise _at(
                path,
                text,
                "project",
                "bad-requirement",
                f"{contract!r} is no contract",
                hint='write { contract_id = "ADDRESS.name" }',
                key="requirements",
            )
        source = folder / f"{contract}.clar"
        version, epoch = _requirement_rules(folder / f"{contract}.json", files)
        yield Unit(deployer, name, version, epoch, epoch, path=source, required=True)


def _requirement_rules(path: Path, files: Files) -> tuple[ClarityVersion, Epoch]:
    """What Clarinet noted of a fetched contract: `{"epoch": "Epoch25", "clarity_version": …}`."""
    if not files.exists(path):
        return LATEST_EPOCH.newest_clarity, LATEST_EPOCH
    try:
        note = json.loads(read_text(path, files))
        digits = note["epoch"].removeprefix("Epoch").replace("_", "")
        version = ClarityVersion(int(note["clarity_version"].removeprefix("Clarity")))
        return version, Epoch.parse(f"{digits[0]}.{digits[1:]}")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise fault(
            str(path),
            "bad-requirement",
            "not a note of an epoch and a Clarity version",
            hint="delete it and let Clarinet fetch the requirement again",
        ) from None


def _accounts(root: Path, files: Files) -> dict[str, str]:
    """The accounts whose address the project's settings tell (Clarinet does in a comment)."""
    found: dict[str, str] = {}
    for name in ("Devnet.toml", "Simnet.toml"):
        path = root / "settings" / name
        if not files.exists(path):
            continue
        for account in _ACCOUNT.finditer(read_text(path, files)):
            address = _ACCOUNT_ADDRESS.search(account["body"])
            if address and is_address(address[1]):
                found[account["label"]] = address[1]
    return found


def _toml_fault(path: Path, text: str, message: str) -> InputError:
    place = _TOML_PLACE.search(message)
    line = text.count("\n") + 1
    column = len(text) - text.rfind("\n")
    if place:
        message = message[: place.start()]
        if place[1]:
            line, column = int(place[1]), int(place[2])
    return fault(
        str(path),
        "malformed-manifest",
        message[:1].lower() + message[1:],
        span=Span(line, column, line, column),
        text=text,
        hint="the file is not valid TOML",
    )


def _at(
    path: Path,
    text: str,
    table: str,
    code: str,
    message: str,
    *,
    hint: str | None = None,
    key: str = "",
) -> InputError:
    """A fault at the header of `table`, or at its `key` where it has one."""
    span = Span(1, 1, 1, 1)
    bare = table.replace('"', "")
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        header = line.strip()
        if header.startswith("["):
            inside = header.strip("[]").replace('"', "").replace("'", "").strip() == bare
            if inside:
                span = Span(number, 1, number, len(line))
                if not key:
                    break
        elif inside and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
            start = line.index("=") + 1
            start += len(line[start:]) - len(line[start:].lstrip()) + 1
            span = Span(number, start, number, max(start, len(line.rstrip())))
            break
    return fault(str(path), code, message, hint=hint, span=span, text=text)


def rules(
    row: Mapping[str, Any], version: ClarityVersion | None, epoch: Epoch | None, bad: Complain
) -> tuple[ClarityVersion, Epoch]:
    """Clarity version and epoch of an entry; Clarinet's defaults are 2.05 and an epoch's newest."""
    given = row.get("epoch")
    if given is not None:
        try:
            epoch = LATEST_EPOCH if given == "latest" else Epoch.parse(str(given))
        except ValueError:
            raise bad(
                f"unknown epoch {given!r}",
                f"one of {', '.join(EPOCH_NAMES.values())}, latest",
                "epoch",
            ) from None
    elif epoch is None:
        epoch = Epoch.EPOCH_2_05
    given = row.get("clarity_version")
    if given is not None:
        if type(given) is not int or given not in list(ClarityVersion):
            raise bad(
                f"unknown clarity_version {given!r}", "a number from 1 to 6", "clarity_version"
            )
        version = ClarityVersion(given)
    elif version is None:
        version = epoch.newest_clarity
    if version > epoch.newest_clarity:
        raise bad(
            f"{version} can't be used in epoch {epoch}, whose newest is {epoch.newest_clarity}",
            "name a later epoch" if given is not None else None,
            "clarity_version",
        )
    return version, epoch
