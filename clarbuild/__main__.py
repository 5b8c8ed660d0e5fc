"""The `clarbuild` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line; asking for the version imports nothing else."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from clarbuild.version import VERSION

        print(f"clarbuild {VERSION}")
        return
    from clarbuild.cli import app

    app(prog_name="clarbuild")


if __name__ == "__main__":
    main()
