"""What a letter that refuses says of the law's remedy: name, time, from when. One that grants all offers no time."""

from __future__ import annotations

import pytest

from activities.letters import (
    LANGUAGES,
    CompletionAccess,
    Controller,
    Element,
    IncompleteLetter,
    Kind,
    LetterFacts,
    render,
    said,
)
from activities.letters.checklist import Given, refusing
from activities.letters.parts import Authority, LawBeside, MissingSystem
from activities.letters.samples import sample
from habeas.law.duties import RemedyRule
from habeas.model import Right

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus")
QUEBEC, CANADA = ("CA-QC-25", "CA-QC"), ("CA-PIPEDA", "CA-ON")
REFUSING = (Kind.REFUSAL, Kind.PARTIAL_REFUSAL, Kind.UNVERIFIED, Kind.NOTHING_FOUND, Kind.REMEDY_DECISION)
FROM_REFUSAL = {
    "en": "counted from our refusal or, if we did not answer in time, from the end of the time we had",
    "fr": "à compter de notre refus ou, si nous n’avons pas répondu à temps, de la fin de notre délai de réponse",
    "de": "ab unserer Ablehnung oder, wenn wir nicht rechtzeitig geantwortet haben, ab dem Ende unserer Antwortfrist",
    "da": "fra vores afslag eller, hvis vi ikke har svaret i tide, fra udløbet af vores svarfrist",
    "nb": "fra avslaget vårt eller, hvis vi ikke har svart i tide, fra utløpet av svarfristen vår",
}
EXAMINED = {
    "en": "You can apply to the authority to examine the disagreement: Commission d",
    "fr": "une demande d’examen de mésentente : Commission d",
    "de": "die Prüfung der Meinungsverschiedenheit („examen de mésentente“)",
    "da": "behandle uenigheden (”examen de mésentente”)",
    "nb": "behandle uenigheten («examen de mésentente»)",
}


def letter(kind: Kind, law: tuple[str, str], right: Right | None = Right.ACCESS, **more: object) -> LetterFacts:
    facts = sample(kind, controller=US, regime=law[0], jurisdiction=law[1], right=right)
    return facts.model_copy(update=more)


def text_of(facts: LetterFacts, language: str = "en") -> str:
    return " ".join(render(facts.kind, language, facts).text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", REFUSING)
def test_a_refusal_in_quebec_names_the_examination_and_from_when(kind: Kind, language: str) -> None:
    text = text_of(letter(kind, QUEBEC), language).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert EXAMINED[language] in text
    assert f"30 {'days, ' if language == 'en' else ''}" in text
    assert FROM_REFUSAL[language] in text
    assert text_of(letter(Kind.REFUSAL, CANADA), language).count(FROM_REFUSAL[language]) == 1


@pytest.mark.parametrize("law", [QUEBEC, CANADA])
def test_a_letter_that_grants_all_offers_no_term(law: tuple[str, str]) -> None:
    whole = letter(Kind.COMPLETION_ACCESS, law, refused=(), withheld=(), missing=())
    others = [letter(kind, law) for kind in (Kind.FEE, Kind.RESTRICTION_LIFTING, Kind.CATEGORIES)]
    mended = letter(Kind.COMPLETION_CHANGE, law, Right.RECTIFICATION, contested=())
    erased = letter(Kind.COMPLETION_ERASURE, law, Right.ERASURE, kept=(), missing=())
    granted = letter(Kind.REMEDY_DECISION, law, granted=True)
    for facts in (whole, *others, mended, erased, granted):
        text = text_of(facts)
        assert "Time limit for this" not in text, facts.kind
        assert "examine" not in text, facts.kind
        assert "You can complain to the authority:" in text, facts.kind


AGAIN = {"en": "again", "fr": "réexaminé", "da": "igen", "nb": "på nytt", "de": "noch einmal"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_complaint_about_a_practice_is_not_told_that_a_decision_stands(language: str) -> None:
    law, told = ("UK-GDPR", "GB-ENG"), {"granted": False, "why": "So.", "in_part": False}
    for changes in ({}, {"granted": True}, {"granted": True, "in_part": True}):
        practice = letter(Kind.REMEDY_DECISION, law, Right.COMPLAINT, about=None, **(told | changes))
        assert AGAIN[language] not in text_of(practice, language).partition(".")[0], changes
        about = practice.model_copy(update={"about": "HB-2222-3333-4444"})
        assert AGAIN[language] in text_of(about, language)


def test_what_is_kept_back_or_not_there_is_refused_in_part() -> None:
    late = (MissingSystem(title="Phone system"),)
    whole = letter(Kind.COMPLETION_ACCESS, QUEBEC, refused=(), withheld=(), missing=())
    assert isinstance(whole, CompletionAccess)
    for part in ("refused", "withheld"):
        kept = getattr(letter(Kind.COMPLETION_ACCESS, QUEBEC), part)
        assert FROM_REFUSAL["en"] in text_of(whole.model_copy(update={part: kept})), part
    assert FROM_REFUSAL["en"] in text_of(whole.model_copy(update={"missing": late}))
    assert FROM_REFUSAL["en"] in text_of(
        letter(Kind.COMPLETION_CHANGE, QUEBEC, Right.RECTIFICATION, contested=(), missing=late)
    )


def test_other_laws_name_theirs() -> None:
    assert "You can ask the authority to review our answer" in text_of(letter(Kind.REFUSAL, ("SG-PDPA", "SG")))
    assert "You can report this to the authority" in text_of(letter(Kind.REFUSAL, ("CH-FADP", "CH")))
    assert "You can complain to the authority" in text_of(letter(Kind.REFUSAL, ("EU-GDPR", "DK"), Right.ERASURE))
    assert "Time limit" in text_of(letter(Kind.EXTENSION, ("ZA-PAIA", "ZA"))), "its procedure is within the same time"
    assert "Time limit" not in text_of(letter(Kind.EXTENSION, CANADA)), "nothing is refused yet"


_FOUND = Given(False, None, "30_days", "refusal_or_term", "examination_of_disagreement", None, None)


@pytest.mark.parametrize(
    ("poorer", "lacks"),
    [(_FOUND._replace(name=None), "remedy_name"), (_FOUND._replace(counted_from=None), "time_start")],
)
@pytest.mark.parametrize("kind", [*REFUSING, Kind.COMPLETION_ACCESS])
def test_a_letter_that_names_it_wrongly_is_not_sent(
    kind: Kind, poorer: Given, lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(said, "given", lambda *_law: poorer)
    with pytest.raises(IncompleteLetter, match=lacks):
        text_of(letter(kind, QUEBEC))


def test_the_checklist_has_the_name_and_the_start() -> None:
    assert refusing(*QUEBEC, Right.ACCESS) == {Element.REMEDY_NAME, Element.TIME_LIMIT, Element.TIME_START}
    assert refusing(*CANADA, Right.ACCESS) == {Element.TIME_LIMIT, Element.TIME_START}
    assert refusing("ZA-PAIA", "ZA", Right.ACCESS) == {Element.TIME_LIMIT}
    assert not refusing("EU-GDPR", "DK", Right.ACCESS)


def test_what_is_counted_has_a_length() -> None:
    with pytest.raises(ValueError, match="counts from nothing"):
        RemedyRule(text="x", cite="s. 1", mark="K", counted_from="refusal_or_term")


FEDERAL_COURT = {
    "en": "Once the Commissioner has reported on your complaint, you can also apply to the Federal Court, within",
    "fr": "vous adresser à la Cour fédérale, dans l’année qui suit ce rapport",
    "de": "innerhalb eines Jahres nach diesem Bericht auch an das Bundesgericht (Federal Court)",
    "da": "den føderale domstol (Federal Court) inden for et år efter rapporten",
    "nb": "den føderale domstolen (Federal Court) innen ett år etter rapporten",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_canadian_refusal_names_the_federal_court_and_its_year(language: str) -> None:
    text = text_of(letter(Kind.REFUSAL, CANADA), language).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert FEDERAL_COURT[language] in text
    lacking = letter(Kind.REFUSAL, ("JP-APPI", "JP"))
    assert "go to court" in text_of(lacking)


def test_each_of_two_laws_authorities_has_its_own_time_limit() -> None:
    office = (Authority(name="Datatilsynet", url="https://www.datatilsynet.dk"),)
    home = LawBeside(regime="EU-GDPR", place="DK", authorities=office)
    text = text_of(letter(Kind.REFUSAL, CANADA, law_beside=home))
    canada, limit, federal, denmark, court = (
        text.index(said)
        for said in ("Privacy Commissioner", "6 months", "Federal Court", "Datatilsynet", "You can also go to court.")
    )
    assert canada < limit < federal < denmark < court
    away = LawBeside(regime="CA-PIPEDA", place="CA-ON", authorities=(Authority(name="The Commissioner"),))
    text = text_of(letter(Kind.REFUSAL, ("EU-GDPR", "DK"), law_beside=away))
    assert text.index("Datatilsynet") < text.index("The Commissioner") < text.index("6 months")
