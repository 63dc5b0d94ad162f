"""Holds and retention, from the command line."""

import io
from datetime import UTC, datetime

from rich.console import Console

from activities.ledger import TroubleRow
from tests.cli.conftest import Habeas
from tests.office.world import World
from workers.cli.retention import _shown
from workers.office.holds import Kept

MATTER = "Case 2026/114, City Court"


async def test_a_hold_is_placed_listed_and_lifted_and_nobody_is_named(here: World, habeas: Habeas) -> None:
    address = here.person(name="Canary Bird")
    words = ("--email", address, "--provision", MATTER, "--by", "Kim", "--reason", "claim served", "--json")
    placed = await habeas("hold", "place", "--controller", "demo", *words)
    assert placed.code == 0, placed.err
    hold = placed.json["hold"]
    assert (placed.json["created"], hold["persons"], hold["provision"]) == (True, 1, MATTER)
    again = await habeas("hold", "place", "--controller", "demo", *words, "--hold-id", hold["id"])
    # Over the API the same again has the first answer.
    assert again.json["hold"] == hold
    listed = await habeas("hold", "list")
    assert listed.out.count(hold["id"]) == 1
    silent = await habeas("hold", "lift", hold["id"], "--by", "Kim", "--json")
    assert silent.code == 2, "like every act, it says why"
    why = ("--by", "Kim", "--reason", "the claim is settled")
    lifted = await habeas("hold", "lift", hold["id"], *why, "--json")
    assert lifted.json["hold"]["lifted_at"]
    assert hold["id"] not in (await habeas("hold", "list")).out
    assert hold["id"] in (await habeas("hold", "list", "--lifted")).out
    said = "".join(one.out + one.err for one in (placed, again, listed, lifted))
    assert address not in said
    assert "claim served" not in said
    assert "settled" not in said
    async with here.ledger.begin() as tx:
        sealed = await tx.hold_words(hold["id"])
    assert (sealed.lifted_because, sealed.identifiers) == ("the claim is settled", ())


async def test_a_hold_about_nothing_is_refused(here: World, habeas: Habeas) -> None:
    words = ("--controller", "demo", "--provision", MATTER, "--by", "Kim", "--reason", "why", "--json")
    refused = await habeas("hold", "place", *words)
    assert (refused.code, refused.error["code"]) == (2, "bad_input")
    unknown = await habeas("hold", "lift", "no-such-hold", "--by", "Kim", "--reason", "why", "--json")
    assert unknown.error["code"] == "bad_input"


async def test_a_sweep_says_what_came_of_it(here: World, habeas: Habeas) -> None:
    swept = await habeas("retention", "sweep", "--now", "--json")
    assert swept.code == 0, swept.err
    assert swept.json["ended"] == 0
    assert swept.json["waiting"] == []
    due = await habeas("retention", "due", "--json")
    assert "demo" in [one["controller"] for one in due.json]
    assert (await habeas("retention", "due")).code == 0


def test_what_does_not_end_is_listed_with_its_age_and_its_letters() -> None:
    since = datetime(2026, 11, 2, tzinfo=UTC)
    row = TroubleRow(
        controller="demo", system="chat", category="support", since=since, code="terminal", seen_at=since, told=2
    )
    counted = row.model_copy(update={"category": "account", "code": "blocked", "objects": 3})
    console = Console(width=120, record=True, file=io.StringIO())
    for part in _shown(Kept(controller="demo", ahead=(), expired=(), failing=(row, counted))):
        console.print(part)
    lines = [" ".join(line.replace("│", " ").split()) for line in console.export_text().splitlines()]
    assert "2026-11-02 chat support not known terminal 2" in lines
    assert "2026-11-02 chat account 3 blocked 2" in lines
