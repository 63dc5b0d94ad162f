"""Correcting, restricting, and ending newsletters by purpose."""

import pytest

from habeas.connector import FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.outcomes import Done, Drifted, Fate, ObjectOutcome
from habeas.testing.steps import changed, planned
from tests.connectors.hubspot.people import ANN, ANN_OLD, BOB, MARK
from tests.connectors.hubspot.world import HubSpotWorld
from tests.vendors.hubspot import Contact


def ref(world: HubSpotWorld) -> RecordRef:
    return RecordRef(collection="contacts", key=f'["{world.people.ann.id}"]')


def field(world: HubSpotWorld, name: str, old: str | None, new: str) -> FieldChange:
    return FieldChange(collection="contacts", key=ref(world).key, field=name, old=old, new=new)


async def said(world: HubSpotWorld, change: Rectify | Restrict | Stop) -> list[tuple[Fate, str | None]]:
    answer = await changed(world, change)
    assert not isinstance(answer, Drifted)
    return [(one.fate, one.reason) for one in answer]


async def seen(world: HubSpotWorld, change: Rectify | Restrict | Stop) -> list[tuple[Fate, str | None]]:
    answer = await world.connector.confirm_change(change, None)
    assert isinstance(answer, Done)
    outcomes: tuple[ObjectOutcome, ...] = answer.result
    return [(one.fate, one.reason) for one in outcomes]


async def test_a_value_that_hubspot_refuses_is_said_and_the_rest_is_written(world: HubSpotWorld) -> None:
    taken = field(world, "email", ANN, BOB)
    missing = field(world, "zip", None, "8000")
    change = Rectify(fields=(taken, missing))
    assert await seen(world, change) == [(Fate.FAILED, "not_rectified")] * 2
    assert await said(world, change) == [(Fate.BLOCKED, "refused_by_system"), (Fate.RECTIFIED, None)]
    assert await seen(world, change) == [(Fate.FAILED, "not_rectified"), (Fate.RECTIFIED, None)]
    assert (world.people.ann.properties["email"], world.people.ann.properties["zip"]) == (ANN, "8000")


async def test_one_value_that_changed_leaves_all_as_it_is(world: HubSpotWorld) -> None:
    change = Rectify(fields=(field(world, "city", "Aarhus", "Odense"), field(world, "firstname", "Anne", "Anna")))
    assert await changed(world, change) == Drifted(changed=1, appeared=0)
    assert world.people.ann.properties["city"] == "Aarhus"


async def test_what_may_not_be_corrected_is_left(world: HubSpotWorld) -> None:
    note = FieldChange(collection="notes", key='["9"]', field="hs_note_body", old="a", new="b")
    change = Rectify(fields=(field(world, "customer_number", "C-1001", "C-1"), note))
    assert await said(world, change) == [(Fate.BLOCKED, "not_rectifiable")] * 2


async def test_a_restriction_is_set_and_lifted_and_is_no_drift(world: HubSpotWorld) -> None:
    mark, lift = Restrict(objects=(ref(world),)), Restrict(objects=(ref(world),), on=False)
    plan = await planned(world)
    assert await seen(world, mark) == [(Fate.FAILED, "not_restricted")]
    assert await said(world, mark) == await seen(world, mark) == [(Fate.RESTRICTED, None)]
    assert world.people.ann.properties[MARK] == "true"
    assert await planned(world) == plan
    assert await seen(world, lift) == [(Fate.FAILED, "still_restricted")]
    assert await said(world, lift) == await seen(world, lift) == [(Fate.LIFTED, None)]


async def test_only_the_newsletter_of_the_purpose_ends_at_every_address(world: HubSpotWorld) -> None:
    choose = world.account.preferences
    for address in (ANN, ANN_OLD):
        choose.choose(address, 1, "SUBSCRIBED")
        choose.choose(address, 2, "SUBSCRIBED")
    change = Stop(roots=(ref(world),), purposes=("newsletter",))
    assert await seen(world, change) == [(Fate.FAILED, "not_stopped")]
    assert await said(world, change) == await seen(world, change) == [(Fate.STOPPED, None)]
    for address in (ANN, ANN_OLD):
        assert [choose.choice(address, one).state for one in (1, 2)] == ["UNSUBSCRIBED", "SUBSCRIBED"]
        assert choose.opted_out(address) is None
    assert choose.choice(BOB, 1).state == "SUBSCRIBED"


async def test_all_mail_may_end(world: HubSpotWorld) -> None:
    change = Stop(roots=(ref(world),), purposes=("marketing",))
    assert await seen(world, change) == [(Fate.FAILED, "not_stopped")]
    assert await said(world, change) == [(Fate.STOPPED, None)]
    assert all(world.account.preferences.opted_out(one) for one in (ANN, ANN_OLD))


async def test_an_address_with_signs_that_an_address_of_the_web_has_is_the_one_meant(world: HubSpotWorld) -> None:
    address = "o'ann+a&b?c#d%20@example.org"
    other = world.account.add(Contact(address))
    change = Stop(roots=(RecordRef(collection="contacts", key=f'["{other.id}"]'),), purposes=("newsletter",))
    assert await said(world, change) == [(Fate.STOPPED, None)]
    assert world.account.preferences.choice(address, 1).state == "UNSUBSCRIBED"


@pytest.mark.parametrize(("purpose", "reason"), [("newsletter", "no_address"), ("resale", "no_such_purpose")])
async def test_what_cannot_be_stopped_is_said(world: HubSpotWorld, purpose: str, reason: str) -> None:
    nameless = world.account.add(Contact(firstname="Cy"))
    change = Stop(roots=(RecordRef(collection="contacts", key=f'["{nameless.id}"]'),), purposes=(purpose,))
    assert await said(world, change) == [(Fate.BLOCKED, reason)]


async def test_one_who_is_gone_is_not_found(world: HubSpotWorld) -> None:
    gone = RecordRef(collection="contacts", key='["999"]')
    changes = (
        Stop(roots=(gone,), purposes=("newsletter",)),
        Restrict(objects=(gone,)),
        Rectify(fields=(FieldChange(collection="contacts", key=gone.key, field="city", old="a", new="b"),)),
    )
    for change in changes:
        assert await said(world, change) == [(Fate.NOT_FOUND, None)]
