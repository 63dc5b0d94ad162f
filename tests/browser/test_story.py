"""The whole story in a real browser, on the embedded stack, on a desk's screen and on a phone's."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, expect

from habeas.model import Outcome, Stage
from tests.acceptance import agency
from tests.acceptance.house import House
from tests.acceptance.people import plant, somebody
from tests.browser.chromium import HEIGHT, NARROW, WIDE
from tests.browser.installation import ARCHIVE
from tests.browser.person import SAID, Person, at_home
from tests.browser.staff import SAY, WHY, Desk, at_the_desk

pytestmark = pytest.mark.stack
WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])
ON_A_PHONE_TOO = pytest.mark.parametrize("width", [WIDE, pytest.param(NARROW, marks=pytest.mark.thorough)])
AT_A_DESK = pytest.mark.parametrize("width", [WIDE])
PDF = b"%PDF-1.7 a letter of theirs"


@pytest.fixture
async def kim(house: House, browser: Browser, width: int) -> AsyncIterator[Desk]:
    async with at_the_desk(house, browser, "kim", width) as desk:
        yield desk


@pytest.fixture
async def person(house: House, browser: Browser, width: int) -> AsyncIterator[Person]:
    async with at_home(house, browser, width) as one:
        yield one


async def _release(house: House, desk: Desk, request_id: str) -> None:
    """An officer reviews the copy and approves exactly it."""
    await house.until(request_id, Stage.REVIEWING)
    await desk.story(request_id)
    await desk.page.get_by_role("link", name=SAY.text("request.approve_copy"), exact=True).first.click()
    await desk.press("review.look")
    approving = desk.page.get_by_role("region", name=SAY.text("review.approve_title"))
    await approving.get_by_label(SAY.text("review.approve_reason")).fill(WHY)
    await desk.press("review.approve", approving)
    await desk.confirm("acts.approve.title")


@WIDTHS
async def test_a_copy_is_opened_proven_reviewed_released_and_read(
    house: House, kim: Desk, person: Person, tmp_path: Path
) -> None:
    planted = await plant(somebody(), house.store_url)
    request_id = await kim.open("access", planted.email)
    await person.prove(request_id)
    await _release(house, kim, request_id)
    assert (await house.until(request_id, Stage.CLOSED)).entry.outcome == Outcome.FULFILLED
    folder = await person.package(request_id, tmp_path / "package")
    (contact,) = json.loads((folder / "data/crm/contacts.json").read_text())
    assert contact["email"] == planted.email.title()
    assert planted.customer_no in await person.read(folder)
    await person.page.goto(f"/d/{await house.token(request_id)}")
    await person.page.get_by_label(SAID["code_label"]).fill("00000000")
    await person.press("download_button")
    await expect(person.page.get_by_text(SAID["link_used"])).to_be_visible()


@AT_A_DESK
async def test_an_erasure_keeps_an_invoice_and_takes_two(
    house: House, browser: Browser, kim: Desk, person: Person
) -> None:
    planted = await plant(somebody(), house.store_url)
    request_id = await person.ask("erasure", planted.email)
    await person.prove(request_id)
    await house.until(request_id, Stage.REVIEWING)
    await person.stands("mine_stage_reviewing")
    async with at_the_desk(house, browser, "noor", NARROW) as noor:
        for desk in (kim, noor):
            await desk.story(request_id)
            await desk.look("request.see_plan")
            invoices = (
                desk.page.get_by_role("region", name="billing").locator("tbody tr").filter(has_text="Bookkeeping")
            )
            await expect(invoices.first).to_contain_text(SAY.text("plan.retain"))
            await desk.page.get_by_label(SAY.text("fields.reason")).fill(WHY)
            await desk.press("plan.approve")
            await desk.confirm("acts.approve.title")
            if desk is kim:
                await desk.look("request.see_plan")
                await expect(desk.page.get_by_text(SAY.text("plan.yours"))).to_be_visible()
                await expect(desk.button("plan.approve")).to_have_count(0)
    story = await house.until(request_id, Stage.CLOSED)
    assert story.entry.outcome == Outcome.PARTLY_FULFILLED
    assert story.fates["billing"] == planted.fates("billing")
    # The company that was given the data gets its letter in the same breath.
    told = [mail for mail in house.mails(request_id) if planted.email in mail.recipients]
    assert "Bookkeeping Act" in told[-1].text
    await kim.page.goto(f"/requests/{request_id}")
    kept = kim.page.locator("tr", has_text="Bookkeeping Act").first
    await expect(kept).to_be_visible()


@AT_A_DESK
async def test_an_ambiguous_match_is_decided_side_by_side(house: House, kim: Desk, person: Person) -> None:
    mine = somebody()
    other = replace(somebody(), email=mine.email)
    for one in (mine, other):
        await plant(one, house.store_url)
    request_id = await kim.open("access", mine.email)
    await person.prove(request_id)
    await house.until(request_id, Stage.CLARIFYING)
    await kim.story(request_id)
    await kim.look("request.see_match")
    sides = await kim.page.locator(".sides").first.locator(".side").all()
    assert [one.name in await side.inner_text() for side in sides for one in (mine, other)].count(True) == 2
    for width in (NARROW, WIDE):
        await kim.page.set_viewport_size({"width": width, "height": HEIGHT})
        tops = {round(box["y"]) for side in sides if (box := await side.bounding_box())}
        assert len(tops) == (1 if width == WIDE else len(sides))
    for candidate in await kim.page.locator("div.candidate").all():
        answer = "match.yes" if mine.name in await candidate.inner_text() else "match.no"
        await candidate.get_by_label(SAY.text(answer)).check()
    await kim.page.get_by_label(SAY.text("fields.reason")).fill(WHY)
    await kim.press("forms.preview")
    await expect(kim.page.get_by_role("region", name=SAY.text("preview.effect"))).to_contain_text("crm")
    await kim.confirm("acts.decide_match.title")
    await house.until(request_id, Stage.REVIEWING)


@ON_A_PHONE_TOO
async def test_what_is_on_paper_is_found_by_hand(
    house: House, browser: Browser, kim: Desk, person: Person, tmp_path: Path
) -> None:
    planted = await plant(somebody(), house.store_url)
    request_id = await kim.open("access", planted.email, ARCHIVE)
    await person.prove(request_id)
    path = await agency.link(house, request_id)
    async with at_home(house, browser) as processor:
        await processor.page.goto(path)
        await processor.press("processor_open_button")
        await expect(processor.page.get_by_text(planted.email)).to_be_visible()
        await processor.page.get_by_label(SAID["processor_found_nothing"]).check()
        await processor.page.get_by_label(SAID["processor_done_by"]).fill("Jo Agent")
        await processor.press("processor_send")
        await expect(processor.page.get_by_role("heading", name=SAID["proven"])).to_be_visible()
    await kim.page.get_by_role("link", name=SAY.text("nav.tasks"), exact=True).click()
    await (
        kim.page.get_by_role("row")
        .filter(has_text=request_id)
        .filter(has_text="paper")
        .get_by_role("link")
        .first.click()
    )
    await kim.page.get_by_label(SAY.text("forms.why_look")).fill(WHY)
    await kim.press("forms.look")
    await expect(kim.page.get_by_text(planted.email)).to_be_visible()
    await kim.page.get_by_label(SAY.text("tasks.found_something")).check()
    await kim.page.get_by_label(SAY.text("tasks.how_done")).fill("folder 12")
    await kim.press("forms.preview")
    scan: FilePayload = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": PDF}
    await kim.page.locator("input[type=file]").set_input_files(scan)
    await kim.page.get_by_role("button", name=f"{SAY.text('forms.confirm')}: {SAY.text('tasks.answer')}").click()
    await expect(kim.page.get_by_role("status")).to_have_text(SAY.text("tasks.finished"))
    await _release(house, kim, request_id)
    await house.until(request_id, Stage.CLOSED)
    folder = await person.package(request_id, tmp_path / "package")
    assert [file.read_bytes() for file in folder.rglob("*.pdf")] == [PDF]


@ON_A_PHONE_TOO
async def test_a_refusal_tells_the_person_why(house: House, kim: Desk, person: Person) -> None:
    planted = await plant(somebody(), house.store_url)
    request_id = await person.ask("access", planted.email)
    await kim.story(request_id)
    await person.prove(request_id)
    # The page follows by itself, and waits while somebody types.
    offer = kim.page.locator("#act-refuse")
    await expect(kim.page.get_by_text(SAY.text("stages.reviewing"), exact=True)).to_be_visible()
    await offer.locator("summary").click()
    await offer.get_by_role("radio").first.check()
    await offer.get_by_role("textbox").last.fill("You asked for the same on Monday.")
    await house.office.take(request_id, by="kim")
    await expect(kim.page.locator("#live")).to_be_visible()
    await kim.press("forms.preview", offer)
    await expect(kim.page.locator(".letter")).to_contain_text("You asked for the same on Monday.")
    await kim.confirm("acts.refuse.title")
    assert (await house.until(request_id, Stage.CLOSED)).entry.outcome == Outcome.REFUSED
    assert "You asked for the same on Monday." in house.mails(request_id)[-1].text
    await person.stands("mine_outcome_refused")


@AT_A_DESK
async def test_what_is_too_large_to_be_read_is_still_in_the_browser(
    house: House, person: Person, tmp_path: Path
) -> None:
    """Seventy megabytes of video beside three sentences: nothing is read, and going back loses no word."""
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(70 * 2**20)
    await person.page.goto("/ask/demo/access")
    await person.page.locator("#email").fill("nobody@example.org")
    await person.page.locator("#note").fill("Three sentences. Written on a phone. Not to be lost.")
    await person.page.locator("#file").set_input_files(film)
    await person.press("ask_send")
    await expect(person.page.get_by_role("heading", name=SAID["too_large_title"])).to_be_visible()
    await expect(person.page.get_by_text("more than 64 MB")).to_be_visible()
    await person.page.go_back()
    await expect(person.page.locator("#note")).to_have_value("Three sentences. Written on a phone. Not to be lost.")
    await expect(person.page.locator("#email")).to_have_value("nobody@example.org")
