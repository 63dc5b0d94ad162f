"""A copy is reviewed from the command line, here and over the API."""

import io
import json
import sys
import zipfile

import pytest

from habeas.model import Stage
from tests.cli.conftest import Habeas
from tests.fetching import fetched
from tests.office.world import World

NOTE = "Please call Bo Nielsen\nor bo@neighbour.example"


async def test_what_was_collected_is_shown_and_parts_of_it_are_taken_out(
    here: World, habeas: Habeas, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, address = await here.reviewed(NOTE)
    who = ("--by", "Kim", "--reason", "review", "--json")
    offered = {act["kind"]: act for act in (await habeas("request", "show", request_id, "--json")).json["possible"]}
    assert "rights_of_others" in offered["redact"]["choices"]
    page = (await habeas("request", "collected", request_id, *who)).json
    assert [one["system"] for one in page["systems"] if one["records"]] == ["crm"]
    (record,) = (one for one in page["records"] if "Nielsen" in str(one["values"]))
    (note,) = (one for one in record["values"] if one["path"] == "/note")
    assert [(one["kind"], NOTE[one["start"] : one["end"]]) for one in note["marks"]] == [
        ("name", "Bo Nielsen"),
        ("email", "bo@neighbour.example"),
    ]
    told = await habeas("request", "collected", request_id, *who[:-1])
    assert record["object"] in told.out
    assert "name 12-22" in told.out

    redact = ("request", "redact", request_id, "--ground", "rights_of_others", *who)
    place = ("--object", record["object"], "--field", "note")
    wrong = await habeas(*redact, *place, "--start", "3", "--end", "2")
    assert (wrong.code, "where in a text" in wrong.error["message"]) == (2, True)
    both = await habeas(*redact, *place, "--text", "a", "--text-from", "/nowhere")
    assert "one of --text and --text-from" in both.error["message"]
    assert (await habeas(*redact, *place, "--start", "12", "--end", "22")).json["note"] == "redacted"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\nor bo@neighbour.example\n")))
    assert (await habeas(*redact, "--text-from", "-")).json["note"] == "redacted"
    gone = (await habeas(*redact, "--object", record["object"], "--field", "total")).json["act_id"]
    assert (await habeas("request", "unredact", request_id, gone[:8], *who)).json["note"] == "unredacted"
    again = await habeas("request", "unredact", request_id, gone[:8], *who)
    assert (again.code, "none of this id" in again.error["message"]) == (2, True)
    nowhere = (await habeas(*redact, "--text", "Nobody says this")).json["act_id"]
    listed = (await habeas("request", "redactions", request_id, *who)).json
    assert [one["matches"] for one in listed] == [True, True, False]
    shown = (await habeas("request", "redactions", request_id, *who[:-1])).out
    assert "MATCHES NOTHING" in " ".join(shown.split())
    assert (await habeas("request", "unredact", request_id, nowhere, *who)).code == 0
    standing = (await habeas("request", "redactions", request_id, *who)).json
    assert [(one["part"], one["text"]) for one in standing] == [
        ("passage", "Bo Nielsen"),
        ("passage", "\nor bo@neighbour.example"),
    ]
    assert "Bo Nielsen" in (await habeas("request", "redactions", request_id, *who[:-1])).out

    approve = ("request", "approve", request_id, *who, "--plan")
    assert (await habeas(*approve, page["digest"][:12])).error["code"] == "bad_input"
    now = (await habeas("request", "collected", request_id, "--limit", "1", *who)).json
    assert now["next"]
    assert (await habeas(*approve, now["digest"][:12])).code == 0
    await here.reach(request_id, Stage.CLOSED)
    zipped = zipfile.ZipFile(io.BytesIO(await fetched(here.office, await here.link(address))))
    mark = "[redacted: rights of others]"
    assert f"Please call {mark}{mark}" in [one.get("note") for one in json.loads(zipped.read("data/crm/orders.json"))]
    timeline = await habeas("request", "timeline", request_id, "--json")
    assert "Something was taken out of the copy" in timeline.out
    assert "Nielsen" not in timeline.out
