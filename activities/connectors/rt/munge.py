"""Taking words out of texts, by RT's own tool: the only way that RT has. It runs where RT is, as its own process.

https://docs.bestpractical.com/rt/5.0.3/rt-munge-attachments.html. It replaces plain strings, in any case, in bodies and
headers of text parts, encoded ones too when it is given transactions. It leaves subjects, file names and other parts.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable

from activities.connectors.rt.settings import MungeSettings
from habeas.errors import Terminal, Transient

__all__ = ["MARK", "Munge"]

MARK = "[erased]"
"""What stands where a word was."""

# Command lines are seen by everybody on a machine, and in its logs. So the tool gets its words through its standard
# input: the first line is the tool, the second its transactions, the others are words.
_RUN = r"""
chomp(my ($tool, $transactions, @words) = <STDIN>);
-r $tool or die "no such tool\n";
for my $word (@words) {
    local @ARGV = ("--search=$word", "--replacement=$ENV{HABEAS_MARK}", "--transactions=$transactions");
    do $tool;
    die "the tool failed\n" if $@;
}
"""
_NO_TRANSACTION = 2**31 - 1


class Munge:
    """The tool, as the settings say where it is."""

    def __init__(self, system: str, settings: MungeSettings) -> None:
        self._system = system
        self._settings = settings

    async def replace(self, words: Iterable[str], transactions: Iterable[int]) -> None:
        """Replace words by `MARK` in all texts of these transactions.

        Raises:
            Terminal: the tool is not there or fails, or a word has a line break in it.
            Transient: it does not end in time.
        """
        given = tuple(words)
        if any(not word.isprintable() or not word.strip() for word in given):
            raise Terminal(f"{self._system}: a word that is no line of text cannot be taken out.", system=self._system)
        lines = [str(self._settings.tool), ",".join(map(str, transactions)), *given]
        command = [*self._settings.via, "env", f"HABEAS_MARK={MARK}", "perl", "-e", _RUN]
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise Terminal(
                f"{self._system}: munging cannot start ({type(error).__name__}).", system=self._system
            ) from None
        try:
            async with asyncio.timeout(self._settings.timeout):
                await process.communicate("\n".join([*lines, ""]).encode())
        except TimeoutError:
            raise Transient(f"{self._system}: munging did not end in time.", system=self._system) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise Terminal(f"{self._system}: munging failed (status {process.returncode}).", system=self._system)

    async def check(self) -> str | None:
        """What keeps the tool from running; None if nothing does. It is run on a transaction that there is not."""
        try:
            await self.replace((secrets.token_hex(16),), (_NO_TRANSACTION,))
        except (Terminal, Transient) as error:
            return error.detail
        return None
