"""What others are told of each right, and what the person is told of them, in every language."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest

from activities.letters import DID, LANGUAGES, Kind, WithheldGroup, render
from activities.letters.own import Did
from habeas.law import cited
from habeas.model import Right
from tests.letters.examples import everything


def _said(kind: Kind, language: str, right: Right, **changes: Any) -> str:
    facts = next(one for one in everything(right=right) if one.kind is kind).model_copy(update=changes)
    return " ".join(render(kind, language, facts).text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_says_another_thing_for_each_right_and_for_a_source(language: str) -> None:
    def notice(**changes: Any) -> str:
        changed = {"corrections": (), "purposes": ("Reklame",), **changes}
        return _said(Kind.RECIPIENT_NOTICE, language, Right.ERASURE, **changed)

    texts = {notice(did=did) for did in get_args(Did)}
    texts |= {notice(did=did, source=True) for did in ("rectified", "erased")}
    assert len(texts) == len(get_args(Did)) + 2
    assert all("Reklame" in text for text in texts)
    assert {*DID.values(), "lifted"} == {*get_args(Did)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_person_reads_who_is_told_who_not_and_why(language: str) -> None:
    def letter(**changes: Any) -> str:
        none = {"recipients_told": None, "recipients_not_told": (), "sources_told": (), "recipients_before": ()}
        return _said(Kind.COMPLETION_ERASURE, language, Right.ERASURE, **(none | changes))

    silent, nobody = letter(), letter(recipients_told=())
    assert len(nobody) > len(silent)
    why = (WithheldGroup(what="Hosting", reason="servers only"),)
    before = {"recipients_before": ("Old Partner",), "recipients_since": date(2026, 4, 8)}
    told = letter(recipients_told=("Post A/S",), sources_told=("Reseller",), recipients_not_told=why, **before)
    assert all(name in told for name in ("Post A/S", "Reseller", "Hosting", "servers only", "Old Partner", "2026"))
    only_why = letter(recipients_told=(), recipients_not_told=why)
    said_of_nobody = nobody.removeprefix(silent[:40])
    sentence = next(one for one in said_of_nobody.split(". ") if one not in silent)
    assert sentence not in only_why


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_restriction_is_named_with_its_provision(language: str) -> None:
    def letter(right: Right, **changes: Any) -> str:
        return _said(Kind.COMPLETION_CHANGE, language, right, restriction="GDPR 18(2)", **changes)

    texts = {
        letter(Right.RECTIFICATION, despite_restriction=True),
        letter(Right.OBJECTION, despite_restriction=True),
        letter(Right.RECTIFICATION, restricted=("Contact details",)),
    }
    assert len(texts) == 3
    assert all(cited("GDPR 18(2)", language) in text for text in texts)
    assert "GDPR 18(2)" not in letter(Right.RECTIFICATION)
