"""Requests that were opened under an older release are finished under this one: ``python -m tests.stack.builds REV``.

The older release is a commit's own files (``git archive``), run with this clone's packages on an installation of its
own. Then it is stopped for good, and this release is started on the same folder: it brings the ledger up to date, and
finds Temporal with the histories that the older one wrote.
"""

from __future__ import annotations

import asyncio
import io
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from habeas.model import Outcome, Right, Stage
from tests.acceptance.command import Habeas
from tests.acceptance.house import eventually
from tests.stack.helpers import command_process
from workers.maildir import messages
from workers.samples import ACCESS, ERASURE, SamplePerson

ROOT = Path(__file__).parents[2]
OLDER = ("ef9bd9a",)
"""Releases from before changes of the ledger's form and of the workflows."""
ENDS = {Right.ACCESS: Outcome.FULFILLED, Right.ERASURE: Outcome.PARTLY_FULFILLED}
WHO = ("--reason", "as it should be")


class Build:
    """One release on one installation's folder."""

    def __init__(self, code: Path, folder: Path) -> None:
        self._code = code
        self._folder = folder
        self._habeas = Habeas(folder / "habeas.toml")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Its stack: workers, desk, PostgreSQL, Temporal and the mail server."""
        words = ("-P", "-m", "workers", "up", "--data-dir", str(self._folder), "--people", "20", "--json")
        async with command_process(*words, environment={"PYTHONPATH": str(self._code)}) as stack:
            await stack.addresses()
            yield
            stack.process.send_signal(signal.SIGINT)
            code, said = await stack.ended()
            assert code == 0, said

    async def say(self, *words: str) -> dict[str, object]:
        """What this release's command line answers."""
        said = await self._habeas.run(*words, "--json", variables={"PYTHONPATH": str(self._code)})
        assert said.code == 0, f"{words[:2]}: {said.err}"
        answer: dict[str, object] = said.json
        return answer

    async def open(self, person: SamplePerson, right: Right) -> str:
        """A person asks."""
        words = ("request", "open", "--right", right.value, "--email", person.email, "--name", person.name)
        return str((await self.say(*words, "--by", "Desk"))["id"])

    async def prove(self, request_id: str) -> None:
        """The person gives the code from their mail."""
        await self.stands(request_id, Stage.VERIFYING)

        async def mailed() -> str | None:
            mails = await asyncio.to_thread(messages, self._folder)
            lines = [line.strip() for mail in mails if request_id in mail.text for line in mail.text.splitlines()]
            return next((line for line in lines if line.replace("-", "").isdigit() and len(line) >= 8), None)

        await self.say("request", "verify", request_id, "--code", await eventually(mailed, "the code"))

    async def approve(self, request_id: str, right: Right) -> None:
        """Staff look at it and approve: an erasure's plan two of them."""
        await self.stands(request_id, Stage.REVIEWING)
        if right is Right.ERASURE:
            plan = await self.say("request", "plan", request_id, "--by", "One", *WHO)
            for by in ("One", "Two"):
                await self.say("request", "approve", request_id, "--plan", str(plan["digest"]), "--by", by, *WHO)
        else:
            await self.say("request", "approve", request_id, "--by", "One", *WHO)

    async def stands(self, request_id: str, stage: Stage) -> dict[str, object]:
        """Wait until it is there; the request."""

        async def there() -> dict[str, object] | None:
            shown = (await self.say("request", "show", request_id))["request"]
            assert isinstance(shown, dict)
            return shown if shown["stage"] == stage else None

        return await eventually(there, f"{request_id} in {stage}", within=120)

    async def findings(self, request_id: str) -> object:
        """What is wrong with the request's evidence."""
        return (await self.say("evidence", "verify", request_id))["findings"]


async def opened_then_finished(revision: str, folder: Path) -> dict[str, object]:
    """Open under the older release, finish under this one.

    Returns:
        Request -> how it ended, with whatever is wrong in its evidence.
    """
    code = folder / "older"
    unpack(revision, code)
    data = folder / "data"
    older, newer = Build(code, data), Build(ROOT, data)
    async with older.running():
        waiting = {await older.open(ACCESS, Right.ACCESS): Right.ACCESS}
        reviewed = {await older.open(ERASURE, Right.ERASURE): Right.ERASURE}
        for request_id in reviewed:
            await older.prove(request_id)
            await older.stands(request_id, Stage.REVIEWING)
        for request_id in waiting:
            await older.stands(request_id, Stage.VERIFYING)
    async with newer.running():
        for request_id in waiting:
            await newer.prove(request_id)
        ended: dict[str, object] = {}
        for request_id, right in {**waiting, **reviewed}.items():
            await newer.approve(request_id, right)
            closed = await newer.stands(request_id, Stage.CLOSED)
            found = await newer.findings(request_id)
            ended[f"{right.value} {request_id}"] = found or closed["outcome"]
    return ended


def unpack(revision: str, folder: Path) -> None:
    """The files of a commit. CalledProcessError where this clone does not have it."""
    packed = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603, S607
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(folder, filter="data")


def has(revision: str) -> bool:
    """Whether this clone has the commit: a shallow one may not."""
    words = ["git", "cat-file", "-e", f"{revision}^{{commit}}"]
    return subprocess.run(words, cwd=ROOT, check=False, capture_output=True).returncode == 0  # noqa: S603


def main(revisions: Sequence[str]) -> int:
    """Try it with each; 1 if a request does not end as it should."""
    wrong = 0
    for revision in revisions or OLDER:
        with tempfile.TemporaryDirectory(prefix="habeas-builds-") as folder:
            ended = asyncio.run(opened_then_finished(revision, Path(folder)))
        for request, how in ended.items():
            wrong += how != ENDS[Right(request.split()[0])]
            sys.stdout.write(f"opened under {revision}: {request} ended here as {how}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
