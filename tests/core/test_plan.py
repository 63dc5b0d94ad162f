"""The laws of an erasure plan, over generated systems with every mix of treatments, duties and references."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from habeas.connector import Collection, PlannedObject, Record, RecordRef, Retention, SystemPlan, Treatment
from habeas.errors import ConfigurationError, Quarantine
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome
from habeas.plan import IndexedRecord, digest, draft, reason_of, summary, term_end, undecided, verdict
from habeas.staying import ANSWERS, PASSING, Because, Stay, ended, outlived, together

TODAY = date(2026, 11, 23)
DELETE, ANONYMISE, RETAIN = Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN
often = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

days = st.dates(date(2010, 1, 1), date(2040, 12, 31))
retentions = st.builds(
    Retention,
    law=st.sampled_from(["Bookkeeping Act § 12", "Limitation Act § 3"]),
    years=st.integers(1, 12),
    months=st.integers(0, 14),
    days=st.integers(0, 40),
    anchor=st.just("issued_on"),
    to=st.sampled_from([None, "year_end"]),
)


@st.composite
def collections(draw: st.DrawFn) -> list[Collection]:
    made = []
    for n in range(draw(st.integers(1, 5))):
        treatment = draw(st.sampled_from([DELETE, DELETE, ANONYMISE, RETAIN]))
        made.append(
            Collection(
                name=f"table{n}",
                category=draw(st.sampled_from(["contact", "transactions"])),
                treatment=treatment,
                retention=draw(retentions) if treatment is RETAIN else None,
                when_referenced=draw(st.sampled_from([DELETE, ANONYMISE, RETAIN, RETAIN])),
                after=draw(st.sampled_from([DELETE, ANONYMISE])),
            )
        )
    return made


@st.composite
def found(draw: st.DrawFn) -> tuple[list[Collection], list[IndexedRecord]]:
    kinds = draw(collections())
    places = [
        RecordRef(collection=draw(st.sampled_from(kinds)).name, key=f"[{n}]") for n in range(draw(st.integers(1, 14)))
    ]
    elsewhere = [RecordRef(collection="table0", key="[999]"), RecordRef(collection="other", key="[1]")]
    index = [
        IndexedRecord(
            collection=place.collection,
            key=place.key,
            fingerprint=f"{n:064x}",
            anchor=draw(st.none() | days),
            parents=tuple(draw(st.lists(st.sampled_from([*places, *elsewhere]), max_size=3))),
            referenced=draw(st.sampled_from([False, False, False, True])),
        )
        for n, place in enumerate(places)
    ]
    return kinds, index


def drafted(kinds: list[Collection], index: list[IndexedRecord], today: date = TODAY) -> SystemPlan:
    return draft("crm", kinds, (), (), index, today)


def by_place(plan: SystemPlan) -> dict[tuple[str, str], PlannedObject]:
    return {(each.collection, each.key): each for each in plan.objects}


def slowly(kinds: list[Collection], index: list[IndexedRecord]) -> dict[tuple[str, str], Any]:
    """The same answer found the naive way: apply the rules to every reference until nothing moves."""
    rules = {kind.name: kind for kind in kinds}
    state: dict[tuple[str, str], Any] = {}
    base: set[tuple[str, str]] = set()
    for each in index:
        rule, place = rules[each.collection], (each.collection, each.key)
        state[place] = (rule.treatment, None, None)
        if rule.retention:
            until = term_end(rule.retention, each.anchor or TODAY)
            state[place] = (RETAIN, until, rule.retention.law) if until >= TODAY else (rule.after, None, None)
        if state[place][0] is DELETE:
            base.add(place)
    for wanted in (RETAIN, ANONYMISE):
        moved = True
        while moved:
            moved = False
            for each in index:
                child = state[each.collection, each.key]
                held = each.referenced and rules[each.collection].when_referenced is not DELETE
                if wanted is ANONYMISE and held and child[0] is DELETE:
                    state[each.collection, each.key] = child = (ANONYMISE, None, None)
                    moved = True
                for ref in each.parents:
                    place = (ref.collection, ref.key)
                    if place not in base:
                        continue
                    told, now = rules[ref.collection].when_referenced, state[place]
                    if wanted is RETAIN and told is RETAIN and child[0] is RETAIN:
                        if now[0] is not RETAIN or child[1:] > now[1:]:
                            state[place], moved = child, True
                    elif wanted is ANONYMISE and told is not DELETE and child[0] is not DELETE and now[0] is DELETE:
                        state[place], moved = (ANONYMISE, None, None), True
    return state


@often
@given(found())
def test_the_plan_is_the_fixpoint_of_the_rules(given_: tuple[list[Collection], list[IndexedRecord]]) -> None:
    kinds, index = given_
    planned = by_place(drafted(kinds, index))
    assert {place: (each.treatment, each.until, each.law) for place, each in planned.items()} == slowly(kinds, index)


@often
@given(found())
def test_nothing_deleted_is_needed_by_what_stays(given_: tuple[list[Collection], list[IndexedRecord]]) -> None:
    kinds, index = given_
    rules = {kind.name: kind for kind in kinds}
    planned = by_place(drafted(kinds, index))
    for each in index:
        mine = planned[each.collection, each.key]
        if each.referenced and mine.treatment is DELETE:
            assert rules[each.collection].when_referenced is DELETE
        if mine.treatment is DELETE:
            continue
        for ref in each.parents:
            parent = planned.get((ref.collection, ref.key))
            if parent and parent.treatment is DELETE:
                assert rules[ref.collection].when_referenced is DELETE


@often
@given(found())
def test_what_is_retained_has_a_law_and_an_end_no_earlier_than_the_law_s(
    given_: tuple[list[Collection], list[IndexedRecord]],
) -> None:
    kinds, index = given_
    rules = {kind.name: kind for kind in kinds}
    planned = by_place(drafted(kinds, index))
    for each in index:
        mine, duty = planned[each.collection, each.key], rules[each.collection].retention
        assert (mine.treatment is RETAIN) == (mine.law is not None) == (mine.until is not None)
        if mine.until:
            assert mine.until >= TODAY
        if duty is None:
            continue
        if each.anchor is None or term_end(duty, each.anchor) >= TODAY:
            assert mine.treatment is RETAIN
            assert mine.until == term_end(duty, each.anchor or TODAY)
            assert mine.law == duty.law
            assert mine.undated == (each.anchor is None)
        elif not mine.referenced:
            assert mine.treatment is rules[each.collection].after
        if mine.until and mine.treatment is RETAIN:
            for ref in each.parents:
                parent = planned.get((ref.collection, ref.key))
                if parent and parent.referenced and parent.until:
                    assert parent.until >= mine.until


@often
@given(found(), st.randoms())
def test_the_plan_does_not_depend_on_any_order(
    given_: tuple[list[Collection], list[IndexedRecord]], chance: random.Random
) -> None:
    kinds, index = given_
    roots = [RecordRef(collection=each.collection, key=each.key) for each in index]
    known = [Identifier(kind="email", value=f"a{n}@example.com") for n in range(3)]
    plan = draft("crm", kinds, roots, known, index, TODAY)
    for listed in (kinds, index, roots, known):
        chance.shuffle(listed)
    assert draft("crm", kinds, roots, known, index * 2, TODAY) == plan


@often
@given(found())
def test_a_later_day_never_takes_a_duty_away_before_its_end(
    given_: tuple[list[Collection], list[IndexedRecord]],
) -> None:
    kinds, index = given_
    dated = [each for each in index if each.anchor]
    for place, each in by_place(drafted(kinds, dated)).items():
        if each.until and not each.referenced:
            last, over = each.until, each.until + timedelta(days=1)
            assert by_place(drafted(kinds, dated, last))[place].treatment is RETAIN
            after = by_place(drafted(kinds, dated, over))[place]
            assert after.treatment is not RETAIN or after.referenced


INVOICES = Collection(
    name="invoices",
    category="transactions",
    treatment=RETAIN,
    retention=Retention(law="Bookkeeping Act § 12", years=5, anchor="issued_on", to="year_end"),
)


def indexed(collection: str, key: int, *parents: tuple[str, int], anchor: date | None = None) -> IndexedRecord:
    return IndexedRecord(
        collection=collection,
        key=f"[{key}]",
        fingerprint=f"{key:064x}",
        anchor=anchor,
        parents=tuple(RecordRef(collection=name, key=f"[{n}]") for name, n in parents),
    )


def test_a_customer_stays_as_long_as_the_last_invoice() -> None:
    customers = Collection(name="customers", category="contact", treatment=DELETE, when_referenced=RETAIN)
    notes = Collection(name="notes", category="activity", treatment=DELETE)
    index = [
        indexed("customers", 1),
        indexed("notes", 2, ("customers", 1)),
        indexed("invoices", 3, ("customers", 1), anchor=date(2023, 3, 4)),
        indexed("invoices", 4, ("customers", 1), anchor=date(2025, 1, 1)),
        indexed("invoices", 5, ("customers", 1), anchor=date(2018, 1, 1)),
    ]
    planned = by_place(drafted([customers, notes, INVOICES], index))
    customer = planned["customers", "[1]"]
    assert (customer.treatment, customer.law, customer.until) == (RETAIN, "Bookkeeping Act § 12", date(2030, 12, 31))
    assert customer.referenced
    assert planned["notes", "[2]"].treatment is DELETE
    assert planned["invoices", "[3]"].until == date(2028, 12, 31)
    assert planned["invoices", "[5]"].treatment is DELETE, "its five years ended with 2023"


def test_no_law_keeps_what_only_anonymised_rows_need() -> None:
    customers = Collection(name="customers", category="contact", treatment=DELETE, when_referenced=RETAIN)
    orders = Collection(name="orders", category="transactions", treatment=ANONYMISE)
    plan = drafted([customers, orders], [indexed("customers", 1), indexed("orders", 2, ("customers", 1))])
    assert by_place(plan)["customers", "[1]"].treatment is ANONYMISE
    assert by_place(plan)["customers", "[1]"].referenced


def test_what_is_not_the_person_s_keeps_a_row_too() -> None:
    plain = Collection(name="companies", category="contact", treatment=DELETE)
    parent = Collection(name="groups", category="contact", treatment=DELETE)
    row = indexed("companies", 1, ("groups", 2)).model_copy(update={"referenced": True})
    planned = by_place(drafted([plain, parent], [row, indexed("groups", 2), indexed("groups", 3)]))
    assert planned["companies", "[1]"].treatment is ANONYMISE
    assert planned["groups", "[2]"].treatment is ANONYMISE
    assert planned["companies", "[1]"].referenced
    assert not planned["groups", "[3]"].referenced
    assert planned["groups", "[3]"].treatment is DELETE


@pytest.mark.parametrize("when_referenced", [ANONYMISE, DELETE])
def test_what_is_another_person_s_too_stays_and_lets_the_account_be_made_anonymous(when_referenced: Treatment) -> None:
    people = Collection(name="people", category="contact", treatment=DELETE, when_referenced=when_referenced)
    messages = Collection(name="messages", category="messages", treatment=DELETE, shared="Charter art. 8")
    files = Collection(name="files", category="messages", treatment=DELETE)
    both = indexed("messages", 1, ("people", 1)).model_copy(update={"shared": True})
    index = [
        *(indexed("people", 1), both, indexed("messages", 2, ("people", 1))),
        *(indexed("files", 3, ("messages", 1)), indexed("files", 4, ("messages", 1), ("people", 1))),
    ]
    plan = drafted([people, messages, files], index)
    planned = by_place(plan)
    for place in (("messages", "[1]"), ("files", "[3]")):
        one = planned[place]
        assert (one.treatment, one.reason, one.law, one.until) == (RETAIN, "shared", "Charter art. 8", None)
    assert planned["messages", "[2]"].treatment is planned["files", "[4]"].treatment is DELETE, "they are theirs alone"
    # Deleted, the account would take away whom the other's message was from: what says "delete" here stays.
    assert planned["people", "[1]"].treatment is (ANONYMISE if when_referenced is ANONYMISE else RETAIN)
    gone = ended(plan, [people, messages, files], date(2099, 1, 1))
    assert gone.objects == (), "it is never over"
    alone = both.model_copy(update={"shared": False})
    assert by_place(drafted([people, messages], [alone]))["messages", "[1]"].treatment is DELETE


def test_cycles_and_self_references_go_together_or_stay_together() -> None:
    people = Collection(name="people", category="contact", treatment=DELETE, when_referenced=RETAIN)
    ring = [indexed("people", 1, ("people", 2), ("people", 1)), indexed("people", 2, ("people", 1))]
    assert {each.treatment for each in drafted([people], ring).objects} == {DELETE}
    bill = indexed("invoices", 3, ("people", 1), anchor=date(2026, 1, 1))
    kept = by_place(drafted([people, INVOICES], [*ring, bill]))
    assert {each.until for each in kept.values()} == {date(2031, 12, 31)}


@pytest.mark.parametrize("anchor", [None, date(9999, 12, 31)])
def test_a_missing_anchor_counts_from_today_and_is_marked(anchor: date | None) -> None:
    (bill,) = drafted([INVOICES], [indexed("invoices", 1, anchor=anchor)]).objects
    assert (bill.treatment, bill.until, bill.undated) == (RETAIN, date(2031, 12, 31), True)


@pytest.mark.timeout(30)
def test_twenty_thousand_objects_in_one_long_chain() -> None:
    people = Collection(name="people", category="contact", treatment=DELETE, when_referenced=RETAIN)
    size = 20_000
    chain = [indexed("people", n, ("people", n + 1)) for n in range(1, size)]
    bill = indexed("invoices", 0, ("people", 1), anchor=date(2026, 1, 1))
    plan = drafted([people, INVOICES], [*chain, bill])
    (line,) = (line for line in summary(plan) if line.category == "contact")
    assert (line.treatment, line.until, line.count) == (RETAIN, date(2031, 12, 31), size - 1)
    assert len(digest([plan])) == 64


@pytest.mark.parametrize(
    ("anchor", "term", "end"),
    [
        (date(2026, 3, 4), {"years": 5, "to": "year_end"}, date(2031, 12, 31)),
        (date(2026, 12, 31), {"years": 5, "to": "year_end"}, date(2031, 12, 31)),
        (date(2026, 3, 4), {"to": "year_end"}, date(2026, 12, 31)),
        (date(2026, 3, 4), {"years": 3}, date(2029, 3, 4)),
        (date(2024, 2, 29), {"years": 1}, date(2025, 2, 28)),
        (date(2026, 1, 31), {"months": 1}, date(2026, 2, 28)),
        (date(2026, 10, 31), {"months": 14}, date(2027, 12, 31)),
        (date(2026, 12, 31), {"days": 30}, date(2027, 1, 30)),
        (date(2026, 1, 31), {"months": 1, "days": 1}, date(2026, 3, 1)),
    ],
)
def test_the_end_of_a_term(anchor: date, term: dict[str, Any], end: date) -> None:
    assert term_end(Retention(law="Some Act", anchor="day", **term), anchor) == end


@often
@given(retentions, days, days)
def test_a_later_anchor_never_ends_earlier(retention: Retention, one: date, other: date) -> None:
    first, second = sorted([one, other])
    assert term_end(retention, first) <= term_end(retention, second)
    assert term_end(retention, first) >= first + timedelta(days=365 * retention.years)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"treatment": RETAIN}, "needs a retention"),
        ({"treatment": DELETE, "retention": Retention(law="An Act", years=1, anchor="day")}, "nothing else has one"),
        ({"treatment": RETAIN, "retention": Retention(law="An Act", anchor="day")}, "no term"),
        ({"treatment": RETAIN, "retention": Retention(law="An Act", years=9000, anchor="day")}, "slip"),
        (
            {"treatment": RETAIN, "after": RETAIN, "retention": Retention(law="An Act", years=1, anchor="day")},
            "without an end",
        ),
    ],
)
def test_an_undecided_collection_makes_no_plan(fields: dict[str, Any], word: str) -> None:
    kind = Collection(name="bills", category="transactions", **fields)
    assert word in "".join(undecided([kind]))
    with pytest.raises(ConfigurationError, match="bills"):
        drafted([kind], [])


def test_an_unknown_collection_waits_for_a_human() -> None:
    with pytest.raises(Quarantine, match="ghosts"):
        drafted([INVOICES], [indexed("ghosts", 1)])


plans = st.lists(
    st.builds(
        SystemPlan,
        system=st.sampled_from(["crm", "billing", "support"]),
        roots=st.lists(st.builds(RecordRef, collection=st.just("people"), key=st.sampled_from("abc"))).map(tuple),
        identifiers=st.lists(
            st.builds(Identifier, kind=st.just("email"), value=st.sampled_from(["a@example.com", "b@example.com"]))
        ).map(tuple),
        objects=st.lists(
            st.builds(
                PlannedObject,
                collection=st.sampled_from(["people", "bills"]),
                key=st.sampled_from(["[1]", "[2]", '["é"]']),
                treatment=st.sampled_from(Treatment),
                fingerprint=st.sampled_from(["0" * 64, "1" * 64]),
                law=st.none() | st.just("An Act"),
                until=st.none() | days,
            ),
            max_size=4,
        ).map(tuple),
    ),
    max_size=3,
)


@often
@given(plans, st.randoms())
def test_a_digest_does_not_depend_on_order(made: list[SystemPlan], chance: random.Random) -> None:
    def shuffled(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(things, len(things)))

    parts = ("roots", "identifiers", "objects")
    other = [plan.model_copy(update={part: shuffled(getattr(plan, part)) for part in parts}) for plan in made]
    assert digest(shuffled(tuple(other))) == digest(made)


CHANGES: dict[str, Any] = {
    "collection": "elsewhere",
    "key": "[77]",
    "fingerprint": "f" * 64,
    "law": "Another Act",
    "until": date(2050, 1, 1),
    "category": "other",
    "undated": True,
    "referenced": True,
    "reason": "legal_hold",
    "then": ANONYMISE,
    "needs": (RecordRef(collection="people", key="[2]"),),
    "lets_go": True,
    "only_with_parents": (ANONYMISE,),
}


@often
@given(plans, st.data())
def test_a_digest_changes_with_everything_else(made: list[SystemPlan], data: st.DataObject) -> None:
    first = SystemPlan(
        system="crm",
        roots=(RecordRef(collection="people", key="[1]"),),
        identifiers=(Identifier(kind="email", value="c@example.com"),),
        objects=(PlannedObject(collection="people", key="[1]", treatment=DELETE, fingerprint="0" * 64),),
    )
    field = data.draw(st.sampled_from([*CHANGES, "treatment"]))
    value = CHANGES.get(field, ANONYMISE)
    assert getattr(first.objects[0], field) != value
    others = [
        first.model_copy(update={"objects": (first.objects[0].model_copy(update={field: value}),)}),
        first.model_copy(update={"objects": ()}),
        first.model_copy(update={"objects": first.objects * 2}),
        first.model_copy(update={"system": "billing"}),
        first.model_copy(update={"roots": ()}),
        first.model_copy(update={"identifiers": ()}),
    ]
    digests = {digest([*made, plan]) for plan in (first, *others)} | {digest(made), digest([*made, first, first])}
    assert len(digests) == len(others) + 3
    assert set(CHANGES) | {"treatment"} == set(PlannedObject.model_fields), "a new field needs its change here"


@often
@given(found())
@example(([INVOICES], [indexed("invoices", 1)]))
def test_a_summary_counts_every_object_once(given_: tuple[list[Collection], list[IndexedRecord]]) -> None:
    plan = drafted(*given_)
    lines = summary(plan)
    assert sum(line.count for line in lines) == len(plan.objects)
    for line in lines:
        same = [
            each
            for each in plan.objects
            if (each.category, each.treatment, each.law, each.until, reason_of(each))
            == (line.category, line.treatment, line.law, line.until, line.reason)
        ]
        assert len(same) == line.count


@pytest.mark.parametrize(
    ("treatment", "good"),
    [(DELETE, {Fate.ERASED, Fate.NOT_FOUND}), (ANONYMISE, {Fate.ANONYMISED}), (RETAIN, {Fate.RETAINED})],
)
def test_only_the_planned_fate_is_as_planned(treatment: Treatment, good: set[Fate]) -> None:
    planned = PlannedObject(collection="people", key="[1]", treatment=treatment, fingerprint="0" * 64)
    passed = {fate for fate in Fate if verdict(planned, ObjectOutcome(collection="people", key="[1]", fate=fate))}
    assert passed == good
    with pytest.raises(ValueError, match="another"):
        verdict(planned, ObjectOutcome(collection="people", key="[2]", fate=Fate.ERASED))


def test_a_record_boils_down_to_what_a_plan_needs() -> None:
    parent = RecordRef(collection="people", key="[1]")
    record = Record(
        collection="bills",
        key="[2]",
        data={"name": "x"},
        fingerprint="0" * 64,
        anchor=TODAY,
        parents=(parent,),
        referenced=True,
    )
    assert IndexedRecord.of(record) == IndexedRecord(
        collection="bills", key="[2]", fingerprint="0" * 64, anchor=TODAY, parents=(parent,), referenced=True
    )


# What must stay whatever the collections say


reasons = st.sampled_from(
    [
        Stay(because=Because.LEGAL_HOLD, law="Case 1"),
        Stay(because=Because.RESTRICTED, law="GDPR 18"),
        Stay(because=Because.EXEMPT, law="GDPR 17(3)"),
        Stay(because=Because.CONTROLLED, law="The shop"),
    ]
)


@st.composite
def held(draw: st.DrawFn) -> tuple[list[Collection], list[IndexedRecord], dict[tuple[str, str], Stay]]:
    kinds, index = draw(found())
    places = [(each.collection, each.key) for each in index]
    return kinds, index, draw(st.dictionaries(st.sampled_from([*places, ("table0", "[998]")]), reasons, max_size=5))


def with_stays(kinds: list[Collection], index: list[IndexedRecord], stays: dict[tuple[str, str], Stay]) -> SystemPlan:
    return draft("crm", kinds, (), (), index, TODAY, stays)


@often
@given(held())
def test_nothing_held_is_touched_nor_anything_it_points_at(
    given_: tuple[list[Collection], list[IndexedRecord], dict[tuple[str, str], Stay]],
) -> None:
    kinds, index, stays = given_
    planned = by_place(with_stays(kinds, index, stays))
    parents = {(each.collection, each.key): each.parents for each in index}
    reached = [place for place in stays if place in planned]
    seen = set(reached)
    while reached:
        place = reached.pop()
        assert planned[place].treatment is RETAIN
        assert planned[place].reason
        for ref in parents[place]:
            if (ref.collection, ref.key) in planned and (ref.collection, ref.key) not in seen:
                seen.add((ref.collection, ref.key))
                reached.append((ref.collection, ref.key))
    bare = by_place(drafted(kinds, index))
    assert {place: each for place, each in planned.items() if place not in seen} == {
        place: each for place, each in bare.items() if place not in seen
    }, "nothing else changes"


@often
@given(held(), st.data())
def test_more_holds_never_erase_more(
    given_: tuple[list[Collection], list[IndexedRecord], dict[tuple[str, str], Stay]], data: st.DataObject
) -> None:
    kinds, index, stays = given_
    fewer = {place: stay for place, stay in stays.items() if data.draw(st.booleans())}
    gone, kept = (by_place(with_stays(kinds, index, each)) for each in (stays, fewer))
    for place, each in gone.items():
        if each.treatment is not RETAIN:
            assert kept[place] == each


@often
@given(held())
def test_once_the_reason_is_over_what_was_planned_without_it_happens(
    given_: tuple[list[Collection], list[IndexedRecord], dict[tuple[str, str], Stay]],
) -> None:
    kinds, index, stays = given_
    plan, bare = with_stays(kinds, index, stays), by_place(drafted(kinds, index))
    over = by_place(ended(plan, kinds, TODAY))
    for each in plan.objects:
        place = (each.collection, each.key)
        without = bare[place]
        if place in over:
            assert each.reason in PASSING, "its own term is not over, or it was refused, or it went at once"
            assert without.treatment is not RETAIN
            assert over[place].treatment in {without.treatment, ANONYMISE}
            assert (over[place].reason, over[place].then, over[place].until) == (None, None, None)
    if not any(stay.because in ANSWERS for stay in stays.values()):
        owed = {place for place, each in by_place(plan).items() if each.treatment != bare[place].treatment}
        assert over.keys() == owed, "nothing that the person asked for is forgotten"
    assert not ended(plan, kinds, TODAY, still=frozenset(bare)).objects, "what still keeps it, keeps it"


@often
@given(held(), st.data())
def test_what_is_still_held_keeps_what_it_points_at(
    given_: tuple[list[Collection], list[IndexedRecord], dict[tuple[str, str], Stay]], data: st.DataObject
) -> None:
    kinds, index, stays = given_
    plan = with_stays(kinds, index, stays)
    still = {place for place in by_place(plan) if data.draw(st.booleans())}
    day = data.draw(days)
    over = by_place(ended(plan, kinds, day, still=still))
    stay = {place: each for place, each in by_place(plan).items() if each.treatment is RETAIN and place not in over}
    frozen = [place for place in still if place in stay]
    for place in frozen:
        needed = [(ref.collection, ref.key) for ref in stay[place].needs]
        assert not over.keys() & set(needed)
        frozen += [ref for ref in needed if ref in stay and ref not in frozen]
    for place, each in stay.items():
        for ref in each.needs:
            gone = over.get((ref.collection, ref.key))
            if gone is not None:
                assert place not in still
                rule = next(kind for kind in kinds if kind.name == ref.collection)
                assert rule.when_referenced is DELETE or gone.treatment is ANONYMISE


@settings(often, max_examples=150)
@given(held(), st.data())
def test_the_end_of_a_hold_leaves_answers_whole_and_nothing_pointing_at_what_goes(
    given_: tuple[list[Collection], list[IndexedRecord], dict[tuple[str, str], Stay]], data: st.DataObject
) -> None:
    kinds, index, stays = given_
    rules = {kind.name: kind for kind in kinds}
    plan = with_stays(kinds, index, stays)
    planned = by_place(plan)
    still = {place for place in planned if data.draw(st.booleans())}
    over = by_place(ended(plan, kinds, data.draw(days), still=still))
    left = {place for place, each in planned.items() if each.treatment is RETAIN and place not in over}
    answers = [place for place in left if planned[place].reason in ANSWERS]
    for place in answers:
        needed = [(ref.collection, ref.key) for ref in planned[place].needs]
        assert not over.keys() & set(needed), "an answer is untouched with everything it points at"
        answers += [each for each in needed if each in left and each not in answers]
    for place in left | {place for place, each in over.items() if each.treatment is ANONYMISE}:
        for ref in planned[place].needs:
            parent = over.get((ref.collection, ref.key))
            if parent is not None and rules[ref.collection].when_referenced is not DELETE:
                assert parent.treatment is ANONYMISE, "what stays as a row points at nothing that is deleted"


@settings(often, max_examples=150)
@given(held())
def test_a_plan_is_outlived_once_what_keeps_something_is_over_and_not_before(
    given_: tuple[list[Collection], list[IndexedRecord], dict[tuple[str, str], Stay]],
) -> None:
    kinds, index, stays = given_
    plan = with_stays(kinds, index, stays)
    assert outlived(plan, kinds, TODAY, stays) == 0, "a new plan would be drafted for ever"
    passing = [each for each in plan.objects if each.reason in PASSING and each.until is None]
    if passing and not any(each.reason in ANSWERS for each in plan.objects):
        assert outlived(plan, kinds, TODAY, ()) > 0


@often
@given(found())
def test_what_is_kept_goes_the_day_after_its_term_as_its_collection_says(
    given_: tuple[list[Collection], list[IndexedRecord]],
) -> None:
    kinds, index = given_
    rules = {kind.name: kind for kind in kinds}
    plan = drafted(kinds, index)
    last = max((each.until for each in plan.objects if each.until), default=TODAY)
    for each in plan.objects:
        if each.until is None:
            continue
        place = (each.collection, each.key)
        assert place not in by_place(ended(plan, kinds, each.until))
        rule = rules[each.collection]
        over = by_place(ended(plan, kinds, last + timedelta(days=1)))[place]
        own = rule.after if rule.treatment is RETAIN else rule.treatment
        # An anonymised row that points at it keeps it as a row.
        assert over.treatment in ({own} if rule.when_referenced is DELETE else {own, ANONYMISE})
        assert over.treatment is not RETAIN


def test_a_customer_waits_for_the_last_invoice_that_needs_it() -> None:
    customers = INVOICES.model_copy(update={"name": "customers", "when_referenced": RETAIN})
    index = [
        indexed("customers", 1, anchor=date(2022, 3, 1)),
        indexed("invoices", 2, ("customers", 1), anchor=date(2025, 3, 1)),
    ]
    plan = drafted([customers, INVOICES], index)
    assert not ended(plan, [customers, INVOICES], date(2028, 1, 1)).objects
    assert len(ended(plan, [customers, INVOICES], date(2031, 1, 1)).objects) == 2
    alone = ended(plan, [customers, INVOICES], date(2028, 1, 1), present={("customers", "[1]")})
    assert [each.collection for each in alone.objects] == ["customers"], "the invoice has gone"


@pytest.mark.parametrize("answer", sorted(ANSWERS))
def test_a_refused_row_keeps_its_ticket_and_the_ticket_s_customer(answer: Because) -> None:
    kinds = [Collection(name=name, category="contact", treatment=DELETE) for name in ("customers", "tickets", "notes")]
    index = [indexed("customers", 1), indexed("tickets", 2, ("customers", 1)), indexed("notes", 3, ("tickets", 2))]
    hold = Stay(because=Because.LEGAL_HOLD, law="A")
    stays = {("customers", "[1]"): hold, ("tickets", "[2]"): hold, ("notes", "[3]"): Stay(because=answer, law="B")}
    assert not ended(with_stays(kinds, index, stays), kinds, TODAY).objects


def test_what_an_anonymised_invoice_points_at_is_anonymised_with_it() -> None:
    kinds = [
        Collection(name="groups", category="contact", treatment=DELETE),
        Collection(name="customers", category="contact", treatment=DELETE, when_referenced=RETAIN),
        INVOICES.model_copy(update={"after": ANONYMISE}),
    ]
    index = [
        indexed("groups", 0),
        indexed("customers", 1, ("groups", 0), anchor=date(2022, 3, 1)),
        indexed("invoices", 2, ("customers", 1), anchor=date(2025, 3, 1)),
    ]
    hold = Stay(because=Because.LEGAL_HOLD, law="A")
    plan = with_stays(kinds, index, {("groups", "[0]"): hold})
    over = ended(plan, kinds, date(2040, 1, 1))
    assert [each.treatment for each in over.objects] == [ANONYMISE] * 3


def test_what_never_ends_comes_before_what_passes_and_every_law_is_told() -> None:
    stays = [Stay(because=Because.LEGAL_HOLD, law="A"), Stay(because=Because.EXEMPT, law="B")]
    assert together(stays) == Stay(because=Because.EXEMPT, law="B; A")
    with pytest.raises(ValueError, match="no reason"):
        together([])


def test_what_may_be_reviewed_goes_the_day_after_and_not_before_its_own_term() -> None:
    last, later = TODAY + timedelta(days=30), TODAY + timedelta(days=60)
    reviewed = [Stay(because=Because.RECOURSE, law="A", until=day) for day in (last, later)]
    assert together(reviewed).until == later
    assert together([*reviewed, Stay(because=Because.RECOURSE, law="A")]).until is None, "one has no last day yet"
    assert together([*reviewed, Stay(because=Because.EXEMPT, law="B")]).until is None
    people = Collection(name="people", category="contact", treatment=DELETE)
    index = [indexed("people", 1), indexed("invoices", 2, anchor=TODAY)]
    stays = dict.fromkeys([("people", "[1]"), ("invoices", "[2]")], together(reviewed[:1]))
    plan, kinds = with_stays([people, INVOICES], index, stays), [people, INVOICES]
    assert not ended(plan, kinds, last).objects
    assert [one.collection for one in ended(plan, kinds, last + timedelta(days=1)).objects] == ["people"]
    kept = by_place(plan)["invoices", "[2]"]
    assert (kept.until, kept.reason) == (date(TODAY.year + 5, 12, 31), Because.RECOURSE)
    assert kept.law == "Bookkeeping Act § 12; A"


@pytest.mark.parametrize("answer", [Because.EXEMPT, Because.CONTROLLED])
@pytest.mark.parametrize("passing", sorted(PASSING))
def test_the_end_of_a_hold_takes_nothing_that_was_refused_or_is_another_s(answer: Because, passing: Because) -> None:
    place, people = ("people", "[1]"), Collection(name="people", category="contact", treatment=DELETE)
    stay = together([Stay(because=passing, law="A"), Stay(because=answer, law="B")])
    plan = with_stays([people], [indexed("people", 1)], {place: stay})
    assert by_place(plan)[place].treatment is RETAIN
    assert not ended(plan, [people], TODAY + timedelta(days=4000)).objects


def test_a_plan_without_holds_keeps_the_digest_that_it_was_approved_by() -> None:
    made = PlannedObject(collection="people", key="[1]", treatment=DELETE, fingerprint="0" * 64)
    plan = SystemPlan(system="crm", roots=(), identifiers=(), objects=(made,))
    assert digest([plan]) == "ae183d7d1abc68333c0b848643eddde0ead4a4649eb70897089e1a89ff7b48e4"
