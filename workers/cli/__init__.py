"""The command line: ``habeas``."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    from workers.cli.app import run

    sys.exit(run(sys.argv[1:]))
