"""What is built, as values: units and the manifest that lists them; reads nothing itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from clarbuild.files import Files
from clarbuild.problems import fault
from compiler.addresses import decode_address
from compiler.versions import ClarityVersion, Epoch

# The accounts that Clarinet writes into a new project's settings.
DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
ACCOUNTS: Mapping[str, str] = {
    "deployer": DEPLOYER,
    "wallet_1": "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5",
    "wallet_2": "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG",
    "wallet_3": "ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC",
    "wallet_4": "ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND",
    "wallet_5": "ST2REHHS5J3CERCRBEPMGH7921Q6PYKAADT7JP2VB",
    "wallet_6": "ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0",
    "wallet_7": "ST3PF13W7Z0RRM42A8VZRVFQ75SV1K26RXEP8YGKJ",
    "wallet_8": "ST3NBRSFKX28FQ2ZJ1MAKX58HKHSDGNV5N7R21XCP",
}

_ADDRESS = re.compile(r"S[0-9A-Z]{25,41}")

Kind = Literal["project", "folder", "log"]


class Unit(Struct, frozen=True):
    """A contract to build: who deploys it, where its source stands, under which rules.

    One of a log's units is `boot` where it was there before the log's first line.
    """

    deployer: str
    name: str
    version: ClarityVersion
    epoch: Epoch
    cost_epoch: Epoch
    path: Path | None = None
    code: str | None = None
    line: int = 0
    segment: int = 0
    required: bool = False
    boot: bool = False

    @property
    def rules(self) -> tuple[int, int, int]:
        """Clarity version, epoch and the cost table's epoch: what decides besides the source."""
        return self.version, self.epoch, self.cost_epoch

    @property
    def id(self) -> str:
        """The contract's identifier on the chain."""
        return f"{self.deployer}.{self.name}"

    @property
    def label(self) -> str:
        """What tells the unit from all others of its manifest: in a log, a contract comes often."""
        return f"{self.id}@{self.line}" if self.line else self.id


class Manifest(Struct, frozen=True):
    """The units to build; `ordered` ones can refer only to earlier units of their segment.

    `settings` are the tables of a Clarinet.toml, but for the contracts, which are units.
    """

    kind: Kind
    name: str
    root: Path
    location: Path
    units: tuple[Unit, ...]
    accounts: Mapping[str, str] = field(default_factory=lambda: ACCOUNTS)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ordered(self) -> bool:
        """Whether the order of the units is that of their deployment."""
        return self.kind == "log"


def read_text(path: Path, files: Files) -> str:
    """The text of a manifest; unreadable or undecodable ones are the user's to mend."""
    try:
        return files.read(path).decode()
    except OSError as error:
        raise fault(str(path), "unreadable", describe_os_error(error)) from None
    except UnicodeDecodeError as error:
        raise fault(
            str(path), "not-utf8", f"not valid UTF-8 at byte {error.start}", hint="save it as UTF-8"
        ) from None


def describe_os_error(error: OSError) -> str:
    """What the operating system says, without errno and path."""
    return (error.strerror or str(error)).lower()


def is_address(text: str) -> bool:
    """Whether `text` is an address, its check sum included."""
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        decode_address(text)
    except ValueError:
        return False
    return True
