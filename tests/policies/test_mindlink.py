"""MindLink: requests carried to their end, paper and bought lists included, and every promise of its privacy policy."""

from __future__ import annotations

import json
from typing import Any

from activities.ledger import TaskFilter
from activities.task_model import FoundFile
from habeas.acts import ActKind
from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import LegalBasis, Proof
from tests.policies.promises import promise
from tests.policies.stories import (
    assert_told_as_in_policy,
    by_hand,
    is_hidden_from_strangers,
    left,
    task_of,
    told_of,
)
from tests.policies.world import Asked, Installation
from tests.workflows.world import Person

ME = "mindlink"
PAPER, LISTS = "mindlink_paper_accounts", "mindlink_purchased_lists"
CONTACTS, INVOICES = "mindlink_crm.contacts", "mindlink_crm.invoices"
SUBSCRIBERS = "mindlink_newsletter.subscribers"
SCAN = FoundFile(name="letter of Ada.pdf", media_type="application/pdf", content=b"%PDF-1.4 signed in ink")
FILED = json.dumps({"collection": "invoices", "date": "2026-03-01", "data": {"signed by": "Ada Test, in ink"}})
LETTER = json.dumps({"collection": "letters", "data": {"about": "the late licence"}})
LISTED = json.dumps({"name": "Ada Test", "bought from": "Example Lists Ltd"})


async def searched(
    world: Installation,
    person: Person,
    right: Right,
    *,
    paper: dict[str, Any] | None = None,
    lists: dict[str, Any] | None = None,
    **words: Any,
) -> Asked:
    """A proven request, searched for everywhere; by hand as well, where nothing is found unless it says so."""
    case = await world.ask(ME, person, right, jurisdiction="GB-ENG", **words)
    await case.proves()
    await by_hand(case, PAPER, **(paper or {"nothing": True}))
    await by_hand(case, LISTS, **(lists or {"nothing": True}))
    return case


async def copy(world: Installation, **found: Any) -> Asked:
    """A copy, handed over."""
    case = await searched(world, await world.settle(ME), Right.ACCESS, **found)
    await case.approved()
    await case.reaches(Stage.CLOSED)
    return case


# A copy


@promise(ME, "L2-3", "L4-6", "L7", "L8", "L9", "L10-11", "L12", "L13", "L14", "L14/2", "L15-16", "L24-25", "L26-27")
async def test_a_copy_has_what_was_given_and_what_was_bought_observed_and_told_by_others(world: Installation) -> None:
    before = await world.rows(ME)
    case = await copy(world, paper={"records": (FILED,)}, lists={"records": (LISTED,)})
    row = await case.row()
    assert (row.outcome, row.regime) == (Outcome.FULFILLED, "UK-GDPR")
    package = await case.package()
    assert {one["way"] for one in package.rows("mindlink_chat", "talks")} == {"chat", "phone"}
    assert package.rows("mindlink_crm", "invoices")[0]["billed_to"] == "Ada Test"
    assert package.rows("mindlink_crm", "participations")[0]["kind"] == "survey"
    assert package.rows("mindlink_crm", "account_notes")[0]["renews_on"] == "2027-03-01"
    assert package.rows("mindlink_crm", "visits")[0]["page"] == "/prices"
    assert package.rows("mindlink_crm", "devices")[0]["ip_address"] == "192.0.2.11"
    assert str(package.rows("mindlink_crm", "locations")[0]["latitude"]).startswith("51.47")
    assert package.rows("mindlink_crm", "told_by_others")[0]["told_by"] == "a colleague"
    assert package.rows("mindlink_newsletter", "subscribers")[0]["job_title"] == "Miller"
    assert "The licence" in package.rows("mindlink_support", "requests")[0]["text"]
    assert assert_told_as_in_policy(world, ME, package, "en") == {one.id for one in world.policy(ME).categories}
    told = told_of(package)
    assert told["What other people told us about you"]["purposes"] == ["the one reason for which it was given to us"]
    assert "count sign-ups by organisation" in told["Newsletter"]["purposes"][1]
    bases = {one.id: one.legal_bases for one in world.policy(ME).categories}
    assert bases["newsletter"] == bases["location"] == bases["participation"] == (LegalBasis.CONSENT,)
    await world.since(ME, before)


@promise(ME, "L14", "L18-19", "L24-25")
async def test_what_humans_find_on_paper_and_in_bought_lists_is_in_the_package_with_its_source(
    world: Installation,
) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="GB-ENG")
    await case.proves()
    shown = await task_of(case, PAPER)
    assert {one.value for one in shown.brief.identifiers} >= {case.person.email}
    assert shown.brief.instructions == "The locked cabinet in accounts: by customer number, then by name."
    await case.has_letter("staff_task", 2)
    for owner in ("accounts@mindlink.example", "marketing@mindlink.example"):
        letter = world.mail.text(owner, case.id.lower())
        assert case.person.email not in letter
        assert case.person.name not in letter
    await by_hand(case, PAPER, records=(FILED,), files=(SCAN,))
    await by_hand(case, LISTS, records=(LISTED,))
    await case.approved()
    await case.reaches(Stage.CLOSED)
    package = await case.package()
    assert package.rows(PAPER, "invoices")[0]["signed by"] == "Ada Test, in ink"
    assert package.rows(LISTS, "entries")[0]["bought from"] == "Example Lists Ltd"
    assert SCAN.content in [package.zip.read(name) for name in package.names]
    sources = told_of(package)["Data from public databases and bought lists"]["sources"]
    assert sources == ["Publicly available databases, and lists that we bought from third parties."]
    assert sources[0] in package.text()
    assert package.rows("mindlink_crm", "supplements")[0]["came_from"] == "a public register"
    assert told_of(package)["Paper files of the accounts department"]["retention"]


@promise(ME, "L14")
async def test_somebody_who_is_only_on_a_bought_list_is_told_so(world: Installation) -> None:
    person = await world.settle(ME, only=("mindlink_newsletter",))
    await world.sql("mindlink_newsletter", "DELETE FROM subscribers WHERE id = :id", person)
    case = await searched(world, person, Right.ACCESS, lists={"records": (LISTED,)})
    if await case.reviewed():
        await case.approved()
    await case.reaches(Stage.CLOSED)
    assert (await case.row()).outcome is Outcome.FULFILLED
    package = await case.package()
    assert package.tables() == {f"{LISTS}/entries"}
    assert "lists that we bought from third parties" in package.text()


@promise(ME, "L17", "L21-22")
async def test_a_copy_names_whoever_the_law_or_a_claim_may_give_it_to(world: Installation) -> None:
    package = await (await copy(world)).package()
    policy = world.policy(ME)
    assert {one.id for one in policy.recipients} == {"authorities", "legal_parties"}
    told = told_of(package)
    law = "Government and law enforcement, where the law or legal process asks for it"
    newsletter = policy.category("newsletter").title["en"]
    assert told[newsletter]["recipients"] == [law], "which is shared for nothing but the law (L16)"
    for title in told.keys() - {newsletter}:
        assert told[title]["recipients"] == [law, "Private parties to claims or legal process"]
    assert not [one.id for one in policy.categories if one.sold]


@promise(ME, "L13")
async def test_precise_location_is_given_out_only_to_who_proved_it_twice(world: Installation) -> None:
    policy = world.policy(ME)
    assert policy.category("location").sensitive
    assert policy.identity.sensitive is Proof.BOTH
    case = await world.ask(ME, await world.settle(ME), jurisdiction="GB-ENG")
    await case.prove()
    assert (await case.row()).stage is Stage.VERIFYING
    assert "task:opened" not in await case.tags(), "nobody is sent to look before"
    await case.has_letter("staff_attention")
    assert "The person gave the right code" in world.mail.text("officer@mindlink.example", case.id)
    await case.do(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)


@promise(ME, "L24-25")
async def test_what_contract_or_consent_brought_can_be_carried_away(world: Installation) -> None:
    case = await searched(world, await world.settle(ME), Right.PORTABILITY, lists={"records": (LISTED,)})
    await case.approved()
    await case.reaches(Stage.CLOSED)
    tables = (await case.package()).tables()
    assert {"mindlink_crm/contacts", "mindlink_support/requests", "mindlink_newsletter/subscribers"} <= tables
    assert not {"mindlink_crm/supplements", "mindlink_chat/talks", f"{LISTS}/entries"} & tables


# Erasure


@promise(ME, "L24-25", "L18-19", "L4-6", "L26-27")
async def test_everything_goes_but_what_tax_law_keeps_on_paper_too(world: Installation) -> None:
    before = await world.rows(ME)
    case = await searched(
        world,
        await world.settle(ME),
        Right.ERASURE,
        paper={"records": (FILED, LETTER)},
        lists={"records": (LISTED,)},
    )
    await case.approved()
    shown = await by_hand(case, PAPER, "erase", outcomes=("erased",))
    assert [one.content for one in shown.brief.objects] == [{"about": "the late licence"}], "what stays is not listed"
    await by_hand(case, LISTS, "erase", outcomes=("erased",))
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.PARTLY_FULFILLED
    now = await world.since(ME, before)
    assert left(now) == {CONTACTS, INVOICES}
    assert (now[CONTACTS][0]["email"], now[CONTACTS][0]["full_name"]) == (None, None)
    assert now[INVOICES][0]["total"] == 480.0
    fates = await case.fates()
    assert fates[PAPER] == {"erased": 1, "retained": 1}
    assert fates[LISTS] == {"erased": 1}
    assert "- Billing (Customer relations): 1 record." in letter
    assert letter.count("because of: Finance Act 1998 (UK), Sch. 18 para. 21") == 1
    assert "Paper files of the accounts department (Filing cabinet of the accounts department): 1 record." in letter
    assert "31 December 2032" in letter
    assert "Location, including the precise one (Customer relations): 1 record." in letter
    assert "Information Commission" in letter
    assert "You can complain to us: office@mindlinksoft.com" in letter


# Whose requests they are


@promise(ME, "L30-31")
async def test_each_letter_says_where_to_write(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="GB-ENG", channel="email")
    await case.has_letter("acknowledgement")
    assert "office@mindlinksoft.com" in case.letter()
    assert "office@mindlinksoft.com" in {one.to for one in world.policy(ME).channels}


@promise(ME, "L18-19")
async def test_staff_of_another_controller_see_nothing_of_it(world: Installation) -> None:
    await is_hidden_from_strangers(world, ME)
    case = await world.ask(ME, await world.settle(ME), jurisdiction="GB-ENG")
    await case.proves()
    await task_of(case, PAPER)
    theirs = world.office.for_staff(world.staff("dimpo")[0])
    assert not await theirs.tasks(TaskFilter(request_id=case.id))
    await case.do(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
