"""What the privacy officer reads in their own language: the note before a letter to hand over; what does not end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from activities.letters import LANGUAGES, Controller, Kind, RenderedLetter, render
from activities.letters.cover import covered
from activities.letters.ending import EndingFacts, NotEnding, ending_letter
from activities.letters.samples import sample
from activities.letters.watch import WatchFacts, watch_letter
from activities.letters.wording import TOPIC, catalogue
from habeas.watch import Finding, FindingKind

SHOP = Controller(name="Shop <& Sons>", contact="privacy@shop.example")
REQUEST = "HB-7K2M-X4QT-90AB"
LETTER = "0c1d7a52-5a0e-5f0e-9f4e-2f6f1c0b7a11"


def written(kind: Kind = Kind.COMPLETION_ERASURE) -> RenderedLetter:
    return render(kind, "fr", sample(kind, controller=SHOP))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_note_is_the_officer_s_and_the_letter_stays_as_it_is(language: str) -> None:
    letter = written()
    noted = covered(letter, language, REQUEST, LETTER)
    note, cut, rest = noted.text.partition("\n==8<")
    assert cut
    assert rest.partition("\n\n")[2] == letter.text
    first, last = noted.html.index("<style>@media print { .cover"), noted.html.index("</div>") + len("</div>")
    assert (noted.html[:first] + noted.html[last:]).split() == letter.html.split()
    for part in (note, noted.html):
        assert REQUEST in part
        assert f"habeas letter handed {LETTER}" in part
    assert noted.language == "fr", "it is the letter's"
    assert letter.subject in noted.subject


def test_the_notes_of_two_languages_differ() -> None:
    notes = {covered(written(), each, REQUEST, LETTER).text.partition("==8<")[0] for each in LANGUAGES}
    assert len(notes) == len(LANGUAGES)


def test_a_template_without_a_body_has_the_note_before_it() -> None:
    bare = written().model_copy(update={"html": "<p>Bonjour</p>"})
    assert covered(bare, "da", REQUEST, LETTER).html.endswith("<p>Bonjour</p>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_quiet_is_named_with_its_runbook(language: str) -> None:
    since = datetime(2026, 11, 2, 9, tzinfo=UTC)
    every = tuple(Finding(kind=kind, about="x/y", code="no_worker", count=2, since=since) for kind in FindingKind)
    facts = WatchFacts(controller=SHOP, found=every, runbooks="https://wiki.example/r", zone="Europe/Copenhagen")
    letter = watch_letter(facts, language)
    words = catalogue(TOPIC, language)
    for kind in FindingKind:
        assert f"https://wiki.example/r/{kind}.md" in letter.text
        title = words[f"watch.kinds.{kind}"]
        assert title in " ".join(letter.text.split())
        if language == "en":
            runbook = Path(__file__).parents[2] / "docs/runbooks" / f"{kind}.md"
            assert runbook.read_text(encoding="utf-8").startswith(f"# {title}\n"), "it is called what the screen shows"
    over = watch_letter(WatchFacts(controller=SHOP, over=every[:1], runbooks="r", zone="UTC"), language)
    assert ".md" not in over.text
    assert over.subject != letter.subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("count", "code"), [(None, "terminal"), (1, "blocked"), (1234, "blocked")])
def test_what_does_not_end_is_named(language: str, count: int | None, code: str) -> None:
    facts = EndingFacts(
        controller=SHOP,
        system="chat",
        title="Chat & co",
        code=code,
        categories=(NotEnding(title="Support", count=count, since=date(2026, 11, 2)),),
    )
    letter = ending_letter(facts, language)
    assert letter.language == language
    for part in (letter.text, letter.html):
        assert "habeas system check chat" in " ".join(part.split())
        assert "2026" in part
    assert ("terminal" in letter.text) == (count is None)
    assert "Chat &amp; co" in letter.html
    again = ending_letter(facts.model_copy(update={"again": True}), language)
    mended = ending_letter(facts.model_copy(update={"mended": True}), language)
    assert len({letter.text, again.text, mended.text}) == 3
    assert "habeas system check" not in mended.text
    assert letter.subject != mended.subject
    alone = ending_letter(facts.model_copy(update={"code": "unlooked"}), language)
    assert "habeas system check" in " ".join(alone.text.split())
    assert "unlooked" not in alone.text
    assert alone.text != letter.text
