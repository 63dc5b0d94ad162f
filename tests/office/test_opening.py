from datetime import UTC, datetime, timedelta

import pytest

from habeas.errors import BadInput, EngineUnavailable
from habeas.evidence import Tag
from habeas.particulars import LANGUAGE_ASKED, LanguageAsked
from tests.office.world import World
from workers.office import Engine, NewRequestInput, Office


async def test_opening_writes_the_row_its_evidence_and_starts_the_workflow(here: World) -> None:
    address = here.person()
    opened = await here.office.open_request(
        NewRequestInput(
            right="access", opened_by="Kim", emails=(address,), language="da-DK", received_at="2026-01-05"
        ).model_copy(update={"received_at": (datetime.now(UTC) - timedelta(days=2)).date().isoformat()})
    )
    assert (opened.created, opened.started, opened.regime, opened.language) == (True, True, "EU-GDPR", "da")
    async with here.ledger.begin() as tx:
        first = (await tx.events(opened.id))[0]
        row = await tx.request_row(opened.id)
    assert first.tag is Tag.REQUEST_OPENED
    assert row.opened_by == here.office.actor("kim ")
    described = await here.client.get_workflow_handle(opened.id).describe()
    assert described.id == opened.id


async def test_the_nearest_language_is_taken_and_said(here: World) -> None:
    async def opened(language: str) -> tuple[str, str | None]:
        asked = NewRequestInput(right="access", opened_by="Kim", emails=(here.person(),), language=language)
        answer = await here.office.open_request(asked)
        return answer.language, answer.language_note

    assert await opened("DA") == ("da", None)
    norwegian = await opened("nb")
    assert norwegian[0] == "da"
    assert norwegian[1] == "The controller writes no letters in nb: they go in da."
    assert (await opened("pt-BR"))[1] == "The controller writes no letters in pt-BR: they go in en."


async def test_in_which_language_letters_were_wanted_is_kept_for_the_first_of_them(here: World) -> None:
    async def kept(language: str) -> str | None:
        asked = NewRequestInput(right="access", opened_by="Kim", emails=(here.person(),), language=language)
        opened = await here.office.open_request(asked)
        async with here.ledger.begin() as tx:
            found = await tx.unseal(opened.id, LANGUAGE_ASKED, LanguageAsked)
        return found.language if found else None

    assert await kept("nb-NO") == "nb-NO"
    assert await kept("da-DK") is None, "letters are in Danish"


async def test_a_second_request_of_the_same_person_and_right_is_the_first_one(here: World) -> None:
    address = here.person()
    first = await here.open(address)
    again = await here.office.open_request(NewRequestInput(right="access", opened_by="Bo", emails=(address.upper(),)))
    other = await here.office.open_request(NewRequestInput(right="erasure", opened_by="Bo", emails=(address,)))
    assert (again.id, again.created) == (first, False)
    assert other.created


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"right": "everything"}, "right"),
        ({"right": "rectification"}, "correct"),
        ({"right": "rectification", "corrections": ("canary-ada has moved",)}, "correct"),
        ({"corrections": ("name: Ada => Eva",)}, "correct"),
        ({"right": "rectification", "corrections": ("name: Ada => Eva",), "evidence": "x" * 2001}, "evidence"),
        ({"right": "appeal"}, "right"),
        ({"right": "objection", "purposes": ("world peace",)}, "purpose"),
        ({"purposes": ("newsletter",)}, "purpose"),
        ({"scope": "everything"}, "scope"),
        ({"right": "erasure", "scope": "categories"}, "scope"),
        ({"about": "HB-7K2M-X4QT-90AB"}, "about"),
        ({"right": "restriction", "situation": "a\u0000b"}, "situation"),
        ({"regime": "XX-NONE"}, "regime"),
        ({"jurisdiction": "ZZ"}, "jurisdiction"),
        ({"jurisdiction": "XX"}, "jurisdiction"),
        ({"language": "xx"}, "language"),
        ({"language": "dansk"}, "language"),
        ({"language": "da-ZQ"}, "language"),
        ({"regime": "CA-PIPEDA", "right": "erasure"}, "regime"),
        ({"controller": "nobody"}, "controller"),
        ({"emails": ("ada@",)}, "email"),
        ({"emails": ()}, "email"),
        ({"phones": ("12",)}, "phone"),
        ({"identifiers": ("customer number 7",)}, "identifier"),
        ({"received_at": "2999-01-01"}, "received_at"),
        ({"received_at": "1999-01-01"}, "received_at"),
        ({"received_at": "yesterday"}, "received_at"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"opened_by": "  "}, "by"),
        ({"reason": ""}, "reason"),
        ({"channel": "pigeon"}, "channel"),
        ({"note": "x" * 10_001}, "note"),
    ],
)
async def test_bad_input_names_the_field_and_writes_nothing(
    here: World, changes: dict[str, object], field: str
) -> None:
    before = await count(here)
    asked = {"right": "access", "opened_by": "Kim", "emails": ("canary-ada@example.org",), "name": "Ada"}
    with pytest.raises(BadInput) as caught:
        await here.office.open_request(NewRequestInput.model_validate(asked | changes))
    assert caught.value.detail.startswith(f"{field}:") or field == "regime"
    assert caught.value.diagnostics()
    assert "canary" not in str(caught.value)
    assert await count(here) == before


async def count(here: World) -> int:
    from sqlalchemy import func, select

    from activities.ledger.tables import request

    async with here.ledger.begin() as tx:
        return int((await tx._run(select(func.count()).select_from(request))).scalar_one())


async def test_without_temporal_the_request_is_kept_and_started_later(here: World) -> None:
    async def nobody() -> object:
        raise EngineUnavailable

    away = Office(
        here.ledger,
        Engine(nobody, task_queue="nobody"),  # type: ignore[arg-type]  # it never connects
        here.parts.policies,
        here.parts.storage,
    )
    address = here.person()
    opened = await away.open_request(NewRequestInput(right="access", opened_by="Kim", emails=(address,)))
    assert (opened.created, opened.started) == (True, False)
    assert await here.office.start_unstarted() == ()
    async with here.ledger.begin() as tx:
        assert opened.id not in await tx.unstarted(100)
    assert (await here.client.get_workflow_handle(opened.id).describe()).id == opened.id
