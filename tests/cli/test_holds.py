"""Holds and retention, from the command line."""

from tests.cli.conftest import Habeas
from tests.office.world import World

MATTER = "Case 2026/114, City Court"


async def test_a_hold_is_placed_listed_and_lifted_and_nobody_is_named(here: World, habeas: Habeas) -> None:
    address = here.person(name="Canary Bird")
    words = ("--email", address, "--provision", MATTER, "--by", "Kim", "--reason", "claim served", "--json")
    placed = await habeas("hold", "place", "--controller", "demo", *words)
    assert placed.code == 0, placed.err
    hold = placed.json["hold"]
    assert (placed.json["created"], hold["persons"], hold["provision"]) == (True, 1, MATTER)
    again = await habeas("hold", "place", "--controller", "demo", *words, "--hold-id", hold["id"])
    assert (again.json["created"], again.json["hold"]) == (False, hold)
    listed = await habeas("hold", "list")
    assert hold["id"] in listed.out
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
