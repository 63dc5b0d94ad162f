"""Does this container do its work? Exit code 0 if so; else 1, and a line that says why.

The role is the container's own command, or the word given: ``worker`` or ``desk``. Each answers its own ``/readyz``.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from habeas.errors import HabeasError
from workers.settings import Settings
from workers.wiring import load_settings

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what listens everywhere is asked here


class NotReady(Exception):
    """Why not."""


def where(settings: Settings, words: Sequence[str]) -> tuple[str, int]:
    """The host and port at which this role answers.

    Raises:
        NotReady: it is no role that answers.
    """
    if "desk" in words:
        return settings.desk.host, settings.desk.port
    if "worker" in words and settings.health.port:
        return settings.health.host, settings.health.port
    if "worker" in words:
        raise NotReady("`health.port` is not set")
    raise NotReady("this container is neither a worker nor a desk")


def ask(host: str, port: int) -> None:
    """Ask it.

    Raises:
        NotReady: it is not, or does not answer.
    """
    host = ANYWHERE.get(host, host)
    name = f"[{host}]" if ":" in host else host
    try:
        urllib.request.urlopen(f"http://{name}:{port}/readyz", timeout=8).close()
    except urllib.error.HTTPError as error:
        said = json.loads(error.read() or b"{}")
        raise NotReady(f"{said.get('error', error.code)}: {said.get('remedy', '')}".strip(": ")) from None
    except (urllib.error.URLError, OSError) as error:
        raise NotReady(f"port {port}: {type(error).__name__}") from None


def main(words: Sequence[str]) -> int:
    """Check one role."""
    words = words or Path("/proc/1/cmdline").read_text().split("\0")
    try:
        ask(*where(load_settings(), words))
    except (NotReady, HabeasError) as error:
        sys.stderr.write(f"not ready: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
