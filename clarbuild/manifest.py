"""What there is to build at a path: a Clarinet project, a folder of contracts or a log.

Knows nothing of what a contract refers to.
"""

from __future__ import annotations

from pathlib import Path

from clarbuild.clarinet import MANIFEST_NAME, load_clarinet, rules
from clarbuild.files import Files
from clarbuild.problems import fault
from clarbuild.txlog import load_log
from clarbuild.units import DEPLOYER, Manifest, Unit, is_address
from compiler.addresses import is_contract_name
from compiler.versions import LATEST_EPOCH, ClarityVersion, Epoch


def load(
    path: Path,
    files: Files,
    *,
    version: ClarityVersion | None = None,
    epoch: Epoch | None = None,
) -> Manifest:
    """What `path` names; `version` and `epoch` are for contracts whose manifest names none."""
    if not files.exists(path):
        raise fault(
            str(path),
            "no-such-path",
            "no such file or folder",
            hint="give a folder with a Clarinet.toml, a folder of .clar files or a .jsonl log",
        )
    if files.is_folder(path):
        manifest = path / MANIFEST_NAME
        if files.exists(manifest):
            return load_clarinet(manifest, files, version, epoch)
        return _load_folder(path, files, version, epoch)
    if path.name.endswith(".jsonl"):
        return load_log(path, files)
    if path.name.endswith(".toml"):
        return load_clarinet(path, files, version, epoch)
    if path.name.endswith(".clar"):
        unit = _loose_unit(path, DEPLOYER, version, epoch)
        return Manifest("folder", path.stem, path.parent, path, (unit,))
    raise fault(
        str(path),
        "unknown-kind-of-input",
        "neither a folder, a Clarinet.toml, a .clar file nor a .jsonl log",
    )


def find_root(path: Path, files: Files) -> Path:
    """The nearest folder from `path` upwards that has a manifest; `path` where none has."""
    for folder in (path, *path.absolute().parents):
        if files.exists(folder / MANIFEST_NAME):
            return folder
    return path


def _load_folder(
    path: Path, files: Files, version: ClarityVersion | None, epoch: Epoch | None
) -> Manifest:
    units: dict[str, Unit] = {}
    for source in files.contracts(path):
        folders = source.relative_to(path).parts[:-1]
        deployer = next((name for name in reversed(folders) if is_address(name)), DEPLOYER)
        unit = _loose_unit(source, deployer, version, epoch)
        twin = units.setdefault(unit.id, unit)
        if twin is not unit:
            raise fault(
                str(source),
                "two-of-a-name",
                f"both this file and {twin.path} are contract {unit.id}",
                hint="put one into a folder named like its deployer's address, or add a manifest",
            )
    if not units:
        raise fault(
            str(path),
            "nothing-to-build",
            f"no {MANIFEST_NAME} and no .clar file here",
            hint="give the folder of a project, or run in it",
        )
    return Manifest("folder", path.resolve().name, path, path, tuple(units.values()))


def _loose_unit(
    source: Path, deployer: str, version: ClarityVersion | None, epoch: Epoch | None
) -> Unit:
    name = source.name.removesuffix(".clar")
    if not is_contract_name(name):
        raise fault(str(source), "bad-contract-name", f"{name!r} can't name a contract")
    version, epoch = rules(
        {},
        version,
        epoch or LATEST_EPOCH,
        lambda message, hint=None, _key="": fault(str(source), "bad-version", message, hint=hint),
    )
    return Unit(deployer, name, version, epoch, epoch, path=source)
