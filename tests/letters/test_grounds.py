"""A letter says the ground of the request's own law, and nothing of one that may not be told."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from activities.letters import LANGUAGES, Ground, Kind, render
from activities.letters.samples import sample
from activities.letters.wording import TOPIC, catalogue
from activities.stated import Stated, check_stated
from habeas import law
from habeas.errors import BadInput
from habeas.model import COPIES, Request, Right
from habeas.policy import Policy, load_policy
from habeas.redaction import GROUNDS
from tests.core.test_policy import DEMO
from tests.letters.test_denials import US

READ = tomllib.loads(Path(__file__).with_name("grounds.toml").read_text("utf-8"))
EVERYWHERE = [(code, place) for code, known in law.regimes().items() for place in known.places[:1]]


def test_every_ground_was_read_beside_the_sentence_that_tells_it() -> None:
    found: dict[str, set[str]] = {}
    for code, place in EVERYWHERE:
        for one in law.regime(code, place).grounds:
            found.setdefault(one.told, set()).add(one.text)
    assert found == {words: set(texts) for words, texts in READ.items()}, (
        "read the ground beside the sentence of letters: the same, and it goes into grounds.toml; "
        "another, and it has `words` of its own"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_all_that_is_told_of_a_ground(language: str) -> None:
    long, short = catalogue(TOPIC, language), catalogue("activities.package", language)
    for code, place in EVERYWHERE:
        for one in law.regime(code, place).grounds:
            assert f"refusal_grounds.{one.told}" in long, (code, one.code)
            if one.code in GROUNDS and (not one.rights or COPIES & set(one.rights)):
                assert f"redaction_grounds.{one.told}" in short, (code, one.code)


@pytest.mark.parametrize(("code", "place"), EVERYWHERE)
def test_nobody_is_refused_as_unknown_where_no_proof_may_be_asked(code: str, place: str) -> None:
    for right in law.rights(code, place):
        told = {one.told for one in law.refusal_grounds(code, place, right)}
        if law.verification(code, right, place) == "none":
            assert "unverified" not in told, right


def test_what_is_about_keeping_data_refuses_no_copy() -> None:
    for code, place in EVERYWHERE:
        for right in (Right.ACCESS, Right.PORTABILITY, Right.RECTIFICATION):
            assert "legal_obligation" not in {one.code for one in law.refusal_grounds(code, place, right)}, (
                code,
                right,
            )


def _refused(ground: str, language: str, right: Right = Right.ACCESS) -> str:
    facts = sample(Kind.REFUSAL, controller=US, regime="CA-PIPEDA", jurisdiction="CA-ON", right=right)
    said = Ground(code=ground, explanation="Kim: the RCMP objects", provision="PIPEDA s.9(2.1)-(2.4)")
    return " ".join(render(Kind.REFUSAL, language, facts.model_copy(update={"grounds": (said,)})).text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_may_not_be_told_is_not(language: str) -> None:
    letter = _refused("government_objection", language)
    words = catalogue(TOPIC, language)
    assert words["refusal_grounds.excluded_data"].rstrip(".") in letter.replace("\N{NO-BREAK SPACE}", " ")
    for secret in (words["refusal_grounds.government_objection"].rstrip("."), "2.1", "2.4", "RCMP", "Kim"):
        assert secret not in letter
    assert "RCMP" in _refused("privilege", language)
    # As staff take a piece out of a copy, too.
    assert law.provision("CA-PIPEDA", "CA-ON", Right.ACCESS, "government_objection") == "PIPEDA s.9"


def _asked(regime: str, place: str) -> tuple[Request, Policy]:
    demo = load_policy(DEMO)
    entry = demo.regimes[0].model_copy(update={"code": regime, "jurisdictions": (place,), "calendar": None})
    facts = sample(Kind.REFUSAL, controller=US, regime=regime, jurisdiction=place, right=Right.ACCESS)
    asked = Request(
        id=facts.request_id,
        regime=regime,
        jurisdiction=place,
        right=Right.ACCESS,
        controller=demo.controller.id,
        language="en",
        received_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    )
    return asked, demo.model_copy(update={"regimes": (entry,)})


TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("regime", "place", "ground", "said", "wrong"),
    [
        ("CA-QC-25", "CA-QC", "excessive", None, "Commission must have allowed it"),
        ("CA-QC-25", "CA-QC", "excessive", Stated(what="file 1029"), "the day as well"),
        ("CA-QC-25", "CA-QC", "excessive", Stated(on=date(2026, 12, 2), what="file 1029"), "a day that has been"),
        ("CA-QC-25", "CA-QC", "excessive", Stated(on=TODAY, what="file 1029"), None),
        ("CA-PIPEDA", "CA-ON", "government_objection", None, r"9\(2\.4\)\(b\)"),
        ("CA-PIPEDA", "CA-ON", "investigation", None, r"9\(5\)"),
        ("CA-PIPEDA", "CA-ON", "privilege", None, None),
        ("CA-PIPEDA", "CA-ON", "privilege", Stated(on=TODAY, what="file 1029"), "nothing is to be stated"),
        ("BR-LGPD", "BR", "not_the_controller", None, None),
        ("BR-LGPD", "BR", "not_the_controller", Stated(on=TODAY, what="Loja Ltda"), "no day"),
        ("BR-LGPD", "BR", "not_the_controller", Stated(what="Loja Ltda"), None),
    ],
)
def test_what_a_ground_asks_for_is_stated(
    regime: str, place: str, ground: str, said: Stated | None, wrong: str | None
) -> None:
    request, policy = _asked(regime, place)
    if wrong is None:
        check_stated(request, policy, ground, said, TODAY)
        return
    with pytest.raises(BadInput, match=wrong):
        check_stated(request, policy, ground, said, TODAY)
