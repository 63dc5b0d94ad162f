"""Letters: what each law asks is there, in every language, the same in HTML and text; nothing gives the person away."""

from __future__ import annotations

import html
import re
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from activities.letters import (
    LANGUAGES,
    Acknowledgement,
    Authority,
    CompletionChange,
    CompletionErasure,
    Element,
    Extension,
    Ground,
    IncompleteLetter,
    Kind,
    LetterFacts,
    NewValue,
    Refusal,
    RenderedLetter,
    Unverified,
    render,
    required,
)
from activities.letters.checklist import ELEMENTS, NOTICES
from activities.letters.wording import lookup
from habeas import law
from habeas.model import Right
from tests.letters.examples import REQUEST, base, everything

PERSON = "Åse Bjørk O’Neill-Łuk"
TO_PERSON = [kind for kind in Kind if kind.reader == "subject"]


def example(kind: Kind, **changes: Any) -> LetterFacts:
    return next(facts for facts in everything(**changes) if facts.kind is kind)


def written(letter: RenderedLetter) -> str:
    """The text with its lines joined, to look for sentences."""
    return " ".join(letter.text.split())


def test_there_is_an_example_of_every_kind() -> None:
    assert {facts.kind for facts in everything()} == set(Kind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_every_letter_in_every_language(kind: Kind, language: str) -> None:
    letter = render(kind, language, example(kind))
    assert letter.language == ("en" if kind.to_staff else language)
    assert REQUEST in letter.subject
    for text in (letter.subject, letter.text, letter.html):
        assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
        assert "None" not in text
    assert f'<html lang="{letter.language}">' in letter.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_html_and_text_say_the_same(kind: Kind, language: str) -> None:
    letter = render(kind, language, example(kind))
    body = letter.html.partition("<body")[2].partition(">")[2]
    shown = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", body))).split()
    plain = re.sub(r"^-+$|^-- $|^- ", "", letter.text, flags=re.MULTILINE).split()
    links = set(re.findall(r'href="([^"]+)"', letter.html))
    # The text writes links out and ends their label with a colon; the controller's name heads the HTML alone.
    bare = [word.removesuffix(":") for word in plain if word not in links]
    assert sorted(set(bare)) == sorted({word.removesuffix(":") for word in shown if word not in links})


@pytest.mark.parametrize("kind", TO_PERSON)
def test_no_subject_says_anything_about_the_person_or_the_controller(kind: Kind) -> None:
    for language in LANGUAGES:
        subject = render(kind, language, example(kind)).subject
        assert all(word not in subject for word in (*PERSON.split(), "Nordlys", "493027"))


def _sentences(language: str) -> dict[str, str]:
    def flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in table.items():
            found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
        return found

    source = files("activities.letters").joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    return {key: text for key, text in flat(tomllib.loads(source)).items() if not key.startswith("staff")}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_the_catalogues_have_the_same_sentences_with_the_same_values(language: str) -> None:
    english, other = _sentences("en"), _sentences(language)
    assert english.keys() == other.keys()
    for key, text in english.items():
        assert sorted(re.findall(r"{\w*}", text)) == sorted(re.findall(r"{\w*}", other[key])), key


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_nothing_is_left_untranslated(language: str) -> None:
    english, other = _sentences("en"), _sentences(language)
    same = {key for key, text in other.items() if text == english[key] and len(text.split()) > 1}
    assert same <= {
        "common.group.one",
        "common.item_reason",
        "completion_change.field",
        "outward.identifier",
        "recipient_notice.value",
    }


# One line per cell of the checklist that asks for something: what the letter must contain, as English words.
CHECKLIST = [
    ("EU-GDPR", "DK", Right.ACCESS, Kind.EXTENSION, ["more work than most", "2 June 2026"]),
    ("EU-GDPR", "DK", Right.ERASURE, Kind.REFUSAL, ["A law obliges", "authority: Datatilsynet", "go to court"]),
    ("EU-GDPR", "DK", Right.ACCESS, Kind.CODE, ["be sure that the request comes from you", "Enter it", "does not run"]),
    ("EU-GDPR", "DK", Right.ACCESS, Kind.COMPLETION_ACCESS, ["We found 1,234 records"]),
    ("EU-GDPR", "DK", Right.ACCESS, Kind.UNVERIFIED, ["could not make sure", "Datatilsynet", "go to court"]),
    ("EEA-GDPR", "NO", Right.ERASURE, Kind.REFUSAL, ["A law obliges", "authority:", "go to court"]),
    ("UK-GDPR", "GB-ENG", Right.COMPLAINT, Kind.ACKNOWLEDGEMENT, ["received", "We will look into it"]),
    ("UK-GDPR", "GB-ENG", Right.ACCESS, Kind.EXTENSION, ["more work than most", "2 June 2026"]),
    ("UK-GDPR", "GB-ENG", Right.ERASURE, Kind.REFUSAL, ["complain to us", "within 30 days", "authority:", "court"]),
    ("UK-GDPR", "GB-ENG", Right.ERASURE, Kind.COMPLETION_ERASURE, ["Contact details", "telling those", "Post A/S"]),
    ("US-CCPA", "US-CA", Right.ACCESS, Kind.ACKNOWLEDGEMENT, ["received", "one-time code", "2 April 2026"]),
    ("US-CCPA", "US-CA", Right.ACCESS, Kind.EXTENSION, ["more work than most", "2 June 2026"]),
    (
        "US-CCPA",
        "US-CA",
        Right.ERASURE,
        Kind.REFUSAL,
        ["17(3)(b)", "What we erased all the same", "You can appeal to us"],
    ),
    ("US-CCPA", "US-CA", Right.ERASURE, Kind.COMPLETION_ERASURE, ["keep a record of this request", "2 March 2029"]),
    ("US-STATE", "US-VA", Right.ERASURE, Kind.REFUSAL, ["A law obliges", "You can appeal to us: appeals@"]),
    (
        "CA-PIPEDA",
        "CA-ON",
        Right.ACCESS,
        Kind.EXTENSION,
        ["more work than most", "2 June 2026", "authority:", "the extra time itself"],
    ),
    ("CA-PIPEDA", "CA-ON", Right.ACCESS, Kind.REFUSAL, ["A law obliges", "authority:"]),
    (
        "CA-QC-25",
        "CA-QC",
        Right.ACCESS,
        Kind.REFUSAL,
        ["17(3)(b)", "authority to examine the disagreement:", "Time limit for this: 30 days, counted from", "unclear"],
    ),
    ("CA-QC-25", "CA-QC", Right.ERASURE, Kind.COMPLETION_ERASURE, ["your written attestation", "by 3 March 2026"]),
    ("CA-QC-25", "CA-QC", Right.RECTIFICATION, Kind.COMPLETION_CHANGE, ["your free copy of the changed data"]),
    (
        "ZA-PAIA",
        "ZA",
        Right.ACCESS,
        Kind.EXTENSION,
        ["2 June 2026", "12(3)", "authority:", "court", "the extra time itself", "Form 5"],
    ),
    ("ZA-PAIA", "ZA", Right.ACCESS, Kind.REFUSAL, ["17(3)(b)", "authority:", "court", "Time limit"]),
    (
        "NZ-PRIVACY",
        "NZ",
        Right.ACCESS,
        Kind.EXTENSION,
        ["2 June 2026", "more work than most", "authority:", "the extra time itself"],
    ),
    ("NZ-PRIVACY", "NZ", Right.ACCESS, Kind.REFUSAL, ["A law obliges", "authority:"]),
]


@pytest.mark.parametrize(("regime", "jurisdiction", "right", "kind", "words"), CHECKLIST)
def test_the_checklist_of_each_law(regime: str, jurisdiction: str, right: Right, kind: Kind, words: list[str]) -> None:
    facts = example(kind, regime=regime, jurisdiction=jurisdiction, right=right)
    letter = render(kind, "en", facts)
    for phrase in words:
        assert phrase in written(letter), phrase
    must = required(kind, regime, jurisdiction, right)
    assert must
    assert must <= letter.elements
    for language in LANGUAGES:
        assert render(kind, language, facts).elements == letter.elements


# What is taken away -> what the letter then lacks, and why it is not sent.
MISSING: list[tuple[str, str, LetterFacts, set[Element]]] = [
    ("EU-GDPR", "DK", Refusal(**base(right=Right.ERASURE, authorities=()), grounds=(Ground(code="excessive"),)),
     {Element.AUTHORITY}),
    ("EU-GDPR", "DK", Refusal(**base(), grounds=(Ground(provision="GDPR 17(3)"),)), {Element.REASONS}),
    ("EU-GDPR", "DK", Refusal(**base(), grounds=(Ground(code="a_code_without_words"),)), {Element.REASONS}),
    ("EU-GDPR", "DK", Unverified(**base(authorities=())), {Element.AUTHORITY}),
    ("UK-GDPR", "GB-ENG", CompletionErasure(**base(right=Right.ERASURE)), {Element.RECIPIENTS}),
    ("US-CCPA", "US-CA", Acknowledgement(**base()), {Element.EXPECTED_DATE}),
    ("US-CCPA", "US-CA", example(Kind.CODE), {Element.CLOCK_RUNS}),
    ("US-CCPA", "US-CA", Refusal(**base(), grounds=(Ground(code="excessive"),)), {Element.PROVISION}),
    ("US-STATE", "US-VA", Refusal(**base(appeal=None), grounds=(Ground(code="excessive"),)), {Element.APPEAL}),
    ("CA-PIPEDA", "CA-ON", Extension(**base(authorities=()), due_on=date(2026, 4, 1), new_due_on=date(2026, 5, 1),
                                     grounds=(Ground(code="consultation"),)),
     {Element.ABOUT_EXTENSION, Element.AUTHORITY}),
    ("CA-QC-25", "CA-QC", Refusal(**base(complain_within=None), grounds=(Ground(code="excessive", provision="s. 34"),)),
     {Element.TIME_LIMIT, Element.TIME_START}),
    ("ZA-PAIA", "ZA", Extension(**base(), due_on=date(2026, 4, 1), new_due_on=date(2026, 5, 1),
                                grounds=(Ground(code="large_quantity"),)), {Element.PROVISION}),
]  # fmt: skip


@pytest.mark.parametrize(("regime", "jurisdiction", "facts", "lacking"), MISSING)
def test_a_letter_that_lacks_what_the_law_asks_is_not_written(
    regime: str, jurisdiction: str, facts: LetterFacts, lacking: set[Element]
) -> None:
    there = facts.model_copy(update={"regime": regime, "jurisdiction": jurisdiction})
    with pytest.raises(IncompleteLetter) as caught:
        render(facts.kind, "en", there)
    assert caught.value.facts["missing"] == ", ".join(sorted(lacking))
    assert "authority or the reasons" in caught.value.diagnostics()
    assert "Bjørk" not in str(caught.value)


def test_every_content_that_a_law_asks_of_a_notice_has_its_place() -> None:
    asked = {code for known in law.regimes().values() for codes in known.notices.values() for code in codes}
    assert asked == ELEMENTS.keys()
    assert set(NOTICES) | {Kind.WITHDRAWAL, Kind.VISIT_CODE} == set(TO_PERSON)


@pytest.mark.parametrize("group", ["refusal_grounds", "extension_grounds"])
def test_every_ground_of_every_law_has_words(group: str) -> None:
    known = law.regimes().values()
    refusals = {code for one in known for ground in one.grounds for code in (ground.code, ground.told)}
    extensions = {code for one in known for clock in one.clocks if clock.extension for code in clock.extension.grounds}
    words = {key.removeprefix(f"{group}.") for key in _sentences("en") if key.startswith(f"{group}.")}
    assert words == (refusals if group == "refusal_grounds" else extensions)


def test_a_state_without_appeal_needs_none() -> None:
    facts = Refusal(**base(regime="US-STATE", jurisdiction="US-UT", appeal=None), grounds=(Ground(code="excessive"),))
    assert Element.APPEAL not in render(Kind.REFUSAL, "en", facts).elements


def test_an_erasure_letter_tells_what_is_kept_why_and_until_when() -> None:
    text = written(render(Kind.COMPLETION_ERASURE, "de", example(Kind.COMPLETION_ERASURE)))
    assert "Kontaktdaten (Customer relations): 12 Einträge." in text
    assert "Nachrichten (Support): 1 Eintrag." in text
    assert "Aufbewahrt bis einschließlich 31. Dezember 2031 wegen: Danish Bookkeeping Act § 12." in text
    assert "- Käufe und Rechnungen (Billing): 8 Einträge." in text
    assert "Phone system: it is being repaired" in text


def test_an_erasure_letter_does_not_claim_what_was_not_done() -> None:
    done = example(Kind.COMPLETION_ERASURE)
    assert isinstance(done, CompletionErasure)
    whole = done.model_copy(update={"kept": (), "missing": ()})
    nothing = done.model_copy(update={"erased": (), "anonymised": ()})
    assert "It is done." in render(whole.kind, "en", whole).text
    assert "Something remains" in render(done.kind, "en", done).text
    text = written(render(nothing.kind, "en", nothing))
    assert "could not erase anything yet" in text
    assert "It is done" not in text


@pytest.mark.parametrize(
    ("language", "date_written"),
    [("en", "2 April 2026"), ("en-US", "April 2, 2026"), ("fr", "2 avril 2026"), ("da", "2. april 2026"),
     ("no", "2. april 2026"), ("de-XX", "2. April 2026")],
)  # fmt: skip
def test_dates_are_written_as_the_language_does(language: str, date_written: str) -> None:
    assert date_written in written(render(Kind.ACKNOWLEDGEMENT, language, example(Kind.ACKNOWLEDGEMENT)))


@pytest.mark.parametrize(
    ("language", "ours", "withdrawn"),
    [
        ("en", "the place where we are established does, whoever asks us", "as a withdrawal of that consent does"),
        ("da", "dér, hvor vi er etableret, uanset hvem", "ligesom hvis du trækker samtykket tilbage"),
        ("de", "des Ortes, an dem wir niedergelassen sind", "so wie deren Widerruf"),
        ("fr", "du lieu où nous sommes établis", "comme le ferait le retrait de ce consentement"),
        ("nb", "der vi er etablert, uansett hvem", "slik som når du trekker samtykket tilbake"),
    ],
)
def test_whose_law_answers_and_what_an_objection_became_is_told_where_it_is_not_what_was_asked(
    language: str, ours: str, withdrawn: str
) -> None:
    plain = example(Kind.ACKNOWLEDGEMENT)
    changed = plain.model_copy(update={"law_of_establishment": True, "called": Right.OBJECTION})
    told, silent = (" ".join(written(render(Kind.ACKNOWLEDGEMENT, language, one)).split()) for one in (changed, plain))
    assert ours in told
    assert withdrawn in told
    assert ours not in silent
    assert withdrawn not in silent


def test_a_language_that_we_do_not_have_is_answered_in_english() -> None:
    letter = render(Kind.ACKNOWLEDGEMENT, "is", example(Kind.ACKNOWLEDGEMENT))
    assert letter.language == "en"


def test_times_of_day_are_told_in_the_controllers_zone() -> None:
    assert "10 March 2026, 12:30 (CET)" in written(render(Kind.CODE, "en", example(Kind.CODE)))


@pytest.mark.parametrize("kind", [Kind.ACKNOWLEDGEMENT, Kind.CODE, Kind.CODE_REMINDER, Kind.UNVERIFIED])
def test_a_name_that_is_only_claimed_is_not_repeated(kind: Kind) -> None:
    letter = render(kind, "en", example(kind))
    assert "Bjørk" not in letter.text + letter.html


@pytest.mark.parametrize("name", ["Buy at evil.example", "https://evil", "A\nB", "a@b.example", "X" * 61, "W1n 500"])
def test_a_name_that_is_none_is_not_repeated(name: str) -> None:
    letter = render(Kind.NOTHING_FOUND, "en", example(Kind.NOTHING_FOUND, person_name=name))
    assert letter.text.startswith("Hello,")


@pytest.mark.parametrize("name", [PERSON, "J. R. R. Tolkien", "محمد", "नरेंद्र", "Jean-Luc d’Arc"])
def test_a_name_is_used_to_greet(name: str) -> None:
    letter = render(Kind.NOTHING_FOUND, "en", example(Kind.NOTHING_FOUND, person_name=name))
    assert letter.text.startswith(f"Dear {name},")


def test_words_of_staff_are_escaped_in_html_and_plain_in_text() -> None:
    evil = 'We <b>checked</b> & "found" <script>alert(1)</script> {id}'
    letter = render(Kind.REFUSAL, "en", Refusal(**base(), grounds=(Ground(explanation=evil),)))
    assert evil in written(letter)
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html


def test_only_web_links_get_into_a_letter() -> None:
    with pytest.raises(ValueError, match="http"):
        render(Kind.WITHDRAWAL, "en", example(Kind.WITHDRAWAL, status_url="javascript:alert(1)"))
    with pytest.raises(ValidationError):
        Authority(name="Datatilsynet", url="javascript:alert(1)")


def test_facts_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="withdrawal"):
        render(Kind.CODE, "en", example(Kind.WITHDRAWAL))


def test_facts_do_not_show_the_person_when_printed() -> None:
    for facts in everything():
        assert "Bjørk" not in repr(facts)
        assert "493027" not in repr(facts)
        letter = render(facts.kind, "en", facts)
        assert "Bjørk" not in repr(letter)
        assert "493027" not in repr(letter)


def test_letters_to_staff_say_nothing_about_the_person() -> None:
    for facts in everything():
        if facts.kind.to_staff:
            letter = render(facts.kind, "da", facts)
            assert all(word not in letter.text + letter.html for word in PERSON.split())
            assert "Right:" in letter.text


def test_the_code_is_in_the_letter() -> None:
    facts = example(Kind.CODE, request_id=REQUEST).model_copy(update={"code": SecretStr("000111")})
    letter = render(Kind.CODE, "fr", facts)
    assert "000111" in letter.text
    assert "000111" in letter.html
    assert "000111" not in letter.subject


def test_counts_and_sizes_are_written_as_the_language_does() -> None:
    english, german, french = (lookup("activities.letters", tag) for tag in ("en", "de", "fr"))
    assert [english.number(1234567), german.number(1234567)] == ["1,234,567", "1.234.567"]
    assert [english.size(n) for n in (0, 999, 1000, 1234567)] == ["0 B", "999 B", "1 kB", "1.2 MB"]
    assert french.size(1500) == "1,5 kB"
    assert english.listing(["a", "b", "c"]) == "a, b and c"


def test_of_a_mixed_objection_each_letter_says_what_is_stopped_and_what_is_not() -> None:
    first = CompletionChange(**base(right=Right.OBJECTION), purposes=("Newsletter",), weighing=("Profiling",))
    told = written(render(Kind.COMPLETION_CHANGE, "en", first))
    stopped, _, weighing = told.partition("What we are still weighing")
    assert ("- Newsletter" in stopped, "- Profiling" in weighing) == (True, True)
    grounds = (Ground(code="compelling_grounds", provision="GDPR 21(1)"),)
    last = Refusal(
        **base(right=Right.OBJECTION), grounds=grounds, in_part=True, purposes=("Profiling",), stopped=("Newsletter",)
    )
    told = written(render(Kind.REFUSAL, "en", last))
    going_on, _, stopped = told.partition("What stays stopped")
    assert "- Profiling" in going_on.partition("What we go on with")[2]
    assert "- Newsletter" in stopped


@pytest.mark.parametrize(
    ("field", "language", "read"),
    [
        ("e-mail", "da", "E-mailadresse"),
        ("date of birth", "de", "Geburtsdatum"),
        ("birth_date", "fr", "Date de naissance"),
        ("shoe_size", "nb", "Shoe size"),
    ],
)
def test_a_corrected_field_is_named_in_the_language(field: str, language: str, read: str) -> None:
    corrected = (NewValue(what=field, old="a", new="b"),)
    letter = CompletionChange(**base(right=Right.RECTIFICATION), corrected=corrected)
    assert read in written(render(Kind.COMPLETION_CHANGE, language, letter))
