"""Generates a project of any number of contracts in layers: the larger ones that builds are timed
on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

LAYERS: Final = 20
EPOCH: Final = "3.1"

# About what a small contract of mainnet is: two maps or variables, four functions.
_CONTRACT: Final = """\
;; contract {number} of layer {layer}
(define-constant ERR-LIMIT (err u{number}))
(define-data-var total uint u{number})
(define-map balances principal uint)
(define-read-only (get-total) (var-get total))
(define-read-only (get-balance (who principal)) (default-to u0 (map-get? balances who)))
(define-public (add (amount uint))
  (let ((balance (+ (get-balance tx-sender) amount)))
    (asserts! (< balance u{limit}) ERR-LIMIT)
    (map-set balances tx-sender balance)
    (var-set total (+ (var-get total) amount))
{calls}    (print {{ event: "add", amount: amount, balance: balance }})
    (ok balance)))
"""
_CALL: Final = "    (try! (contract-call? .{name} add amount))\n"


def generate(folder: Path, contracts: int, layers: int = LAYERS) -> list[Path]:
    """Writes a project into a new folder; the sources, the lowest layer first.

    Each contract above the lowest layer calls two of the layer beneath it.
    """
    width = -(-contracts // layers)
    sources = folder / "contracts"
    sources.mkdir(parents=True)
    rows = ['[project]\nname = "layers"\n']
    paths: list[Path] = []
    for number in range(contracts):
        layer, place = divmod(number, width)
        below = [(layer - 1) * width + other % width for other in (place, place + 1) if layer > 0]
        calls = "".join(_CALL.format(name=_name(other)) for other in dict.fromkeys(below))
        path = sources / f"{_name(number)}.clar"
        path.write_text(
            _CONTRACT.format(number=number, layer=layer, limit=10**9 + number, calls=calls)
        )
        paths.append(path)
        rows.append(
            f'[contracts.{path.stem}]\npath = "contracts/{path.name}"\n'
            f'clarity_version = 3\nepoch = "{EPOCH}"\n'
        )
    (folder / "Clarinet.toml").write_text("\n".join(rows))
    return paths


def _name(number: int) -> str:
    return f"contract-{number}"
