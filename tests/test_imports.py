"""Imports point one way: clarbuild -> all; runtime -> cache and what describes a module; others none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("clarbuild", "compiler", "runtime", "cache")
# Of the compiler: what describes a compiled module and its values; the doors to compiling, for the
# chain that compiles what it is given; and the names of words, for the generator of programs.
DESCRIPTION = {
    "pipeline",
    "analysis",
    "words.names",
    "abi",
    "addresses",
    "consensus",
    "consensus_untyped",
    "contracts",
    "costs",
    "description",
    "diagnostics",
    "interface",
    "interface_bytes",
    "interface_names",
    "layout",
    "type_relations",
    "type_sizes",
    "types",
    "values",
    "versions",
}


def imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            # `from compiler import abi` names a module as well.
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in found if name.split(".")[0] in PACKAGES]


@pytest.mark.parametrize("package", ["compiler", "cache"])
def test_compiler_and_cache_know_none_of_the_others(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        for name in imports(path):
            assert name.split(".")[0] == package, f"{path.relative_to(ROOT)} imports {name}"


def test_runtime_knows_the_cache_and_what_describes_a_module() -> None:
    for path in (ROOT / "runtime").rglob("*.py"):
        for name in imports(path):
            package, _, rest = name.partition(".")
            where = path.relative_to(ROOT)
            assert package != "clarbuild", f"{where} imports {name}"
            if package == "compiler":
                known = rest.split(".")[0] in DESCRIPTION or rest.startswith("words.names")
                assert known, f"{where} imports {name}"
