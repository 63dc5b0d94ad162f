from datetime import UTC, datetime, timedelta

from habeas.model import Stage
from tests.cli.conftest import Habeas
from tests.office.world import World


async def test_asking_charging_and_refusing_a_part_from_the_command_line(here: World, habeas: Habeas) -> None:
    address = here.person()
    request_id = await here.proven(address, "erasure")
    await here.reach(request_id, Stage.REVIEWING)
    ask = ("request", "ask", request_id, "--question", "Which account do you mean?", "--by", "Kim", "--json")
    asked = await habeas(*ask)
    assert asked.err == ""
    assert (asked.code, asked.json["note"] in {"asked", "asked_and_the_clock_waits"}) == (0, True)
    fee = await habeas(*ask, "--for", "fee")
    assert (fee.code, "charge" in fee.error["message"]) == (2, True)
    offered = {act["kind"]: act for act in (await habeas("request", "show", request_id, "--json")).json["possible"]}
    assert {"resume", "exempt", "ask", "charge"} <= offered.keys()
    assert "announce_delay" not in offered, "nothing was promised, and the term is not over"
    assert "excessive" in offered["charge"]["choices"]
    resume = ("request", "resume", request_id, "--by", "Kim", "--reason", "it came")
    assert (await habeas(*resume)).code == 0

    charge = ("request", "charge", request_id, "--by", "Kim", "--reason", "the ninth", "--json")
    wrong = await habeas(*charge, "--amount", "ten", "--ground", "excessive")
    assert (wrong.code, wrong.error["code"]) == (2, "bad_input")
    unknown = await habeas(*charge, "--amount", "EUR 10", "--ground", "greed")
    assert "manifestly_unfounded" in unknown.error["message"]
    assert (await habeas(*charge, "--amount", "EUR 10", "--ground", "excessive")).code == 0
    assert (await habeas(*resume)).code == 0

    delay = ("request", "announce-delay", request_id, "--by", "Kim", "--reason", "the archive is slow", "--json")
    past = await habeas(*delay, "--expected", "2020-02-30")
    assert (past.code, past.error["code"]) == (2, "bad_input")
    day = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    early = await habeas(*delay, "--expected", day)
    assert early.error["code"] == "not_allowed"
    assert "no delay to tell of" in early.error["message"]

    refuse = ("request", "refuse", request_id, "--ground", "excessive", "--by", "Kim", "--reason", "again", "--json")
    for stated, why in (
        (("--also-asked", "last May"), "a day, as"),
        (("--also-asked", "2026-05-01"), "also-asked-record"),
        (("--also-asked-record", "binder 7"), "on which days"),
        (("--also-asked", "2026-05-01", "--also-asked-record", "binder 7"), "only a ground that is about repeating"),
    ):
        answer = await habeas(*refuse, *stated)
        assert (answer.code, answer.error["code"]) == (2, "bad_input")
        assert why in answer.error["message"]

    exempt = ("request", "exempt", request_id)
    who = ("--by", "Kim", "--reason", "a claim is pending", "--json")
    nothing = await habeas(*exempt, "diaries", "--ground", "legal_claims", *who)
    assert "contact" in nothing.error["message"]
    assert (await habeas(*exempt, "contact", "--ground", "legal_claims", *who)).json["note"] == "exempted"
    told = await habeas("request", "timeline", request_id, "--json")
    for what in ("Contact was refused: legal claims", "asked a fee", "asked something"):
        assert what in told.out
    assert "ninth" not in told.out
