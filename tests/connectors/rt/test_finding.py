"""What RT hides from a search, and what a search gives that is not the person's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.connectors.rt import RtConnector, locate
from activities.connectors.rt.munge import Munge
from activities.connectors.rt.rest import is_
from activities.connectors.rt.settings import MungeSettings
from activities.connectors.rt.words import Words
from habeas.connector import Record, RecordRef
from habeas.errors import Terminal
from tests.connectors.rt.people import ANN, ANNS, BOB, BOBS, CARL, CARLS, JOANN, number_of, settings
from tests.connectors.rt.server import RtServer
from tests.connectors.store import ids


@pytest.fixture
async def connector(rt: RtServer) -> AsyncIterator[RtConnector]:
    made = RtConnector.from_settings("rt", settings(rt, rt.url))
    yield made
    await made.aclose()


async def _all_of(connector: RtConnector, address: str) -> list[Record]:
    matches = (await connector.locate(ids(email=address))).matches
    roots = tuple(RecordRef(collection=one.collection, key=one.key) for one in matches)
    return [record async for page in connector.collect(roots, None) for record in page.records]


def _keys(records: list[Record], collection: str) -> list[str]:
    return [one.key for one in records if one.collection == collection]


async def test_a_user_that_was_deleted_is_only_disabled_and_found(rt: RtServer, connector: RtConnector) -> None:
    rt.call("DELETE", f"user/{number_of(rt, CARL)}")
    (match,) = (await connector.locate(ids(email="CARL@example.org"))).matches
    assert match.key == f"[{number_of(rt, CARL)}]"


async def test_a_search_that_gives_everybody_finds_only_who_bears_it(
    rt: RtServer, connector: RtConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RT answers a condition that it does not know with everybody, and says nothing."""
    monkeypatch.setattr(locate, "is_", lambda field, value: is_("NickOfTime", value))
    everybody = await connector._rest.users(is_("NickOfTime", ANN), ("EmailAddress",))
    assert len(everybody) > 3
    (match,) = (await connector.locate(ids(email=ANN))).matches
    assert match.key == f"[{number_of(rt, ANN)}]"
    assert (await connector.locate(ids(email="nobody@example.org"))).matches == ()


async def test_staff_are_found_and_marked(connector: RtConnector) -> None:
    (agent,) = (await connector.locate(ids(email="agent@rt.test"))).matches
    assert agent.staff
    (ann,) = (await connector.locate(ids(email=ANN))).matches
    assert not ann.staff


async def test_what_a_member_of_staff_asked_for_and_wrote_is_told(rt: RtServer, connector: RtConnector) -> None:
    rt.call("PUT", f"user/{number_of(rt, ANN)}", {"Privileged": 1})
    records = await _all_of(connector, ANN)
    assert _keys(records, "users") == [f"[{number_of(rt, ANN)}]"]
    assert _keys(records, "tickets") == [f"[{ANNS}]"]


async def test_everything_is_there_in_its_own_bytes(connector: RtConnector) -> None:
    records = await _all_of(connector, ANN)
    files = [file for one in records for file in one.files]
    assert [(one.name, one.media_type, one.content) for one in files] == [
        ("cv.pdf", "application/pdf", b"%PDF-1.4\n\xff\xfe\xfd")
    ]
    (user,) = [one for one in records if one.collection == "users"]
    assert user.data["RealName"] == "Ann Arla"
    history = user.model_dump()["data"]["history"]
    assert {one["Field"]: one["NewValue"] for one in history} == {"HomePhone": "+45 12 34 56 78", "City": "Aarhus"}
    texts = [str(one.data["texts"]) for one in records if one.collection == "messages"]
    assert any("It is late." in text for text in texts)
    assert any("it comes" in text for text in texts)


async def test_a_deleted_ticket_is_not_lost(rt: RtServer, connector: RtConnector) -> None:
    rt.call("PUT", f"ticket/{ANNS}", {"Status": "deleted"})
    records = await _all_of(connector, ANN)
    assert _keys(records, "tickets") == [f"[{ANNS}]"]
    assert _keys(records, "messages")


@pytest.mark.parametrize("beside", [{"Requestor": [ANN, CARL]}, {"Cc": [CARL]}], ids=["asked by two", "read by others"])
async def test_what_is_others_too_is_not_theirs_alone(
    rt: RtServer, connector: RtConnector, beside: dict[str, list[str]]
) -> None:
    rt.call("PUT", f"ticket/{ANNS}", beside)
    records = await _all_of(connector, ANN)
    assert _keys(records, "tickets") == []
    assert _keys(records, "copied_tickets") == [f"[{ANNS}]", f"[{BOBS}]"]


async def test_what_another_end_user_wrote_in_is_not_theirs_alone(rt: RtServer, connector: RtConnector) -> None:
    """RT takes a mail to anybody's ticket, and makes its sender no watcher."""
    rt.mail(CARL, f"Re: [rt.test #{ANNS}] My order", "Mine is late, too.")
    ((his,),) = rt.rows("SELECT id FROM Transactions WHERE Creator = ? AND ObjectId = ?", number_of(rt, CARL), ANNS)
    for status in ("open", "deleted"):
        rt.call("PUT", f"ticket/{ANNS}", {"Status": status})
        records = await _all_of(connector, ANN)
        assert (_keys(records, "tickets"), _keys(records, "messages")) == ([], [])
        assert _keys(records, "copied_tickets") == [f"[{ANNS}]", f"[{BOBS}]"]
        assert f"[{his}]" not in _keys(records, "contributions")
        assert "It is late." in str([one.data for one in records])


async def test_staff_that_read_along_do_not_make_a_ticket_theirs(rt: RtServer, connector: RtConnector) -> None:
    rt.call("PUT", f"ticket/{ANNS}", {"Cc": ["agent@rt.test"]})
    assert _keys(await _all_of(connector, ANN), "tickets") == [f"[{ANNS}]"]


async def test_texts_that_name_somebody_like_them_are_not_theirs(rt: RtServer, connector: RtConnector) -> None:
    before = _keys(await _all_of(connector, ANN), "mentions")
    text = {"Content": f"Not {JOANN}, nor {ANN}.au, nor jo-{ANN}", "ContentType": "text/plain"}
    rt.call("POST", f"ticket/{CARLS}/comment", text)
    assert _keys(await _all_of(connector, ANN), "mentions") == before
    rt.call("POST", f"ticket/{CARLS}/comment", {"Content": f"It is <{ANN}>.", "ContentType": "text/plain"})
    assert len(_keys(await _all_of(connector, ANN), "mentions")) > len(before)


async def test_what_others_wrote_about_them_is_reviewed_before_release(connector: RtConnector) -> None:
    free = {one.name: one.free_text for one in connector.manifest.collections}
    assert "text" in free["mentions"]
    assert "Headers" in {*free["messages"]} & {*free["contributions"]}, "who else got it"
    for one in await _all_of(connector, ANN):
        assert set(free[one.collection]) & set(one.data) or one.collection in {"users"}


async def test_more_texts_than_a_page_holds(rt: RtServer, connector: RtConnector) -> None:
    with_many = "INSERT INTO Attachments (TransactionId, Parent, ContentType, Headers, Content, Creator, Created) "
    created = rt.rows("SELECT id FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = ?", CARLS)[0][0]
    rt.write(f"{with_many} VALUES (?, 0, 'text/plain', '', ?, 1, '2026-01-01')", [(created, f"of {ANN}")] * 230)
    assert len(_keys(await _all_of(connector, ANN), "mentions")) >= 230


@pytest.mark.parametrize(
    ("user", "others"),
    [
        ({"RealName": "Ann\nor her brother"}, ("Ann or her brother",)),
        ({"RealName": " Ann\u2028Arla\t"}, ("Ann Arla",)),
        ({"RealName": "Ann"}, ()),
        ({"HomePhone": "+45 12 34 56 78"}, ("+45 12 34 56 78",)),
        ({"HomePhone": "(45) 12.34/56-78\n"}, ("(45) 12.34/56-78",)),
        ({"HomePhone": "private"}, ()),
        ({"WorkPhone": "see the contract 2024"}, ()),
        ({"MobilePhone": "call back\nthe invoice"}, ()),
        ({"PagerPhone": "12 34 5"}, ()),
    ],
)
def test_only_what_is_a_name_or_a_number_is_a_word(user: dict[str, str], others: tuple[str, ...]) -> None:
    assert Words.of([user]).others == others


async def test_no_line_break_makes_two_words_of_one() -> None:
    munge = Munge("rt", MungeSettings(tool=Path("/nowhere"), via=("false",)))
    for word in ("Ann\nthe", "", "  ", "Ann\x00"):
        with pytest.raises(Terminal, match="no line of text"):
            await munge.replace((word,), (1,))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{ANN}", True),
        (f"<{ANN.upper()}>.", True),
        (f"mailto:{ANN}?subject=x", True),
        (f"jo{ANN}", False),
        (f"x.{ANN}", False),
        (f"{ANN}.au", False),
        (f"{ANN}s", False),
        ("annXexample.org", False),
    ],
)
def test_an_address_is_found_whole_or_not_at_all(text: str, found: bool) -> None:
    words = Words.of([{"EmailAddress": ANN}])
    assert words.addressed_in(text) is found
    assert words.within_others(text) is (not found and ANN in text.lower())


@pytest.mark.parametrize(("region", "told"), [("DK", "+4512345678"), (None, "12345678")])
async def test_a_number_is_told_as_one_of_the_country_that_the_settings_say(
    rt: RtServer, region: str | None, told: str
) -> None:
    rt.write("UPDATE Users SET HomePhone = '12 34 56 78' WHERE EmailAddress = ?", [(BOB,)])
    made = RtConnector.from_settings("rt", settings(rt, rt.url, region=region))
    (match,) = (await made.locate(ids(email=BOB))).matches
    await made.aclose()
    assert told in [one.value for one in match.yields if one.kind == "phone"]


async def test_nobody_else_is_found_by_bob(connector: RtConnector) -> None:
    records = await _all_of(connector, BOB)
    assert _keys(records, "tickets") == []  # Ann reads along, and wrote there
    assert _keys(records, "copied_tickets") == [f"[{BOBS}]"]
