"""The command line: ``habeas``."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    from workers.cli.app import run

    code = run(sys.argv[1:])
    if "temporalio.bridge.temporal_sdk_bridge" in sys.modules:
        # The SDK's threads may touch the interpreter while it ends, which then aborts (sdk-python #300).
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
