"""The pack of a request says what was done and names nobody, unless one who may asks for it; it is checked alone."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from habeas.access import Scope
from habeas.errors import BadInput, KeyDestroyed, NotAllowed
from habeas.model import Stage
from habeas.pack_verifier import verify
from tests.office.world import World

NAME = "Grace Hopperova"
NOTE = "my invoices of last spring only"


@pytest.fixture(scope="module")
async def closed(here: World) -> tuple[str, str]:
    """A request for a copy that was released, and the person's address."""
    address = here.person(systems=("crm", "billing"), name=NAME)
    request_id = await here.open(address, note=NOTE)
    await here.office.submit_code(request_id, await here.code(address))
    await here.reach(request_id, Stage.CLOSED)
    async with here.ledger.begin() as tx:
        assert await tx.place_anchor(here.office._now())
    return request_id, address


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


async def test_it_says_what_was_done_by_which_rule_and_names_nobody(here: World, closed: tuple[str, str]) -> None:
    request_id, address = closed
    made = await here.office.evidence_pack(request_id, by="Kim")
    keys = here.ledger.vault.evidence_keys()
    verdict = verify(made.content, key=keys[0])
    assert verdict.findings == ()
    assert (verdict.request_id, verdict.events, verdict.anchored) == (request_id, made.events, made.events)
    files = opened(made.content)
    report: dict[str, Any] = json.loads(files["report.json"])
    assert report["request"]["outcome"] == "fulfilled"
    assert "GDPR 12(3)" in {one["what"]: one["rule"] for one in report["dates"]}["due_on"]
    assert report["why"] == next(
        one["facts"]["explanation"] for one in report["timeline"] if one["tag"] == "clock:computed"
    )
    assert {(one["system"], one["phase"]) for one in report["systems"]} >= {("crm", "collect"), ("billing", "collect")}
    assert [one["sha256"] for one in report["packages"]]
    assert all(one["digest"] for one in report["letters"])
    page = files["index.html"].decode()
    for said in (request_id, report["timeline"][-1]["hash"], report["letters"][0]["digest"], report["why"][0][:20]):
        assert said in page
    for name, content in files.items():
        for personal in (address, NAME, NOTE, "Grace", "Kim"):
            assert personal.encode() not in content, name
    assert not any(one.facts.get("what") == "evidence_pack" for one in await here.office.timeline(request_id))


async def test_with_personal_data_it_takes_a_right_and_a_reason_and_leaves_a_mark(
    here: World, closed: tuple[str, str]
) -> None:
    request_id, address = closed
    auditor = here.office.for_staff("kim", frozenset({Scope.REQUESTS_READ}))
    assert (await auditor.evidence_pack(request_id, by="Kim")).events
    with pytest.raises(NotAllowed):
        await auditor.evidence_pack(request_id, by="Kim", reason="asked", personal=True)
    with pytest.raises(BadInput, match="reason"):
        await here.office.evidence_pack(request_id, by="Kim", personal=True)
    made = await here.office.evidence_pack(request_id, by="Kim", reason="the authority asks", personal=True)
    assert verify(made.content).findings == ()
    personal = json.loads(opened(made.content)["personal.json"])
    assert {"kind": "email", "value": address} in personal["subject"]["identifiers"]
    assert [one["text"] for one in personal["messages"]] == [NOTE]
    assert NOTE in opened(made.content)["index.html"].decode()
    assert any(address in letter["content"]["to"] for letter in personal["letters"])
    last = (await here.office.timeline(request_id))[-1]
    assert (last.tag, last.facts["what"]) == ("personal_data:viewed", "evidence_pack")
    assert last.actor == here.office.actor("Kim")
    assert made.events == last.n, "the pack has the mark of its own making"


async def test_the_verifier_in_it_checks_it_alone(here: World, closed: tuple[str, str], tmp_path: Path) -> None:
    to = tmp_path / "pack.zip"
    written = await here.office.write_pack(closed[0], to=to, by="Kim")
    assert to.stat().st_mode & 0o777 == 0o600
    (tmp_path / "verify.py").write_bytes(opened(to.read_bytes())["verify.py"])
    words = [sys.executable, "-I", "-S", "verify.py", "pack.zip", "--key", written.key]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: ASYNC221, S603  # as an auditor does
    assert done.returncode == 0, done.stdout + done.stderr
    assert written.head in done.stdout
    with pytest.raises(BadInput, match="new file"):
        await here.office.write_pack(closed[0], to=to, by="Kim")


async def test_once_the_key_is_destroyed_it_says_the_same_and_can_name_nobody(
    here: World, closed: tuple[str, str]
) -> None:
    before = json.loads(opened((await here.office.evidence_pack(closed[0], by="Kim")).content)["report.json"])
    await here.ledger.destroy_key(closed[0], here.office._now())
    made = await here.office.evidence_pack(closed[0], by="Kim")
    assert verify(made.content).findings == ()
    after = json.loads(opened(made.content)["report.json"])
    assert (after["letters"], after["timeline"]) == (before["letters"], before["timeline"])
    with pytest.raises(KeyDestroyed):
        await here.office.evidence_pack(closed[0], by="Kim", reason="asked", personal=True)
