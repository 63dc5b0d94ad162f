"""What does not fit what a system was asked, or what it says that it has, is no answer of it."""

from __future__ import annotations

from typing import Any

import pytest

from activities.believing import changed, changed_again, located, page_of, settled, under_plan, vetoes_of
from habeas.connector import (
    Change,
    Collection,
    FieldChange,
    Located,
    Match,
    Page,
    Record,
    RecordRef,
    Rectify,
    Restrict,
    Stop,
    Treatment,
    Veto,
)
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.outcomes import Awaiting, Done, Drifted, Fate, ObjectOutcome, Pending
from habeas.testing import MemoryConnector

ANN = Identifier(kind="email", value="ann@example.org")
BOB = Identifier(kind="email", value="bob@example.org")
PEOPLE = Collection(name="people", category="contact", treatment=Treatment.DELETE)


def a_match(*found_by: Identifier, collection: str = "people") -> Match:
    return Match(collection=collection, key='["1"]', found_by=found_by)


def an_outcome(collection: str = "people") -> ObjectOutcome:
    return ObjectOutcome(collection=collection, key='["1"]', fate=Fate.ERASED)


class _Answers(MemoryConnector):
    def __init__(self, answer: Any) -> None:
        super().__init__((PEOPLE,))
        self._answer = answer

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        return self._answer  # type: ignore[no-any-return]  # whatever a connector answers


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (),
        Located(matches=(a_match(ANN, collection="strangers"),)),
        Located(matches=(a_match(BOB),)),
        Located(matches=(a_match(ANN, BOB),)),
        Located(matches=(a_match(),)),
    ],
    ids=["none", "tuple", "collection", "not_asked", "more_than_asked", "by_nothing"],
)
async def test_a_search_answers_what_was_asked_of_what_it_has(answer: Any) -> None:
    with pytest.raises(Quarantine) as raised:
        await located(_Answers(answer), (ANN,))
    assert "strangers" not in str(raised.value)


@pytest.mark.parametrize("matches", [(), (a_match(ANN),)])
async def test_an_honest_answer_is_believed(matches: tuple[Match, ...]) -> None:
    assert await located(_Answers(Located(matches=matches)), (ANN, BOB)) == matches


def test_a_page_has_records_of_what_the_system_has() -> None:
    manifest = MemoryConnector((PEOPLE,)).manifest
    page = Page(records=(Record.of("people", '["1"]', {}),), cursor=None)
    assert page_of(manifest, page) is page
    strange: Any = (None, page.model_copy(update={"records": (*page.records, Record.of("notes", '["2"]', {}))}))
    for one in strange:
        with pytest.raises(Quarantine):
            page_of(manifest, one)


def test_outcomes_are_of_what_the_system_has() -> None:
    manifest = MemoryConnector((PEOPLE,)).manifest
    done = Done[tuple[ObjectOutcome, ...]](result=(an_outcome(),))
    for honest in (done, Pending(handle="job", poll_after=1), Awaiting(handle="job", give_up_after=1)):
        assert settled(manifest, honest) is honest
        assert under_plan(manifest, honest) is honest
    drifted = Drifted(changed=1, appeared=0)
    assert under_plan(manifest, drifted) is drifted
    strange: Any = (
        None,
        drifted,
        Done(result=(an_outcome("notes"),)),
        Done[Any](result=None),
        Done[Any](result=("erased",)),
        Pending(handle="bin", poll_after=1, so_far=(an_outcome("notes"),)),
    )
    for one in strange:
        with pytest.raises(Quarantine):
            settled(manifest, one)
    with pytest.raises(Quarantine):
        under_plan(manifest, strange[2])


A_REF = RecordRef(collection="people", key='["1"]')
OF_NAME = an_outcome().model_copy(update={"fate": Fate.RECTIFIED, "field": "name"})
MARKED = an_outcome().model_copy(update={"fate": Fate.RESTRICTED})
OF_ANOTHER = an_outcome().model_copy(update={"key": '["2"]'})
A_RECTIFY = Rectify(fields=(FieldChange(**A_REF.model_dump(), field="name", old="Ann", new="Anne"),))


@pytest.mark.parametrize(
    ("change", "told", "strange"),
    [
        (A_RECTIFY, OF_NAME, [(), (MARKED,), (OF_NAME, OF_ANOTHER)]),
        (Restrict(objects=(A_REF,)), MARKED, [(), (OF_ANOTHER,), (MARKED, OF_ANOTHER)]),
        (Stop(roots=(A_REF,), purposes=("marketing",)), OF_ANOTHER, [()]),
    ],
    ids=["rectify", "restrict", "stop"],
)
def test_a_change_is_told_of_whole_and_alone(
    change: Change, told: ObjectOutcome, strange: list[tuple[ObjectOutcome, ...]]
) -> None:
    """Taken for an answer, silence about a value that stayed wrong would be told to the person as corrected."""
    manifest = MemoryConnector((PEOPLE,)).manifest
    honest = Done[tuple[ObjectOutcome, ...]](result=(told,))
    waits = Pending(handle="job", poll_after=1)
    for look in (changed, changed_again):
        assert look(manifest, change, honest) is honest
        assert look(manifest, change, waits) is waits
        for outcomes in strange:
            with pytest.raises(Quarantine):
                look(manifest, change, Done(result=outcomes))
    drifted = Drifted(changed=1, appeared=0)
    assert changed(manifest, change, drifted) is drifted


def test_no_answer_about_vetoes_is_no_consent() -> None:
    veto = Veto(collection="people", key='["1"]', reason="open_invoice")
    assert vetoes_of((veto,)) == (veto,)
    assert vetoes_of(()) == ()
    strange: Any = (None, ("open_invoice",))
    for one in strange:
        with pytest.raises(Quarantine):
            vetoes_of(one)
