"""``habeas`` as staff type it: real processes, and everything they said."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from workers.cli.app import run as run_words


@dataclass(frozen=True)
class Said:
    """How one command ended."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.err.strip().splitlines()[-1])["error"]
        return found


class Habeas:
    """The command line on one installation. ``heard`` keeps what was said by commands that may name nobody."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.heard: list[Said] = []

    async def __call__(self, *words: str, code: int = 0, personal: bool = False, config: Path | None = None) -> Said:
        """Run one command with ``--json``; it must end with this exit code.

        ``personal``: it was asked to show personal data, so its output may.
        """
        said = await self.run(*words, "--json", config=config)
        if not personal:
            self.heard.append(said)
        assert said.code == code, f"habeas {words[:2]}: {said.code}\n{said.out}\n{said.err}"
        return said

    async def here(self, *words: str, code: int = 0, personal: bool = False) -> Said:
        """The same in this process, where imports are paid once."""
        said = await asyncio.to_thread(_run_here, (*words, "--json", "--config", str(self.config)))
        if not personal:
            self.heard.append(said)
        assert said.code == code, f"habeas {words[:2]}: {said.code}\n{said.out}\n{said.err}"
        return said

    async def run(self, *words: str, config: Path | None = None, variables: Mapping[str, str] | None = None) -> Said:
        """Run one command as it is, however it ends; with these variables besides."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HABEAS_", "TEMPORAL_"))}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "workers", *words),
            env={**kept, "HABEAS_CONFIG": str(config or self.config), **(variables or {})},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), 60)
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()
        return Said(words, process.returncode or 0, out.decode(), err.decode())


def _run_here(words: tuple[str, ...]) -> Said:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run_words(words)
    return Said(words, code, out.getvalue(), err.getvalue())
