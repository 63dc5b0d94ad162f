"""A denial says what its law wants said with it: no other use of what stays, and an opt-out by whoever sells data."""

from __future__ import annotations

from datetime import date

import pytest

from activities.letters import LANGUAGES, Controller, Element, IncompleteLetter, Kind, LetterFacts, render, said
from activities.letters.blocks import Block
from activities.letters.parts import Ground, KeptGroup
from activities.letters.samples import sample
from activities.letters.wording import TOPIC, lookup
from activities.offers import offers
from habeas import law
from habeas.model import Right
from habeas.policy import Policy, load_policy
from habeas.policy.sections import Purpose, PurposeKind
from habeas.staying import Because
from tests.core.test_policy import DEMO

US = Controller(name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus")
ASKED = {
    "en": "Would you like us not to sell your personal data",
    "fr": "Souhaitez-vous que nous ne vendions pas vos données personnelles",
    "da": "Vil du have, at vi ikke sælger dine personoplysninger",
    "nb": "Vil du at vi ikke skal selge personopplysningene dine",
    "de": "Möchten Sie, dass wir Ihre personenbezogenen Daten nicht verkaufen",
}
DENYING = (Kind.REFUSAL, Kind.PARTIAL_REFUSAL, Kind.COMPLETION_ERASURE, Kind.UNVERIFIED)


def denied(kind: Kind, right: Right = Right.ERASURE, **more: object) -> LetterFacts:
    return sample(kind, controller=US, regime="US-CCPA", jurisdiction="US-CA", right=right).model_copy(update=more)


def text_of(facts: LetterFacts, language: str = "en") -> str:
    return " ".join(render(facts.kind, language, facts).text.split())


def selling(policy: Policy, **how: object) -> Policy:
    return policy.model_copy(update=how)


def test_what_is_offered_is_what_the_law_says_and_the_controller_does() -> None:
    demo = load_policy(DEMO)
    quiet = selling(demo, purposes=tuple(one for one in demo.purposes if PurposeKind.SALE not in one.kinds))
    first = quiet.categories[0].model_copy(update={"sold": True})
    sold = selling(quiet, categories=(first, *quiet.categories[1:]))
    shared = selling(quiet, purposes=(Purpose(id="ads", title={"en": "Ads"}, kinds=(PurposeKind.SALE,)),))
    assert [one.sells for one in (quiet, sold, shared)] == [False, True, True]
    for policy in (sold, shared):
        assert offers(policy, "US-CCPA", "US-CA", Right.ERASURE) == (Right.OPT_OUT_SALE,)
        assert offers(policy, "US-CCPA", "US-CA", Right.RECTIFICATION) == ()
        assert offers(policy, "EU-GDPR", "DK", Right.ERASURE) == ()
    assert offers(quiet, "US-CCPA", "US-CA", Right.ERASURE) == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DENYING)
def test_a_denied_erasure_offers_the_opt_out_in_every_language(kind: Kind, language: str) -> None:
    assert ASKED[language] in text_of(denied(kind), language)
    assert ASKED[language] not in text_of(denied(kind, offers=()), language)


def test_what_stays_has_no_other_use() -> None:
    words = "We use what stays only for the reason that is named here"
    for kind in (Kind.REFUSAL, Kind.PARTIAL_REFUSAL):
        assert words in text_of(denied(kind))
    by_law = text_of(denied(Kind.COMPLETION_ERASURE))
    assert words not in by_law
    assert "We use these records for nothing else" in by_law, "it is said once"
    for code in ("unverified", "manifestly_unfounded", "excessive"):
        assert words not in text_of(denied(Kind.REFUSAL, grounds=(Ground(code=code, provision="11 CCR 7022(a)"),)))
    assert words not in text_of(denied(Kind.UNVERIFIED))


def test_what_is_done_denies_nothing() -> None:
    assert ASKED["en"] not in text_of(denied(Kind.COMPLETION_ERASURE, kept=(), missing=()))
    stays = KeptGroup(
        system="CRM", category="contact", count=1, law="x", until=date(2031, 1, 1), reason=Because.NOT_ASKED
    )
    assert ASKED["en"] not in text_of(denied(Kind.COMPLETION_ERASURE, kept=(stays,), missing=()))
    refused = stays.model_copy(update={"reason": Because.EXEMPT})
    assert ASKED["en"] in text_of(denied(Kind.COMPLETION_ERASURE, kept=(refused,), missing=()))


def test_a_contested_correction_may_be_noted() -> None:
    for kind in (Kind.REFUSAL, Kind.COMPLETION_CHANGE):
        letter = text_of(denied(kind, Right.RECTIFICATION))
        assert "a statement of your own, of up to 250 words" in letter
        assert ASKED["en"] not in letter
    assert "250 words" not in text_of(denied(Kind.COMPLETION_CHANGE, Right.RECTIFICATION, contested=()))


NOTED = {
    "US-CCPA": "we note with the data that you contest it",
    "CA-PIPEDA": "We record with the data that you challenged it",
    "SG-PDPA": "We note with the data the correction that you asked for",
    "NZ-PRIVACY": "You can give us a statement of the correction that you asked for",
    "AU-APP": "You can give us a statement of the correction that you asked for",
    "ZA-PAIA": "You can give us a statement of the correction that you asked for",
    "CH-FADP": "you can ask us to note with it that you contest it",
}
"""What a letter that refuses a correction promises of a note."""


@pytest.mark.parametrize("code", law.regimes())
def test_a_refused_correction_promises_the_note_that_its_law_gives(code: str) -> None:
    found = law.regimes()[code]
    assert (code in NOTED) == any(Right.RECTIFICATION in one.rights for one in found.denials)
    if Right.RECTIFICATION not in found.rights:
        return
    letter = sample(
        Kind.REFUSAL, controller=US, regime=code, jurisdiction=found.places[0], right=Right.RECTIFICATION
    ).model_copy(update={"grounds": (Ground(code="accurate"),)})
    text = " ".join(block.text for block in _blocks(letter))
    assert [said for said in dict.fromkeys(NOTED.values()) if said in text] == [
        NOTED[one] for one in (code,) if one in NOTED
    ]


def _blocks(facts: LetterFacts) -> tuple[Block, ...]:
    return tuple(said.Said(facts, lookup(TOPIC, "en")).denial())


def test_no_other_law_says_so() -> None:
    asked = (Right.ERASURE, Right.ACCESS)
    assert {code for code, one in law.regimes().items() for each in one.denials if set(asked) & set(each.rights)} == {
        "US-CCPA"
    }
    other = sample(Kind.REFUSAL, controller=US, regime="EU-GDPR", jurisdiction="DK", right=Right.ERASURE)
    assert not {Element.OFFER, Element.DENIAL} & render(Kind.REFUSAL, "en", other).elements


def test_a_denial_without_its_offer_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("denial", "offers"):
        monkeypatch.setattr(said.Said, part, lambda _self: ())
    with pytest.raises(IncompleteLetter, match="denial, offer"):
        render(Kind.REFUSAL, "en", denied(Kind.REFUSAL))


@pytest.mark.parametrize(
    ("code", "place", "said"),
    [
        ("CA-PIPEDA", "CA", "we keep it at least until 5 October 2026 (PIPEDA s. 8(8))"),
        ("CA-QC-25", "CA-QC", "we keep it at least until 4 May 2026 (CQLR c. P-39.1 s. 36)"),
        ("EU-GDPR", "DK", None),
    ],
)
def test_whoever_is_refused_a_copy_reads_until_when_it_is_kept(code: str, place: str, said: str | None) -> None:
    facts = sample(Kind.REFUSAL, controller=US, regime=code, jurisdiction=place, right=Right.ACCESS)
    told = text_of(facts.model_copy(update={"today": date(2026, 3, 5)}))
    assert said in told if said else "we keep it at least" not in told
    erasure = sample(Kind.REFUSAL, controller=US, regime=code, jurisdiction=place, right=Right.ERASURE)
    assert "we keep it at least" not in text_of(erasure), "what is not erased is there anyway"
