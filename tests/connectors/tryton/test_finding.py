"""Whom Tryton's searches find, and whom the connector takes for the person."""

from __future__ import annotations

import pytest

from activities.connectors.tryton import locate
from habeas.connector import RecordRef
from habeas.errors import Quarantine, Terminal
from habeas.outcomes import Fate
from tests.connectors.store import ids
from tests.connectors.tryton.made import Made, collected, fates, found, planned
from tests.connectors.tryton.people import CARD, RELATIONS, collections
from tests.connectors.tryton.preparing import ANN, JOANN, STAFF
from tests.connectors.tryton.server import TrytonServer


async def test_an_address_is_found_in_any_case_and_is_no_part_of_another(tryton: TrytonServer, made: Made) -> None:
    connector = made.connector(tryton)
    (match,) = (await connector.locate(ids(email="ANN@EXAMPLE.ORG"))).matches
    assert match.key == f"[{tryton.ids['Ann']}]"
    assert (match.name, {one.kind for one in match.yields}) == (
        "Ann Arla",
        {"email", "phone", "customer_number", "cpr"},
    )
    (other,) = (await connector.locate(ids(email=JOANN))).matches
    assert other.key == f"[{tryton.ids['Joann']}]"


@pytest.mark.parametrize(
    "asked", [{"email": ANN}, {"phone": "+4512345678"}, {"customer_number": ""}, {"cpr": "2110625629"}]
)
async def test_a_search_that_gives_everybody_finds_only_who_bears_it(
    tryton: TrytonServer, made: Made, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    """Tryton itself is asked for all: every row is compared again, whatever it was found by."""
    if "customer_number" in asked:
        ((code,),) = tryton.rows("SELECT code FROM party_party WHERE id = ?", tryton.ids["Ann"])
        asked = {"customer_number": str(code)}
    monkeypatch.setattr(locate, "_literal", lambda _: "%")
    monkeypatch.setattr(locate, "_like", lambda fields, _: ["OR", *([name, "ilike", "%"] for name in fields)])
    connector = made.connector(tryton)
    assert len(await locate._candidates(connector._rpc, ids(**asked)[0], "dk_cpr" if "cpr" in asked else "", None)) > 1
    assert await found(connector, *ids(**asked)) == (RecordRef(collection="parties", key=f"[{tryton.ids['Ann']}]"),)


@pytest.mark.parametrize("written", ["12 34 56 78", "12345678", "0045 12 34 56 78", "+4512345678"])
async def test_a_number_without_its_country_is_found_where_the_settings_say_which(
    tryton: TrytonServer, made: Made, written: str
) -> None:
    theirs = (RecordRef(collection="parties", key=f"[{tryton.ids['Ann']}]"),)
    tryton.execute(
        "UPDATE party_contact_mechanism SET value = ?, value_compact = ? WHERE type = 'phone' AND party = ?",
        written,
        written.replace(" ", ""),
        tryton.ids["Ann"],
    )
    abroad = written.startswith(("+", "00"))
    for region, there in (("DK", theirs), (None, theirs if abroad else ()), ("FR", theirs if abroad else ())):
        connector = made.connector(tryton, region=region)
        assert await found(connector, *ids(phone="+4512345678")) == there, region
    (match,) = (await made.connector(tryton, region="DK").locate(ids(email=ANN))).matches
    assert "+4512345678" in {one.value for one in match.yields}


async def test_a_name_in_somebody_else_s_invoice_line_is_no_record_of_theirs(tryton: TrytonServer, made: Made) -> None:
    """It is no identifier, so nothing leads there; who else is named in a line of their own, staff look at first."""
    tryton.execute("UPDATE account_invoice_line SET description = 'Gift of Ann Arla' WHERE description = 'A gift'")
    connector = made.connector(tryton)
    records = await collected(connector)
    assert not [one for one in records if "Gift of Ann Arla" in str(one.data)]
    kinds = {one.name: one for one in connector.manifest.collections}
    (invoice,) = [one for one in records if one.collection == "invoices"]
    assert "lines" in kinds["invoices"].texts(invoice)
    plan = await planned(connector)
    await connector.erase(plan, None)
    assert tryton.rows("SELECT count(*) FROM account_invoice_line WHERE description = 'Gift of Ann Arla'") == [(1,)]


@pytest.mark.parametrize("number", ["+45 87 65 43 21", "0045 8765 4321", "+4587654321"])
async def test_a_number_is_found_however_it_is_written(tryton: TrytonServer, made: Made, number: str) -> None:
    assert await found(made.connector(tryton), *ids(phone=number)) == await found(
        made.connector(tryton), *ids(customer_number=str(tryton.ids["Carl"]))
    )


async def test_two_parties_with_one_address_are_both_found(tryton: TrytonServer, made: Made) -> None:
    tryton.call(
        "model.party.contact_mechanism.create",
        [{"party": tryton.ids["Bob"], "type": "email", "value": "Ann@example.org"}],
    )
    names = {one.name for one in (await made.connector(tryton).locate(ids(email=ANN))).matches}
    assert names == {"Ann Arla", "Bob Berg"}


async def test_merged_and_inactive_parties_lead_to_the_one_that_they_became(tryton: TrytonServer, made: Made) -> None:
    connector, ann = made.connector(tryton), tryton.ids["Ann"]
    ((old,),) = tryton.rows("SELECT code FROM party_party WHERE replaced_by = ?", ann)
    tryton.call("model.party.party.write", [ann], {"active": False})
    for identifier in (*ids(customer_number=str(old)), *ids(email=f"old.{ANN}")):
        assert [one.key for one in await found(connector, identifier)] == [f"[{ann}]"]
    parties = [one for one in await collected(connector) if one.collection == "parties"]
    assert [one.data["name"] for one in parties] == ["Ann Arla", "Ann Arla (old)"]


async def test_what_tryton_s_own_erasure_left_is_found(tryton: TrytonServer, made: Made) -> None:
    tryton.execute("UPDATE account_invoice SET state = 'cancelled' WHERE state = 'draft'")
    ann = tryton.ids["Ann"]
    tryton.call("model.party.party.write", [ann], {"active": False})
    session = tryton.call("wizard.party.erase.create")[0]
    tryton.call("wizard.party.erase.execute", session, {"ask": {"party": ann}}, "erase")
    connector = made.connector(tryton)
    for identifier in (*ids(email=ANN), *ids(phone="+4512345678"), *ids(cpr="2110625629")):
        assert [one.key for one in await found(connector, identifier)] == [f"[{ann}]"]


@pytest.mark.parametrize("former", [False, True])
async def test_staff_wait_alone_for_a_human(tryton: TrytonServer, made: Made, former: bool) -> None:
    if former:
        tryton.execute("UPDATE company_employee SET end_date = '2025-01-31'")
    both = ids(email=STAFF) + ids(email=ANN)
    found = {one.found_by[0].value: one.staff for one in (await made.connector(tryton).locate(both)).matches}
    assert found == {STAFF: True, ANN: False}


async def test_the_company_itself_is_staff(tryton: TrytonServer, made: Made) -> None:
    ((code,),) = tryton.rows("SELECT p.code FROM party_party p JOIN company_company c ON c.party = p.id")
    found = (await made.connector(tryton).locate(ids(customer_number=str(code)))).matches
    assert [one.staff for one in found] == [True]


async def test_too_many_stop_for_a_human(tryton: TrytonServer, made: Made) -> None:
    mail = {"contact_mechanisms": [["create", [{"type": "email", "value": "all@example.org"}]]]}
    tryton.call("model.party.party.create", [{"name": f"One {number}", **mail} for number in range(51)])
    with pytest.raises(Quarantine, match="More than 50"):
        await made.connector(tryton).locate(ids(email="all@example.org"))


async def test_everything_of_theirs_is_told(tryton: TrytonServer, made: Made) -> None:
    records = {(one.collection, one.key): one for one in await collected(made.connector(tryton))}
    by = {name: [one for (kind, _), one in records.items() if kind == name] for name, _ in records}
    (invoice,) = by["invoices"]
    assert invoice.data["currency"] == "Euro"
    assert invoice.data["total_amount_cache"] == "100.00"
    lines = invoice.data["lines"]
    assert isinstance(lines, list)
    assert [line["description"] for line in lines if isinstance(line, dict)] == ["Advice to Ann Arla"]
    assert str(invoice.anchor) == "2025-03-01"
    assert {one.collection for one in invoice.parents} == {"parties", "addresses"}
    letters = [file for one in (*by["attachments"], *by["documents"]) for file in one.files]
    assert [(one.name, one.content) for one in letters] == [("Ann.txt", b"A letter of Ann")] * 2
    assert [one.data["subject"] for one in by["emails"]] == ["Dear Ann"]
    (paid_for,) = by["payees"]
    assert "A gift" not in str(paid_for.data)
    assert {str(one.data["debit"]) for one in by["move_lines"]} >= {"100.00"}


async def test_more_than_a_page_is_read_to_the_end(tryton: TrytonServer, made: Made) -> None:
    ann = tryton.ids["Ann"]
    notes = [{"resource": f"party.party,{ann}", "message": f"Call {number}"} for number in range(23)]
    tryton.call("model.ir.note.create", notes)
    mails = [{"party": ann, "type": "other", "value": f"Way {number}"} for number in range(60)]
    tryton.call("model.party.contact_mechanism.create", mails)
    records = await collected(made.connector(tryton))
    assert sum(one.collection == "contact_mechanisms" for one in records) == 63
    assert sum("ir.note" in one.key and one.collection == "attachments" for one in records) == 24


class TestFurtherModules:
    """What other modules keep of parties is decided, or named."""

    async def test_what_nobody_decided_is_named_and_nothing_is_passed_over(
        self, larger: TrytonServer, made: Made
    ) -> None:
        connector = made.connector(larger)
        health = await connector.ping()
        assert (health.ok, health.fits) == (False, False)
        for name in ("party.relation.from_", "party.relation.to"):
            assert name in health.detail
        with pytest.raises(Terminal, match=r"party\.relation\.from_"):
            await collected(connector)

    async def test_what_the_settings_decide_is_collected_and_deleted(self, larger: TrytonServer, made: Made) -> None:
        ann, bob = larger.ids["Ann"], larger.ids["Bob"]
        (kind,) = larger.call("model.party.relation.type.create", [{"name": "friend of"}])
        larger.call("model.party.relation.all.create", [{"from_": bob, "to": ann, "type": kind}])
        connector = made.connector(larger, **RELATIONS)
        assert (await connector.ping()).detail == ""
        records = [one for one in await collected(connector) if one.collection == "party.relation.all"]
        assert [(one.data["from_"], one.data["to"]) for one in records] == [(bob, ann)]
        larger.execute("UPDATE account_invoice SET state = 'cancelled' WHERE state = 'draft'")
        plan = await planned(connector)
        answer = await connector.erase(plan, None)
        assert fates(answer, "party.relation.all") == {(Fate.ERASED, None)}
        assert larger.rows("SELECT * FROM party_relation") == []

    async def test_a_field_that_is_not_there_is_named(self, larger: TrytonServer, made: Made) -> None:
        relation = {"category": "contacts", "treatment": "delete", "fields": ["from_", "to", "whom"]}
        connector = made.connector(larger, models={"party.relation.all": relation, "party.relation": relation})
        told = (await connector.ping()).detail
        assert "`models.party.relation.all`: it has no field whom that is stored." in told
        assert "`models.party.relation`: Tryton lets nobody ask for it." in told

    async def test_old_values_are_told(self, larger: TrytonServer, made: Made) -> None:
        larger.call("model.party.party.write", [larger.ids["Ann"]], {"name": "Ann Arla-Berg"})
        connector = made.connector(larger, **RELATIONS)
        ann = next(one for one in await collected(connector) if one.data.get("name") == "Ann Arla-Berg")
        assert "Ann Arla" in [old["name"] for old in _list(ann.data["history"]) if isinstance(old, dict)]


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def test_the_card_is_what_the_wizard_takes() -> None:
    assert {name for name, one in collections().items() if one["category"] == "contacts"} >= set(CARD)
