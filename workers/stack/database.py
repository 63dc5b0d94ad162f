"""The PostgreSQL server as a part of the stack."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from workers.postgres import EmbeddedPostgres
from workers.stack.options import PartName


class PostgresPart:
    """Starts, stops and kills one embedded server like any other part."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server

    @property
    def name(self) -> str:
        """Its name in the stack."""
        return PartName.POSTGRES

    @property
    def log(self) -> Path:
        """Where the server's output goes."""
        return self.server.log

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running server."""
        return self.server.process

    def last_words(self) -> str:
        """The end of what it wrote to its log since it was started."""
        return self.server.last_words()

    async def start(self) -> None:
        """Start it and wait until it answers. Raises PostgresFailed."""
        await self.server.__aenter__()

    async def stop(self) -> None:
        """Stop it: its sessions end, its data is safe."""
        await self.server.__aexit__(None, None, None)

    def kill(self) -> None:
        """End it now; its backends notice by themselves."""
        process, self.server.process = self.server.process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.server.stop()
