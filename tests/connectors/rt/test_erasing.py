"""What RT calls deleted and keeps, writes down, or will not do; and what must stay as it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from activities.connectors.rt import RtConnector
from habeas import plan as plans
from habeas.connector import FieldChange, RecordRef, Rectify, SystemPlan
from habeas.errors import Terminal, Transient
from habeas.outcomes import ConfirmAnswer, Done, Drifted, EraseAnswer, Fate
from habeas.testing import Fault, HttpFaults
from tests.connectors.rt.people import ANN, ANNS, BOBS, CARL, CARLS, JOANN, number_of, settings
from tests.connectors.rt.server import RtServer
from tests.connectors.store import Stays, held, ids

TODAY = date(2026, 12, 1)
_TEXTS = """
    SELECT a.Headers, a.Content FROM Attachments a JOIN Transactions t ON t.id = a.TransactionId
    WHERE t.ObjectType = 'RT::Ticket' AND t.ObjectId = ? ORDER BY a.id
"""
LAW = {"law": "Complaints Act", "years": 5}


class Made:
    """Connectors with settings of their own, closed in the end."""

    def __init__(self, rt: RtServer) -> None:
        self.rt = rt
        self._made: list[RtConnector] = []

    def connector(self, url: str | None = None, **more: Any) -> RtConnector:
        self._made.append(
            RtConnector.from_settings("rt", settings(self.rt, url or self.rt.url, **{"mentions": "by_hand", **more}))
        )
        return self._made[-1]

    def kept(self, **treatments: Any) -> dict[str, Any]:
        """The collections with some of them treated otherwise."""
        usual = settings(self.rt, self.rt.url)["collections"]
        return {**usual, **{name: {**usual[name], **one} for name, one in treatments.items()}}

    async def aclose(self) -> None:
        for one in self._made:
            await one.aclose()


@pytest.fixture
async def made(rt: RtServer) -> AsyncIterator[Made]:
    found = Made(rt)
    yield found
    await found.aclose()


async def planned(connector: RtConnector, address: str = ANN, *, stays: Stays | None = None) -> SystemPlan:
    identifiers = ids(email=address)
    matches = (await connector.locate(identifiers)).matches
    roots = tuple(RecordRef(collection=one.collection, key=one.key) for one in matches)
    records = [record async for page in connector.collect(roots, None) for record in page.records]
    index = [plans.IndexedRecord.of(one) for one in records]
    return plans.draft("rt", connector.manifest.collections, roots, identifiers, index, TODAY, stays)


def fates(answer: EraseAnswer | ConfirmAnswer, collection: str) -> set[tuple[Fate, str | None]]:
    assert isinstance(answer, Done)
    return {(one.fate, one.reason) for one in answer.result if one.collection == collection}


async def test_nothing_of_them_is_left_anywhere(rt: RtServer, made: Made) -> None:
    connector = made.connector(mentions="munge")
    for value in (f"of {ANN}", "of nobody"):
        rt.call("PUT", f"ticket/{ANNS}", {"CustomFields": {"Reference": value}})
    plan = await planned(connector)
    await connector.erase(plan, None)
    for table in ("Users", "Transactions", "Attachments", "Tickets", "ObjectCustomFieldValues"):
        for row in rt.rows(f"SELECT * FROM {table}"):  # noqa: S608  constants
            said = " ".join(map(str, row)).replace(JOANN, "")
            assert not re.search(rf"{ANN}|Ann Arla|ann@old|12 34 56 78", said, re.IGNORECASE), table
    assert list(rt.dumps.iterdir()) == []


async def test_old_values_go_with_the_new_ones(rt: RtServer, made: Made) -> None:
    connector = made.connector(anonymise=True)
    rt.call("PUT", f"ticket/{ANNS}", {"Subject": "Order of Ann Arla"})
    plan = await planned(connector)
    ann = number_of(rt, ANN)
    await connector.erase(plan, None)
    kept = rt.rows("SELECT Field, OldValue, NewValue FROM Transactions WHERE Type = 'Set' AND OldValue <> ''")
    assert kept == []
    assert rt.rows("SELECT Name, EmailAddress FROM Users WHERE id = ?", ann)[0][0] != ANN
    assert rt.rows("SELECT Subject FROM Tickets WHERE id = ?", ANNS) == [("[erased]",)]


async def test_anonymising_that_breaks_off_at_any_write_is_finished(
    rt: RtServer, made: Made, faults: HttpFaults, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt.call("PUT", f"ticket/{ANNS}", {"Subject": "Order of Ann Arla"})
    stay = {"treatment": "anonymise"}
    connector = made.connector(faults.url, collections=made.kept(users=stay, tickets=stay))
    plan = await planned(connector)
    called, writes, lost = faults.called, [0], 0

    def lose_the_answer_to_one(call: str) -> Fault | None:
        writes[0] += call.startswith(("PUT", "POST /Admin"))
        is_it = call.startswith(("PUT", "POST /Admin")) and writes[0] == lost
        return Fault.LOST if is_it else called(call)

    monkeypatch.setattr(faults, "called", lose_the_answer_to_one)
    while lost <= writes[0]:
        writes[0], lost = 0, lost + 1
        with suppress(Transient):
            await connector.erase(plan, None)
    assert lost > 3
    seen = await connector.confirm(plan, None)
    assert fates(seen, "users") == fates(seen, "tickets") == {(Fate.ANONYMISED, None)}
    assert fates(seen, "messages") == {(Fate.ERASED, None)}
    assert rt.rows("SELECT 1 FROM Transactions WHERE Type = 'Set' AND OldValue <> ''") == []
    assert list(rt.dumps.iterdir()) == []


async def test_custom_fields_that_rt_only_hides_are_not_called_anonymised(rt: RtServer, made: Made) -> None:
    connector = made.connector(anonymise=True)
    rt.call("PUT", f"ticket/{ANNS}", {"CustomFields": {"Reference": f"of {ANN}"}})
    answer = await connector.erase(await planned(connector), None)
    assert fates(answer, "tickets") == {(Fate.BLOCKED, "custom_fields")}
    assert {fate for fate, _ in fates(answer, "users")} == {Fate.ANONYMISED}


async def test_disabled_is_not_erased(rt: RtServer, made: Made) -> None:
    connector = made.connector()
    plan = await planned(connector)
    rt.call("DELETE", f"user/{number_of(rt, ANN)}")
    rt.call("PUT", f"ticket/{ANNS}", {"Status": "deleted"})
    seen = await connector.confirm(plan, None)
    assert {fate for fate, _ in fates(seen, "users") | fates(seen, "tickets")} == {Fate.FAILED}
    assert isinstance(await connector.erase(plan, None), Drifted)


async def test_an_answer_that_is_lost_leaves_no_dump(
    rt: RtServer, made: Made, faults: HttpFaults, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = made.connector(faults.url)
    plan = await planned(connector)
    called, to_the_shredder = faults.called, []

    def lose_the_answer(call: str) -> Fault | None:
        to_the_shredder.extend([call] if call.startswith("POST /Admin/Tools/Shredder") else [])
        # The first only looks for deleted tickets.
        return Fault.LOST if len(to_the_shredder) == 2 and call == to_the_shredder[-1] else called(call)

    with monkeypatch.context() as broken:
        broken.setattr(faults, "called", lose_the_answer)
        with pytest.raises(Transient):
            await connector.erase(plan, None)
    (dump,) = rt.dumps.iterdir()
    assert ANN in dump.read_text(errors="replace").lower()
    assert (Fate.FAILED, "written_down") in fates(await connector.confirm(plan, None), "users")
    await connector.erase(plan, None)
    assert list(rt.dumps.iterdir()) == []
    assert fates(await connector.confirm(plan, None), "users") == {(Fate.ERASED, None)}


async def test_a_dump_that_holds_others_is_left_and_told(rt: RtServer, made: Made) -> None:
    connector = made.connector()
    plan = await planned(connector)
    row = 'INSERT INTO Tickets("created","creator","due","effectiveid","finalpriority","id") VALUES({});\n'
    rows = [row.format(f"'2026-01-01 00:00:00','1',NULL,'{one}','0','{one}'") for one in (ANNS, 900)]
    colleagues = rt.dumps / "20260101T000000-0001.sql"
    colleagues.write_text("".join(rows))
    others = rt.dumps / "20260101T000000-0002.sql"
    others.write_text(rows[1])
    await connector.erase(plan, None)
    assert (Fate.FAILED, "written_down") in fates(await connector.confirm(plan, None), "users")
    assert sorted(rt.dumps.iterdir()) == [colleagues, others]


@pytest.mark.parametrize("folder", ["elsewhere", "missing"])
async def test_nothing_is_wiped_where_the_dump_would_stay(
    rt: RtServer, made: Made, folder: str, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    connector = made.connector(dumps=str(tmp_path / folder))
    plan = await planned(connector)
    with pytest.raises(Terminal, match="dumps"):
        await connector.erase(plan, None)
    assert rt.rows("SELECT Name FROM Users WHERE id = ?", number_of(rt, ANN))
    assert list(rt.dumps.iterdir()) == []
    assert not (await connector.ping()).ok


async def test_a_form_that_rt_does_not_take_is_not_called_done(rt: RtServer, made: Made) -> None:
    connector = made.connector(web_url="https://elsewhere.example.org")
    plan = await planned(made.connector())
    with pytest.raises(Terminal):
        await connector.erase(plan, None)
    assert rt.rows("SELECT 1 FROM Tickets WHERE id = ?", ANNS)


async def test_what_others_wrote_is_left_to_a_human_by_default(rt: RtServer, made: Made) -> None:
    connector = made.connector()
    plan = await planned(connector)
    answer = await connector.erase(plan, None)
    assert fates(answer, "mentions") == {(Fate.BLOCKED, "by_hand")}
    assert {fate for fate, _ in fates(answer, "users")} == {Fate.ERASED}
    assert "ANN@example.org" in str(rt.rows(_TEXTS, CARLS))


async def test_words_within_others_words_are_not_spoilt(rt: RtServer, made: Made) -> None:
    rt.call("POST", f"ticket/{CARLS}/comment", {"Content": f"{ANN} or {JOANN}", "ContentType": "text/plain"})
    connector = made.connector(mentions="munge")
    answer = await connector.erase(await planned(connector), None)
    assert (Fate.BLOCKED, "by_hand") in fates(answer, "mentions")
    assert rt.rows("SELECT 1 FROM Attachments WHERE Content LIKE ?", f"%{ANN} or {JOANN}%")


async def test_words_are_on_no_command_line(rt: RtServer, made: Made, tmp_path: Path) -> None:
    usual = settings(rt, rt.url)["munge"]
    spy, seen = tmp_path / "spy", tmp_path / "seen"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec "$@"\n')
    spy.chmod(0o755)
    connector = made.connector(mentions="munge", munge={**usual, "via": [str(spy), *usual["via"]]})
    answer = await connector.erase(await planned(connector), None)
    assert {fate for fate, _ in fates(answer, "mentions")} == {Fate.ANONYMISED}
    assert "perl" in seen.read_text()
    assert "ann" not in seen.read_text().lower().replace(str(rt.folder).lower(), "")


async def test_what_the_law_keeps_stays_to_the_letter(rt: RtServer, made: Made) -> None:
    kept = {"treatment": "retain", "retention": LAW}
    connector = made.connector(collections=made.kept(tickets=kept, messages=kept))
    plan = await planned(connector)
    texts = rt.rows(_TEXTS, ANNS)
    await connector.erase(plan, None)
    seen = await connector.confirm(plan, None)
    assert fates(seen, "tickets") == fates(seen, "messages") == {(Fate.RETAINED, None)}
    assert fates(seen, "users") == {(Fate.ANONYMISED, None)}
    assert rt.rows(_TEXTS, ANNS) == texts


async def test_what_is_held_in_others_tickets_keeps_whose_it_is(rt: RtServer, made: Made) -> None:
    """RT takes an account that it wipes out of every ticket, and from what it wrote."""
    connector = made.connector()
    plan = await planned(connector, stays=held(await planned(connector), "copied_tickets", "contributions"))
    readers = "SELECT MemberId FROM GroupMembers JOIN Groups g ON g.id = GroupId WHERE Domain = 'RT::Ticket-Role'"
    at_bobs = f"{readers} AND g.Instance = ? ORDER BY 1"
    wrote = "SELECT id, Creator, Type FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = ? ORDER BY 1"
    before = rt.rows(at_bobs, BOBS), rt.rows(wrote, BOBS), rt.rows(_TEXTS, BOBS)
    await connector.erase(plan, None)
    seen = await connector.confirm(plan, None)
    assert fates(seen, "users") == fates(seen, "copied_tickets") == fates(seen, "contributions")
    assert fates(seen, "users") == {(Fate.RETAINED, None)}
    assert (rt.rows(at_bobs, BOBS), rt.rows(wrote, BOBS), rt.rows(_TEXTS, BOBS)) == before


async def test_an_erasure_of_some_categories_is_not_disturbed_by_the_others(rt: RtServer, made: Made) -> None:
    connector = made.connector()
    whole = await planned(connector)
    theirs = tuple(one for one in whole.objects if one.collection == "contributions")
    plan = whole.model_copy(update={"objects": theirs, "only": ("contributions",)})
    rt.mail(ANN, "One more", "A ticket that is not asked about")
    await connector.erase(plan, None)
    seen = await connector.confirm(plan, None)
    assert isinstance(seen, Done)
    assert [(one.collection, one.fate) for one in seen.result] == [("contributions", Fate.ERASED)] * len(theirs)
    assert rt.rows("SELECT 1 FROM Tickets WHERE id = ?", ANNS)


async def test_a_user_who_became_staff_stays(rt: RtServer, made: Made) -> None:
    connector = made.connector()
    plan = await planned(connector)
    rt.call("PUT", f"user/{number_of(rt, ANN)}", {"Privileged": 1})
    assert isinstance(await connector.erase(plan, None), Drifted)


async def test_a_staff_account_that_is_theirs_stays(rt: RtServer, made: Made) -> None:
    number = number_of(rt, ANN)
    rt.call("PUT", f"user/{number}", {"Privileged": 1})
    connector = made.connector()
    done = await connector.erase(await planned(connector), None)
    assert isinstance(done, Done)
    assert [(one.fate, one.reason) for one in done.result if one.collection == "users"] == [(Fate.BLOCKED, "staff")]
    assert rt.rows("SELECT lower(EmailAddress) FROM Users WHERE id = ?", number) == [(ANN,)]


async def test_a_staff_account_is_not_corrected(rt: RtServer, made: Made) -> None:
    number = number_of(rt, ANN)
    rt.call("PUT", f"user/{number}", {"Privileged": 1})
    field = FieldChange(collection="users", key=f"[{number}]", field="RealName", old="Ann Arla", new="Ann Berg")
    asked = Rectify(fields=(field,))
    connector = made.connector()
    for answer in (await connector.change(asked, None), await connector.confirm_change(asked, None)):
        assert isinstance(answer, Done)
        assert [(one.fate, one.reason) for one in answer.result] == [(Fate.BLOCKED, "staff")]
    assert rt.rows("SELECT RealName FROM Users WHERE id = ?", number) == [("Ann Arla",)]


async def test_a_ticket_that_was_merged_into_another_is_not_wiped(rt: RtServer, made: Made) -> None:
    connector = made.connector()
    plan = await planned(connector)
    rt.call("PUT", f"ticket/{ANNS}", {"MergeInto": CARLS})
    assert isinstance(await connector.erase(plan, None), Drifted)
    assert rt.rows("SELECT EffectiveId FROM Tickets WHERE id = ?", ANNS) == [(CARLS,)]


async def test_somebody_else_who_asks_too_stops_the_erasure(rt: RtServer, made: Made) -> None:
    connector = made.connector()
    plan = await planned(connector)
    rt.call("PUT", f"ticket/{ANNS}", {"Requestor": [ANN, "bob@example.org"]})
    assert isinstance(await connector.erase(plan, None), Drifted)


async def test_what_another_end_user_wrote_in_their_ticket_stays(rt: RtServer, made: Made) -> None:
    connector = made.connector(mentions="munge")
    before = await planned(connector)
    rt.mail(CARL, f"Re: [rt.test #{ANNS}] My order", "Mine is late, too.")
    assert isinstance(await connector.erase(before, None), Drifted)
    wrote = "SELECT t.id, t.Creator, a.Content FROM Attachments a JOIN Transactions t ON t.id = TransactionId "
    carls = f"{wrote} WHERE t.Creator = {number_of(rt, CARL)} AND ObjectId = {ANNS}"
    his = rt.rows(carls)
    assert his
    await connector.erase(await planned(connector), None)
    assert rt.rows(carls) == his
    assert rt.rows("SELECT 1 FROM Attachments WHERE Content LIKE '%It is late.%'") == []


async def test_their_own_words_in_others_tickets_go_and_the_tickets_stay(rt: RtServer, made: Made) -> None:
    connector = made.connector(mentions="munge")
    await connector.erase(await planned(connector), None)
    ticket = rt.call("GET", f"ticket/{BOBS}")
    assert isinstance(ticket, dict)
    assert (ticket["Cc"], ticket["Subject"]) == ([], "A leak")
    texts = rt.rows("SELECT Content FROM Attachments WHERE Content LIKE '%I saw it too%'")
    assert all("[erased]" in str(one) for one in texts)


def _city(rt: RtServer, old: str, new: str, field: str = "City") -> Rectify:
    key = f"[{number_of(rt, ANN)}]"
    return Rectify(fields=(FieldChange(collection="users", key=key, field=field, old=old, new=new),))


async def test_a_value_that_changed_in_between_is_not_overwritten(
    rt: RtServer, made: Made, faults: HttpFaults, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = made.connector(faults.url)
    assert isinstance(await connector.change(_city(rt, "Roskilde", "Odense"), None), Drifted)
    called = faults.called

    def first_a_colleague(call: str) -> Fault | None:
        if call.startswith("PUT"):
            rt.call("PUT", f"user/{number_of(rt, ANN)}", {"Address1": "Elsewhere"})
        return called(call)

    monkeypatch.setattr(faults, "called", first_a_colleague)
    assert isinstance(await connector.change(_city(rt, "Aarhus", "Odense"), None), Drifted)  # 412
    assert rt.rows("SELECT City FROM Users WHERE lower(EmailAddress) = ?", ANN) == [("Aarhus",)]


@pytest.mark.parametrize("address", ["bob@example.org", "no address"])
async def test_an_answer_of_200_is_not_believed(rt: RtServer, made: Made, address: str) -> None:
    connector = made.connector()
    change = _city(rt, "Ann@Example.org", address, "EmailAddress")
    assert fates(await connector.change(change, None), "users") == {(Fate.BLOCKED, "refused_by_system")}
    assert fates(await connector.confirm_change(change, None), "users") == {(Fate.FAILED, "not_rectified")}
