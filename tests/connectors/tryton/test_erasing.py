"""What Tryton refuses to erase, what its own erasure leaves, and what must stay as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.connectors.tryton.kinds import Place
from habeas.connector import FieldChange, Rectify, Restrict, Treatment
from habeas.errors import Terminal
from habeas.outcomes import Done, Drifted, Fate
from tests.connectors.store import held
from tests.connectors.tryton.made import Made, collected, fates, found, planned
from tests.connectors.tryton.people import RELATIONS
from tests.connectors.tryton.preparing import ANN, ANNS_NUMBER, ANNS_PHONE
from tests.connectors.tryton.server import DATABASE, TrytonServer

_HERS = ("ann@", "ann arla", "12 34 56 78", "2110625629", ANNS_NUMBER, "long street 7, ann")


def left(tryton: TrytonServer) -> set[str]:
    """The tables in which something of hers still is."""
    tables = [name for (name,) in tryton.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    wanted = [
        name for name in tables if name.startswith(("party_", "account_", "ir_attachment", "ir_note", "ir_email"))
    ]
    return {
        name
        for name in wanted
        for row in tryton.rows(f'SELECT * FROM "{name}"')  # noqa: S608  names of tables
        if any(word in " ".join(map(str, row)).lower().replace("joann@", "") for word in _HERS)
    }


async def test_nothing_of_them_is_left_but_what_the_law_keeps(tryton: TrytonServer, made: Made) -> None:
    connector = made.connector(tryton)
    answer = await connector.erase(await planned(connector), None)
    assert left(tryton) == {"account_invoice", "account_invoice_line"}
    assert tryton.rows('SELECT * FROM "party_party-party_category" WHERE party = ?', tryton.ids["Ann"]) == []
    assert fates(answer, "invoices") == {(Fate.RETAINED, "names_them")}
    assert isinstance(answer, Done)
    kept = [one for one in answer.result if one.collection == "invoices"]
    assert [(one.law, str(one.until)) for one in kept] == [("Bookkeeping Act", "2030-12-31")]


async def test_in_the_end_the_books_are_nameless_too(tryton: TrytonServer, made: Made) -> None:
    connector = made.connector(tryton, books="anonymise")
    await connector.erase(await planned(connector), None)
    assert left(tryton) == set()
    printed = tryton.rows("SELECT invoice_report_cache FROM account_invoice WHERE party = ?", tryton.ids["Ann"])
    assert printed == [(None,)]
    amounts = tryton.rows("SELECT total_amount_cache FROM account_invoice WHERE party = ?", tryton.ids["Ann"])
    assert [float(one) for (one,) in amounts] == [100.0]


async def test_what_tryton_s_erasure_leaves_is_seen_and_mended(tryton: TrytonServer, made: Made) -> None:
    connector, ann = made.connector(tryton), tryton.ids["Ann"]
    plan = await planned(connector)
    for (draft,) in tryton.rows("SELECT id FROM account_invoice WHERE party = ? AND state = 'draft'", ann):
        tryton.call("model.account.invoice.delete", [draft])
    tryton.call("model.party.party.write", [ann], {"active": False})
    session = tryton.call("wizard.party.erase.create")[0]
    tryton.call("wizard.party.erase.execute", session, {"ask": {"party": ann}}, "erase")
    copies = tryton.rows("SELECT value_compact FROM party_contact_mechanism WHERE party = ?", ann)
    assert ("Ann@Example.org",) in copies, "Tryton erases it by now: this can go"
    early = await connector.confirm(plan, None)
    for name in ("contact_mechanisms", "identifiers"):
        assert fates(early, name) == {(Fate.FAILED, "still_there")}
    await connector.erase(plan, None)
    assert left(tryton) == {"account_invoice", "account_invoice_line"}
    assert fates(await connector.confirm(plan, None), "contact_mechanisms") == {(Fate.ANONYMISED, None)}


@pytest.mark.parametrize("state", ["posted", "validated"])
async def test_an_invoice_under_way_stands_in_the_way_and_nothing_is_touched(
    tryton: TrytonServer, made: Made, state: str
) -> None:
    ann = tryton.ids["Ann"]
    ((draft,),) = tryton.rows("SELECT id FROM account_invoice WHERE party = ? AND state = 'draft'", ann)
    tryton.call(f"model.account.invoice.{'post' if state == 'posted' else 'validate_invoice'}", [draft])
    connector = made.connector(tryton)
    plan = await planned(connector)
    assert {one.reason for one in await connector.vetoes(plan)} >= {"open_invoice"}
    before = tryton.rows("SELECT * FROM party_party"), tryton.rows("SELECT * FROM party_contact_mechanism")
    answer = await connector.erase(plan, None)
    for name in ("parties", "contact_mechanisms", "attachments", "emails"):
        assert fates(answer, name) == {(Fate.BLOCKED, "open_invoice")}
    assert before == (tryton.rows("SELECT * FROM party_party"), tryton.rows("SELECT * FROM party_contact_mechanism"))
    assert tryton.rows("SELECT count(*) FROM ir_attachment") == [(4,)]


async def test_once_it_is_paid_the_same_plan_goes_on(tryton: TrytonServer, made: Made) -> None:
    connector, bob = made.connector(tryton), tryton.ids["Bob"]
    tryton.execute("UPDATE account_invoice SET state = 'posted' WHERE party = ?", bob)
    plan = await planned(connector)
    blocked = await connector.erase(plan, None)
    assert fates(blocked, "parties") == {(Fate.BLOCKED, "open_invoice")}, "she pays for Bob"
    (veto, *_) = await connector.vetoes(plan)
    assert veto.collection == "parties"
    tryton.execute("UPDATE account_invoice SET state = 'paid' WHERE party = ?", bob)
    assert await connector.vetoes(plan) == ()
    assert fates(await connector.erase(plan, None), "parties") == {(Fate.ANONYMISED, None)}


async def test_money_owed_without_an_invoice_stands_in_the_way(tryton: TrytonServer, made: Made) -> None:
    ann = tryton.ids["Ann"]
    ((line,),) = tryton.rows("SELECT min(id) FROM account_move_line WHERE party = ? AND reconciliation > 0", ann)
    tryton.execute("UPDATE account_move_line SET reconciliation = NULL WHERE id = ?", line)
    connector = made.connector(tryton)
    plan = await planned(connector)
    assert {one.reason for one in await connector.vetoes(plan)} == {"open_balance"}
    assert fates(await connector.erase(plan, None), "parties") == {(Fate.BLOCKED, "open_balance")}


async def test_a_refusal_by_the_wizard_leaves_the_party_as_it_was(
    tryton: TrytonServer, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An invoice that is posted between our question and the wizard."""
    connector = made.connector(tryton)
    plan = await planned(connector)

    async def nothing(*_: object) -> AsyncIterator[tuple[str, Place]]:
        for never in list[tuple[str, Place]]():
            yield never

    monkeypatch.setattr("activities.connectors.tryton.objects.obstacles", nothing)
    tryton.execute("UPDATE account_invoice SET state = 'posted' WHERE party = ?", tryton.ids["Bob"])
    answer = await connector.erase(plan, None)
    for name in ("parties", "contact_mechanisms", "addresses", "identifiers"):
        assert (Fate.BLOCKED, "refused_by_system") in fates(answer, name)
    assert tryton.rows("SELECT active, name FROM party_party WHERE id = ?", tryton.ids["Ann"]) == [(1, "Ann Arla")]


async def test_an_employee_is_not_erased_though_it_was_planned(tryton: TrytonServer, made: Made) -> None:
    connector = made.connector(tryton)
    plan = await planned(connector)
    tryton.call("model.company.employee.create", [{"party": tryton.ids["Ann"], "company": 1}])
    assert "staff" in {one.reason for one in await connector.vetoes(plan)}
    assert fates(await connector.erase(plan, None), "parties") == {(Fate.BLOCKED, "staff")}


async def test_what_is_used_by_the_books_cannot_be_deleted(tryton: TrytonServer, made: Made) -> None:
    connector = made.connector(tryton, card="delete")
    plan = await planned(connector)
    address = next(one for one in plan.objects if one.collection == "addresses" and one.referenced)
    assert address.treatment is Treatment.ANONYMISE
    wrong = [one.model_copy(update={"treatment": Treatment.DELETE}) if one == address else one for one in plan.objects]
    answer = await connector.erase(plan.model_copy(update={"objects": tuple(wrong)}), None)
    assert (Fate.BLOCKED, "refused_by_system") in fates(answer, "addresses")
    assert tryton.rows("SELECT count(*) FROM party_party WHERE id = ?", tryton.ids["Ann"]) == [(1,)]


async def test_files_go_through_tryton_s_queue_and_this_is_said(tryton: TrytonServer, made: Made) -> None:
    connector, ann = made.connector(tryton), tryton.ids["Ann"]
    ((file,),) = tryton.rows("SELECT file_id FROM ir_attachment WHERE resource = ?", f"party.party,{ann}")
    answer = await connector.erase(await planned(connector), None)
    assert (Fate.ERASED, "in_filestore") in fates(answer, "attachments")
    assert (tryton.folder / DATABASE / Path(file[:2]) / file[2:4] / file).exists(), "Tryton keeps it for 90 days"
    assert tryton.rows("SELECT model FROM ir_filestore_queue WHERE file_id = ?", file) == [("ir.attachment",)]


async def test_only_what_was_asked_for_is_no_reason_for_the_wizard(tryton: TrytonServer, made: Made) -> None:
    """Something on the card that stays: Tryton would erase it with the rest."""
    connector = made.connector(tryton)
    plan = await planned(connector)
    held = [
        one.model_copy(update={"treatment": Treatment.RETAIN}) if one.collection == "addresses" else one
        for one in plan.objects
    ]
    answer = await connector.erase(plan.model_copy(update={"objects": tuple(held)}), None)
    assert fates(answer, "parties") == {(Fate.BLOCKED, "holds_more")}
    assert fates(answer, "addresses") == {(Fate.RETAINED, None)}
    assert tryton.rows("SELECT name FROM party_party WHERE id = ?", tryton.ids["Ann"]) == [("Ann Arla",)]


async def test_the_lines_of_a_party_that_is_held_are_told_as_kept(tryton: TrytonServer, made: Made) -> None:
    """They have no name of their own: as long as their party has one, nothing makes them nameless."""
    connector = made.connector(tryton, books="anonymise")
    plan = await planned(connector, stays=held(await planned(connector), "parties"))
    lines = [one for one in plan.objects if one.collection == "move_lines"]
    assert {(one.reason, one.then) for one in lines} == {("legal_hold", Treatment.ANONYMISE)}
    assert fates(await connector.erase(plan, None), "move_lines") == {(Fate.RETAINED, None)}
    assert fates(await connector.confirm(plan, None), "move_lines") == {(Fate.RETAINED, None)}


async def test_a_paper_that_the_law_keeps_keeps_the_draft_that_it_hangs_on(tryton: TrytonServer, made: Made) -> None:
    """Tryton deletes with a record whatever hangs on it."""
    draft, *_ = tryton.rows("SELECT id FROM account_invoice WHERE state = 'draft' AND party = ?", tryton.ids["Ann"])
    tryton.execute("UPDATE ir_note SET resource = ?", f"account.invoice,{draft[0]}")
    plan = await planned(made.connector(tryton))
    (note,) = [one for one in plan.objects if one.collection == "documents" and '"ir.note"' in one.key][:1]
    (kept,) = [one for one in plan.objects if one.collection == "draft_invoices"]
    assert (kept.treatment, kept.law, kept.until) == (Treatment.RETAIN, note.law, note.until)


async def test_merging_since_the_plan_goes_back_to_review(tryton: TrytonServer, made: Made) -> None:
    connector, ann, bob = made.connector(tryton), tryton.ids["Ann"], tryton.ids["Bob"]
    plan = await planned(connector)
    tryton.execute("UPDATE party_party SET replaced_by = ?, active = 0 WHERE id = ?", bob, ann)
    assert isinstance(await connector.erase(plan, None), Drifted)


async def test_our_own_mark_is_no_change(tryton: TrytonServer, made: Made) -> None:
    connector = made.connector(tryton)
    plan = await planned(connector)
    await connector.change(Restrict(objects=await found(connector)), None)
    assert fates(await connector.erase(plan, None), "parties") == {(Fate.ANONYMISED, None)}


async def test_a_session_that_ended_is_begun_again(tryton: TrytonServer, made: Made) -> None:
    connector = made.connector(tryton)
    before = await found(connector)
    tryton.execute("DELETE FROM ir_session")
    assert await found(connector) == before


@pytest.mark.parametrize(("active", "told"), [(1, (Fate.RECTIFIED, None)), (0, (Fate.BLOCKED, "refused_by_system"))])
async def test_a_value_that_tryton_does_not_take_is_told(
    tryton: TrytonServer, made: Made, active: int, told: tuple[Fate, str | None]
) -> None:
    connector = made.connector(tryton)
    mail = next(one for one in await collected(connector) if one.data.get("value") == "Ann@Example.org")
    tryton.execute("UPDATE party_contact_mechanism SET active = ? WHERE party = ?", active, tryton.ids["Ann"])
    one = FieldChange(
        collection=mail.collection, key=mail.key, field="value", old="Ann@Example.org", new="ann@new.example"
    )
    assert fates(await connector.change(Rectify(fields=(one,)), None), mail.collection) == {told}


class TestHistory:
    """Tryton keeps the old values of cards, where a module says so."""

    async def test_what_stays_in_the_history_is_told(self, larger: TrytonServer, made: Made) -> None:
        connector = made.connector(larger, **RELATIONS)
        plan = await planned(connector)
        answer = await connector.erase(plan, None)
        assert fates(answer, "parties") == {(Fate.ANONYMISED, None)}
        assert fates(answer, "addresses") == {(Fate.ANONYMISED, None)}
        assert fates(answer, "identifiers") == {(Fate.BLOCKED, "in_history")}, "of these Tryton forgets a copy"
        assert fates(await connector.confirm(plan, None), "identifiers") == {(Fate.FAILED, "still_there")}
        assert left(larger) == {"account_invoice", "account_invoice_line", "party_identifier__history"}

    async def test_what_is_deleted_would_stay_there(self, larger: TrytonServer, made: Made) -> None:
        connector = made.connector(larger, card="delete", **RELATIONS)
        health = await connector.ping()
        assert "collections.parties: Tryton keeps the history of party.party" in health.detail
        plan = await planned(connector)
        deleted = {one.collection for one in plan.objects if one.treatment is Treatment.DELETE}
        answer = await connector.erase(plan, None)
        assert (Fate.BLOCKED, "keeps_history") in fates(
            answer, "identifiers" if "identifiers" in deleted else "parties"
        )


async def test_what_tryton_writes_about_a_refusal_gets_nowhere(tryton: TrytonServer, made: Made) -> None:
    """It names people. The method that was asked for does not."""
    with pytest.raises(Terminal, match=r"model\.account\.invoice\.search_read") as raised:
        await collected(made.connector(tryton, user="clerk"))
    assert not [word for word in (ANN, "Ann", "Arla", ANNS_PHONE) if word in str(raised.value)]
