"""Matching: what contradicts is held for a human, whatever the order; what a human ruled holds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habeas.connector import Match, RecordRef
from habeas.matching import (
    ContradictionKind,
    Decision,
    Place,
    Ruling,
    Settled,
    as_written,
    consistent,
    contradictions,
    settle,
    spread,
)
from habeas.model import Identifier

often = settings(deadline=None, max_examples=50)
Matches = Mapping[str, tuple[Match, ...]]


def email(name: str) -> Identifier:
    return Identifier(kind="email", value=f"{name}@example.com")


def number(n: int) -> Identifier:
    return Identifier(kind="customer_number", value=f"C{n}")


def match(key: int, *found_by: Identifier, yields: tuple[Identifier, ...] = (), name: str | None = None) -> Match:
    return Match(collection="people", key=f"[{key}]", found_by=found_by, yields=yields, name=name)


def place(system: str, key: int) -> Place:
    return Place(system=system, record=RecordRef(collection="people", key=f"[{key}]"))


def is_subject(system: str, key: int) -> Decision:
    return Decision(place=place(system, key), ruling=Ruling.IS_SUBJECT)


def not_subject(system: str, key: int) -> Decision:
    return Decision(place=place(system, key), ruling=Ruling.NOT_SUBJECT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Berg", "anna BERG"),
        ("Anna Berg", "Berg, Anna"),
        ("Anna Berg", "A. Berg"),
        ("Anna Berg", "Anna Maria Berg"),
        ("Anna Berg", "A. M. Berg"),
        ("J.R. Ewing", "John Ross Ewing"),
        ("A. B.", "Anna Berg"),
        ("Anna A.", "A. Arne"),
        ("Anna Berg", "Anna B. Holm"),
        ("Anna", "Anna Berg"),
        ("Dr. Anna Berg", "Anna B. Berg"),
        ("Søren Ågård", "Soeren Aagaard"),
        ("Jürgen Müller", "Juergen Mueller"),
        ("José Núñez", "Jose Nunez"),
        ("Łukasz Żak", "Lukasz Zak"),
        ("Weiß", "Weiss"),
        ("O'Brien", "O’Brien"),
        ("Seán O'Brien", "Sean OBrien"),
        ("Anne-Marie Berg", "Annemarie Berg"),
        ("İpek", "ipek"),
        ("王小明", "王 小明"),
        ("Anna Berg", None),
        ("Anna Berg", "  "),
        ("Anna Berg", "🦄"),
        ("Mr", "mr"),
    ],
)
def test_names_of_one_person(one: str, other: str | None) -> None:
    assert consistent(one, other)
    assert consistent(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Berg", "Lars Berg"),
        ("Anna Berg", "Anna Holm"),
        ("Anna Berg", "L. Berg"),
        ("Anna Anna", "Anna Berg"),
        ("A. A. Berg", "Anna Berg Carl"),
        ("Hansen", "Hanssen Olsen"),
        ("Dr. Berg", "Dr. Holm"),
        ("王小明", "李小明"),
        ("Иван Петров", "Пётр Иванов"),
    ],
)
def test_names_of_two_people(one: str, other: str) -> None:
    assert not consistent(one, other)
    assert not consistent(other, one)


def pairs_up(small: list[str], large: list[str]) -> bool:
    """The definition, tried out in every order: each part of the one has its own in the other."""

    def fits(one: str, other: str) -> bool:
        return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])

    return any(all(map(fits, small, order)) for order in permutations(large, len(small)))


parts = st.lists(st.sampled_from(["a", "b", "anna", "arne", "bo", "berg"]), min_size=1, max_size=5)


@settings(deadline=None, max_examples=150)
@given(parts, parts)
def test_consistent_is_containment_of_parts_either_way(one: list[str], other: list[str]) -> None:
    expected = pairs_up(one, other) or pairs_up(other, one) or "".join(one) == "".join(other)
    assert consistent(" ".join(one), " ".join(other)) == expected


@often
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_names_compare_both_ways_alike(one: str, other: str) -> None:
    assert consistent(one, other) == consistent(other, one)
    assert consistent(one, one)
    assert consistent(one, one.upper())


IDENTIFIERS = [email("ann"), email("bob"), number(1), number(2), Identifier(kind="phone", value="+4512345678")]
some = st.lists(st.sampled_from(IDENTIFIERS), max_size=2).map(tuple)
graphs = st.dictionaries(
    st.sampled_from(["crm", "billing", "support"]),
    st.lists(
        st.builds(
            Match,
            collection=st.sampled_from(["people", "users"]),
            key=st.sampled_from(["[1]", "[2]", "[3]"]),
            found_by=st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=2).map(tuple),
            yields=some,
            unproven=st.lists(st.sampled_from(IDENTIFIERS), max_size=1).map(tuple),
            name=st.sampled_from([None, "Anna Berg", "A. Berg", "Lars Holm", "Ole Lund"]),
            staff=st.sampled_from([False, False, True]),
        ),
        max_size=4,
        unique_by=lambda made: (made.collection, made.key),
    ).map(tuple),
)
claims = st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=2)


def places_of(matches: Matches) -> list[Place]:
    return [
        Place(system=system, record=RecordRef(collection=each.collection, key=each.key))
        for system, found in matches.items()
        for each in found
    ]


@st.composite
def rulings(draw: st.DrawFn, matches: Matches) -> list[Decision]:
    return [
        Decision(place=each, ruling=draw(st.sampled_from(Ruling))) for each in places_of(matches) if draw(st.booleans())
    ]


@often
@given(graphs, claims, st.data(), st.randoms())
def test_no_order_counts(
    matches: Matches, claimed: list[Identifier], data: st.DataObject, chance: random.Random
) -> None:
    decisions = data.draw(rulings(matches))
    systems = chance.sample(list(matches), len(matches))
    shuffled = {system: tuple(chance.sample(matches[system], len(matches[system]))) for system in systems}
    assert contradictions(shuffled) == contradictions(matches)
    assert settle(shuffled, chance.sample(decisions, len(decisions)), claimed) == settle(matches, decisions, claimed)


@often
@given(graphs, claims, st.data())
def test_every_match_ends_in_one_place(matches: Matches, claimed: list[Identifier], data: st.DataObject) -> None:
    decisions = data.draw(rulings(matches))
    said = {decision.place: decision.ruling for decision in decisions}
    settled = settle(matches, decisions, claimed)
    ends = [found.place for group in (settled.kept, settled.held, settled.strays) for found in group]
    gone = [each for each in places_of(matches) if said.get(each) is Ruling.NOT_SUBJECT]
    assert sorted(map(repr_of, [*ends, *gone])) == sorted(map(repr_of, places_of(matches)))
    kept = {found.place for found in settled.kept}
    assert {each for each, ruling in said.items() if ruling is Ruling.IS_SUBJECT} <= kept


def repr_of(each: Place) -> tuple[str, str, str]:
    return each.system, each.record.collection, each.record.key


@often
@given(graphs, claims, st.data())
def test_nothing_doubtful_is_kept_and_every_doubt_is_told(
    matches: Matches, claimed: list[Identifier], data: st.DataObject
) -> None:
    decisions = data.draw(rulings(matches))
    ruled = {decision.place for decision in decisions}
    settled = settle(matches, decisions, claimed)
    told = {each for doubt in settled.contradictions for each in doubt.doubted}
    assert not {found.place for found in settled.kept} & (told - ruled)
    assert bool(settled.held) == bool(settled.contradictions)
    kept: dict[str, list[Match]] = {}
    for found in settled.kept:
        kept.setdefault(found.system, []).append(found.match)
    for left in contradictions({system: tuple(each) for system, each in kept.items()}):
        assert set(left.doubted) <= ruled, "only a human keeps records that contradict each other"


@often
@given(graphs, claims, st.data())
def test_identifiers_spread_only_from_what_is_kept(
    matches: Matches, claimed: list[Identifier], data: st.DataObject
) -> None:
    settled = settle(matches, data.draw(rulings(matches)), claimed)
    borne = {one for found in settled.kept for one in found.match.yields if one not in found.match.unproven}
    assert set(settled.identifiers) == {*claimed, *borne}
    assert not {*settled.unproven} & {*settled.identifiers}
    kept = {found.place for found in settled.kept}
    for known in spread(settled):
        assert {step.place for step in known.path} <= kept
        assert (known.path == ()) == (known.identifier in claimed)


@often
@given(graphs, claims, st.data())
def test_a_ruling_on_every_record_leaves_no_doubt(
    matches: Matches, claimed: list[Identifier], data: st.DataObject
) -> None:
    every = [Decision(place=each, ruling=data.draw(st.sampled_from(Ruling))) for each in places_of(matches)]
    settled = settle(matches, every, claimed)
    assert (settled.contradictions, settled.held, settled.strays) == ((), (), ())


def kept(settled: Settled) -> set[tuple[str, str]]:
    return {(found.system, found.match.key) for found in settled.kept}


SHARED: Matches = {
    "crm": (
        match(1, email("home"), yields=(email("home"), number(1)), name="Anna Berg"),
        match(2, email("home"), yields=(email("home"), number(2)), name="Lars Holm"),
    ),
    "billing": (match(8, number(2), yields=(number(2),), name="Lars Holm"),),
}


def test_a_shared_mailbox_waits_for_a_human_and_spreads_nothing() -> None:
    only_crm = {"crm": SHARED["crm"]}
    shared, names = contradictions(only_crm)
    assert (shared.kind, shared.identifier_kind) == (ContradictionKind.SHARED_IDENTIFIER, "email")
    assert shared.sides == ((place("crm", 1),), (place("crm", 2),))
    assert (names.kind, names.sides) == (ContradictionKind.NAMES, shared.sides)
    settled = settle(only_crm, [], [email("home")])
    assert settled.kept == ()
    assert settled.identifiers == (email("home"),)


def test_one_ruling_of_two_is_not_enough_unless_it_leaves_one() -> None:
    half = settle(SHARED, [is_subject("crm", 1)], [email("home")])
    assert kept(half) == {("crm", "[1]")}
    assert {found.match.key for found in half.held} == {"[2]", "[8]"}
    assert half.identifiers == (email("home"), number(1))
    settled = settle(SHARED, [not_subject("crm", 2)], [email("home")])
    assert kept(settled) == {("crm", "[1]")}
    assert [found.match.key for found in settled.strays] == ["[8]"], "found by somebody else's number alone"
    assert settled.contradictions == ()
    both = settle(SHARED, [is_subject("crm", 1), is_subject("crm", 2)], [email("home")])
    assert kept(both) == {("crm", "[1]"), ("crm", "[2]")}
    assert [found.match.key for found in both.held] == ["[8]"]


def test_the_later_ruling_holds() -> None:
    decisions = [is_subject("crm", 2), not_subject("crm", 2)]
    assert kept(settle(SHARED, decisions, [email("home")])) == {("crm", "[1]")}
    assert ("crm", "[2]") in kept(settle(SHARED, decisions[::-1], [email("home")]))


def test_a_reused_number_shows_by_the_names() -> None:
    matches = {
        "crm": (match(1, email("ann"), yields=(number(1),), name="Anna Berg"),),
        "billing": (match(7, number(1), name="Ole Lund"), match(6, email("ann"), name="Berg, A.")),
    }
    (doubt,) = contradictions(matches)
    assert doubt.kind is ContradictionKind.NAMES
    assert set(doubt.places) == {place("crm", 1), place("billing", 7), place("billing", 6)}
    settled = settle(matches, [not_subject("billing", 7)], [email("ann")])
    assert kept(settled) == {("crm", "[1]"), ("billing", "[6]")}


def test_one_number_in_two_collections_or_systems_is_no_contradiction() -> None:
    other = match(1, email("ann"), name="Anna Berg").model_copy(update={"collection": "users"})
    matches = {"crm": (match(1, email("ann"), name="Anna Berg"), other), "billing": (match(1, email("ann")),)}
    assert contradictions(matches) == ()
    assert len(settle(matches, [], [email("ann")]).kept) == 3


PHONE = Identifier(kind="phone", value="+4512345678")
CONTACT = match(1, email("ann"), yields=(email("ann"), number(1), PHONE), name="Anna Berg")


def test_a_record_that_only_a_phone_number_leads_to_waits_beside_what_bears_it_too() -> None:
    matches = {
        "crm": (CONTACT,),
        "shop": (match(7, PHONE, yields=(email("bob"), PHONE)),),
        "support": (match(9, email("bob"), yields=(email("bob"),)),),
    }
    settled = settle(matches, [], [email("ann")])
    (doubt,) = settled.contradictions
    assert (doubt.kind, doubt.identifier_kind) == (ContradictionKind.NUMBER, "phone")
    assert doubt.sides == ((place("shop", 7),), (place("crm", 1),))
    assert doubt.doubted == (place("shop", 7),)
    assert kept(settled) == {("crm", "[1]")}
    assert email("bob") not in settled.identifiers
    assert settle(matches, [], [email("ann"), PHONE]).contradictions == settled.contradictions, "typed into a form"
    theirs = settle(matches, [is_subject("shop", 7)], [email("ann")])
    assert (theirs.contradictions, len(theirs.kept)) == ((), 3)
    gone = settle(matches, [not_subject("shop", 7)], [email("ann")])
    assert (gone.contradictions, kept(gone)) == ((), {("crm", "[1]")})


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Berg, Anna B."},
        {"yields": (PHONE, number(1))},
        {"found_by": (PHONE, email("ann"))},
    ],
)
def test_a_name_or_another_identifier_says_whose_a_number_is(said: dict[str, object]) -> None:
    matches = {"crm": (CONTACT,), "shop": (match(7, PHONE, yields=(PHONE,)).model_copy(update=said),)}
    settled = settle(matches, [], [email("ann")])
    assert (settled.contradictions, len(settled.kept)) == ((), 2)


@pytest.mark.parametrize("said", ["A. Berg", "Berg", "Anna", "A"])
def test_a_part_of_a_name_does_not_say_whose_a_number_is(said: str) -> None:
    other = match(7, PHONE, yields=(PHONE, email("anders")), name=said)
    settled = settle({"crm": (CONTACT,), "shop": (other,)}, [], [email("ann")], "Anna Berg")
    assert [doubt.kind for doubt in settled.contradictions] == [ContradictionKind.NUMBER]
    assert kept(settled) == {("crm", "[1]")}


def test_a_name_that_is_written_as_one_word_says_whose_a_number_is() -> None:
    matches = {
        "crm": (match(1, email("ann"), yields=(PHONE,), name="王小明"),),
        "shop": (match(7, PHONE, name="王 小明"),),
    }
    assert len(settle(matches, [], [email("ann")]).kept) == 2


NAMELESS = match(3, email("home"), yields=(email("home"), number(3)))
HOME: Matches = {
    "crm": (match(1, email("home"), yields=(email("home"),), name="Anna Berg"),),
    "billing": (match(2, email("home"), yields=(email("home"),), name="Lars Holm"),),
    "support": (NAMELESS,),
    "shop": (match(4, number(3), yields=(number(3),)),),
}


def test_what_a_mailbox_of_two_leads_to_waits_unless_it_says_whose_it_is() -> None:
    settled = settle(HOME, [], [email("home")])
    assert settled.kept == ()
    assert {each for doubt in settled.contradictions for each in doubt.doubted} == {
        place("crm", 1),
        place("billing", 2),
        place("support", 3),
    }
    ruled = [is_subject("crm", 1), not_subject("billing", 2)]
    left = settle(HOME, ruled, [email("home")])
    (doubt,) = left.contradictions
    assert (doubt.kind, doubt.doubted) == (ContradictionKind.SHARED_IDENTIFIER, (place("support", 3),))
    assert (kept(left), number(3) in left.identifiers) == ({("crm", "[1]")}, False)
    theirs = settle(HOME, [*ruled, is_subject("support", 3)], [email("home")])
    assert (theirs.contradictions, len(theirs.kept)) == ((), 3)


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ({"name": "Anna B. Berg"}, False),
        ({"name": "Berg"}, True),
        ({"name": "A. Berg"}, True),
        ({"found_by": (email("home"), number(1))}, False),
        ({"yields": (number(1),)}, False),
    ],
)
def test_a_full_name_or_another_identifier_says_whose_it_is_where_the_mailbox_does_not(
    said: dict[str, object], held: bool
) -> None:
    crm = match(1, email("home"), yields=(email("home"), number(1)), name="Anna Berg")
    found = {**HOME, "crm": (crm,), "support": (NAMELESS.model_copy(update={"yields": ()} | said),), "shop": ()}
    settled = settle(found, [is_subject("crm", 1), not_subject("billing", 2)], [email("home")])
    assert (bool(settled.contradictions), len(settled.kept)) == (held, 1 if held else 2)


def test_what_a_human_said_is_all_one_person_s_casts_doubt_on_nothing_else() -> None:
    settled = settle(HOME, [is_subject("crm", 1), is_subject("billing", 2)], [email("home")])
    assert (settled.contradictions, len(settled.kept)) == ((), 4)


def test_a_colleague_s_account_that_is_not_asked_about_makes_no_mailbox_a_shared_one() -> None:
    found = {**AT_WORK, "shop": (match(6, email("ann"), yields=(email("ann"),)),)}
    settled = settle(found, [not_subject("support", 5)], [email("ann")])
    assert (settled.contradictions, kept(settled)) == ((), {("crm", "[1]"), ("billing", "[7]"), ("shop", "[6]")})


def test_customers_of_two_numbers_are_not_one_for_an_initial() -> None:
    jens = match(1, email("home"), yields=(number(1),), name="Jens Arla")
    initial = match(2, email("home"), yields=(number(2),), name="J. Arla")
    settled = settle({"crm": (jens,), "billing": (initial,)}, [], [email("home")])
    assert {doubt.kind for doubt in settled.contradictions} == {ContradictionKind.SHARED_IDENTIFIER}
    full = initial.model_copy(update={"name": "Jens J. Arla"})
    assert len(settle({"crm": (jens,), "billing": (full,)}, [], [email("home")]).kept) == 2


def test_a_record_of_another_name_than_the_person_gave_waits_though_their_address_is_proven() -> None:
    settled = settle(
        {"crm": (match(1, email("home"), name="Lars Holm"),)}, [], [email("home")], claimed_name="Anna Berg"
    )
    assert [(doubt.kind, doubt.doubted) for doubt in settled.contradictions] == [
        (ContradictionKind.NAMES, (place("crm", 1),))
    ]
    more = {"crm": (match(1, email("home"), name="Lars Holm"),), "shop": (match(2, email("home"), name="L. Holm"),)}
    known = settle(more, [is_subject("crm", 1)], [email("home")], claimed_name="Anna Berg")
    assert (known.contradictions, len(known.kept)) == ((), 2), "a human said that this is a name of theirs"
    own = settle({"crm": (match(1, email("home"), name="A. Berg"),)}, [], [email("home")], claimed_name="Anna Berg")
    assert len(own.kept) == 1


def test_a_name_that_was_only_typed_says_of_no_number_whose_it_is() -> None:
    found = {"crm": (match(1, email("home"), yields=(PHONE,)),), "shop": (match(7, PHONE, name="Anna Berg"),)}
    settled = settle(found, [], [email("home")], claimed_name="Anna Berg")
    assert [doubt.kind for doubt in settled.contradictions] == [ContradictionKind.NUMBER]
    assert settle(found, [], [email("home")], "Anna Berg").contradictions == (), "whom staff know"


def test_who_gave_nothing_but_a_number_is_found_by_it() -> None:
    matches = {"shop": (match(7, PHONE, yields=(PHONE,)),)}
    assert kept(settle(matches, [], [PHONE])) == {("shop", "[7]")}


@pytest.mark.parametrize("claimed", [[number(7)], [email("eve"), number(7)]])
@pytest.mark.parametrize(
    ("said", "name", "held"),
    [
        ({}, None, True),
        ({"name": "Anna Berg"}, None, True),
        ({"name": "Anna Berg"}, "Anna Berg", False),
        ({"name": "Anna"}, "Anna Berg", True),
        ({}, "Anna Berg", True),
        ({"yields": (email("ann"), number(7))}, None, True),
        ({"found_by": (email("eve"), number(7))}, None, False),
    ],
)
def test_a_number_that_nothing_shows_to_be_theirs_leads_to_what_a_human_sees(
    claimed: list[Identifier], said: dict[str, object], name: str | None, held: bool
) -> None:
    other = match(7, number(7), yields=(number(7),)).model_copy(update=said)
    claimed = list(dict.fromkeys((*other.found_by, *claimed)))
    settled = settle({"shop": (other,)}, [], claimed, name, unproven=[number(7)])
    assert (len(settled.kept), len(settled.held)) == ((0, 1) if held else (1, 0))
    assert [doubt.kind for doubt in settled.contradictions] == ([ContradictionKind.NUMBER] if held else [])
    assert (number(7) in settled.identifiers, number(7) in settled.leads) == (not held, True)
    ruled = settle({"shop": (other,)}, [is_subject("shop", 7)], claimed, name, unproven=[number(7)])
    assert (len(ruled.kept), number(7) in ruled.identifiers) == (1, True)


def test_a_number_of_ours_is_believed_unless_its_record_bears_an_address_that_nobody_knows() -> None:
    plain = {"crm": (CONTACT,), "shop": (match(7, number(1), yields=(number(1),)),)}
    assert len(settle(plain, [], [email("ann")]).kept) == 2
    another = {"crm": (CONTACT,), "shop": (match(7, number(1), yields=(number(1), email("bob"))),)}
    settled = settle(another, [], [email("ann")])
    assert [(doubt.kind, doubt.doubted) for doubt in settled.contradictions] == [
        (ContradictionKind.NUMBER, (place("shop", 7),))
    ]
    assert kept(settled) == {("crm", "[1]")}


@pytest.mark.parametrize("led", [PHONE, number(1)], ids=lambda one: one.kind)
def test_no_name_speaks_against_an_address_that_is_not_known(led: Identifier) -> None:
    """Two of one name, one of whom has the number now; or one who typed the other's name and number into their own."""
    other = match(7, led, yields=(led, email("bob"), number(7)), name="Anna Berg")
    for attested, claimed in ((None, "Anna Berg"), ("Anna Berg", None)):
        settled = settle({"crm": (CONTACT,), "shop": (other,)}, [], [email("ann")], attested, claimed)
        assert [(doubt.kind, doubt.doubted) for doubt in settled.contradictions] == [
            (ContradictionKind.NUMBER, (place("shop", 7),))
        ]
        assert kept(settled) == {("crm", "[1]")}
    both = other.model_copy(update={"found_by": (PHONE, number(1)), "yields": (PHONE, number(1), email("bob"))})
    assert len(settle({"crm": (CONTACT,), "shop": (both,)}, [], [email("ann")]).kept) == 1, "typed as easily as one"


@pytest.mark.parametrize(
    ("known", "held"), [("ann", False), ("ann+shop", False), ("ann.old", False), ("ann.work", True)]
)
def test_a_known_address_says_whose_a_number_is(known: str, held: bool) -> None:
    old = match(2, email("ann"), yields=(email("ann"), email("ann.old")))
    shop = match(7, PHONE, yields=(PHONE, email(known)), name="Anna Berg")
    settled = settle({"crm": (CONTACT,), "chat": (old,), "shop": (shop,)}, [], [email("ann")])
    assert (bool(settled.contradictions), len(settled.kept)) == (held, 2 if held else 3)


def test_what_staff_attested_is_a_human_s_word() -> None:
    billing = match(7, number(7), yields=(number(7), email("bob")), name="Anna Berg")
    found, claimed = {"crm": (CONTACT,), "shop": (billing,)}, [email("ann"), number(7)]
    assert settle(found, [], claimed, "Anna Berg").contradictions == ()
    for attested, typed in ((None, "Anna Berg"), ("Anna", None)):
        settled = settle(found, [], claimed, attested, typed)
        assert [doubt.kind for doubt in settled.contradictions] == [ContradictionKind.NUMBER]


def test_of_one_name_and_number_and_two_addresses_a_human_says_whose_they_are() -> None:
    crm = match(1, number(1), yields=(number(1), email("ann")), name="Anna Berg")
    shop = match(7, number(1), yields=(number(1), email("bob")), name="Anna Berg")
    settled = settle({"crm": (crm,), "shop": (shop,)}, [], [number(1)], "Anna Berg")
    assert [doubt.kind for doubt in settled.contradictions] == [ContradictionKind.SHARED_IDENTIFIER]
    assert settled.kept == ()
    same = shop.model_copy(update={"yields": (number(1), email("ann"))})
    assert len(settle({"crm": (crm,), "shop": (same,)}, [], [number(1)], "Anna Berg").kept) == 2


def test_a_mailbox_that_leads_to_two_customers_in_two_systems_waits_for_a_human() -> None:
    other = match(4, email("ann"), yields=(email("ann"), number(2)))
    settled = settle({"crm": (CONTACT,), "support": (other,)}, [], [email("ann")])
    (doubt,) = settled.contradictions
    assert (doubt.kind, doubt.identifier_kind) == (ContradictionKind.SHARED_IDENTIFIER, "email")
    assert doubt.sides == ((place("crm", 1),), (place("support", 4),))
    assert (settled.kept, settled.identifiers) == ((), (email("ann"),))
    alike = other.model_copy(update={"name": "Berg, Anna"})
    assert settle({"crm": (CONTACT,), "support": (alike,)}, [], [email("ann")]).contradictions == ()


def test_another_phone_number_or_form_of_the_address_is_no_contradiction() -> None:
    tagged = Identifier(kind="email", value="ann+shop@example.com")
    other = match(4, email("ann"), yields=(tagged, Identifier(kind="phone", value="+4587654321")))
    first = CONTACT.model_copy(
        update={"yields": (*CONTACT.yields, Identifier(kind="email", value="ann+crm@example.com"))}
    )
    assert settle({"crm": (first,), "support": (other,)}, [], [email("ann")]).contradictions == ()


def test_of_what_somebody_has_several_nothing_contradicts_for_one_address() -> None:
    letters = tuple(match(key, email("ann")).model_copy(update={"account": False}) for key in (7, 8))
    settled = settle({"crm": (CONTACT,), "support": letters}, [], [email("ann")])
    assert (settled.contradictions, len(settled.kept)) == ((), 3)
    others = tuple(one.model_copy(update={"name": "Lars Holm"}) for one in letters)
    assert settle({"crm": (CONTACT,), "support": others}, [], [email("ann")]).kept == (), (
        "names contradict all the same"
    )


def unproven(found: Match, *typed: Identifier) -> Match:
    return found.model_copy(update={"yields": (*found.yields, *typed), "unproven": typed})


@pytest.mark.parametrize("name", ["Vic Tim", None])
@pytest.mark.parametrize("typed", [email("victim"), PHONE, number(7)], ids=lambda one: one.kind)
def test_what_only_an_unproven_identifier_leads_to_waits(typed: Identifier, name: str | None) -> None:
    eves = unproven(match(1, email("eve"), yields=(email("eve"),), name="Vic Tim"), typed)
    found = {
        "support": (eves,),
        "billing": (match(7, typed, yields=(typed, number(8)), name=name),),
        "shop": (match(9, number(8), yields=(number(8),), name=name),),
    }
    settled = settle(found, [], [email("eve")], claimed_name="Vic Tim")
    (doubt,) = settled.contradictions
    assert (doubt.kind, doubt.identifier_kind) == (ContradictionKind.UNPROVEN, typed.kind)
    assert (doubt.doubted, doubt.sides[1:]) == ((place("billing", 7),), ((place("support", 1),),))
    assert (kept(settled), settled.identifiers, settled.unproven) == ({("support", "[1]")}, (email("eve"),), (typed,))
    theirs = settle(found, [is_subject("billing", 7)], [email("eve")])
    assert (theirs.contradictions, len(theirs.kept), typed in theirs.identifiers) == ((), 3, True)
    gone = settle(found, [not_subject("billing", 7)], [email("eve")])
    assert (gone.contradictions, kept(gone), gone.identifiers) == ((), {("support", "[1]")}, (email("eve"),))


def test_an_account_that_bears_the_proven_address_only_unproven_waits_and_doubts_nothing_else() -> None:
    eves = unproven(match(1, email("ann"), yields=(email("eve"), number(3)), name="Anna Berg"), email("ann"))
    found = {
        "support": (eves, match(2, email("ann"), yields=(email("ann"),), name="Anna Berg")),
        "crm": (match(4, email("ann"), yields=(email("ann"), number(1))),),
    }
    settled = settle(found, [], [email("ann")])
    assert [(one.kind, one.doubted) for one in settled.contradictions] == [
        (ContradictionKind.UNPROVEN, (place("support", 1),))
    ]
    assert kept(settled) == {("support", "[2]"), ("crm", "[4]")}
    assert {*settled.leads} == {email("ann"), number(1)}
    gone = settle(found, [not_subject("support", 1)], [email("ann")])
    assert (gone.contradictions, kept(gone)) == ((), kept(settled)), "who types it in does not share it"
    theirs = settle(found, [is_subject("support", 1)], [email("ann")])
    assert (theirs.contradictions, email("eve") in theirs.identifiers) == ((), True)


def test_that_nobody_has_proven_it_is_told_beside_that_the_names_do_not_agree() -> None:
    eves = unproven(match(1, email("eve"), yields=(email("eve"),), name="Eve Evil"), email("victim"))
    found = {"support": (eves,), "billing": (match(7, email("victim"), name="Vic Tim"),)}
    settled = settle(found, [], [email("eve")])
    assert [doubt.kind for doubt in settled.contradictions] == [ContradictionKind.NAMES, ContradictionKind.UNPROVEN]


def test_what_is_proven_elsewhere_needs_no_human() -> None:
    eves = unproven(match(1, email("ann"), yields=(email("ann"),), name="Anna Berg"), PHONE)
    found = {"support": (eves,), "crm": (CONTACT,), "shop": (match(7, PHONE, yields=(PHONE, number(1))),)}
    settled = settle(found, [], [email("ann")])
    assert (settled.contradictions, len(settled.kept), settled.unproven) == ((), 3, ())


AGENT = match(5, email("ann"), yields=(email("ann"), number(9)), name="Anna Berg").model_copy(update={"staff": True})
AT_WORK: Matches = {
    "crm": (match(1, email("ann"), yields=(email("ann"), number(1)), name="Anna Berg"),),
    "billing": (match(7, number(1), yields=(number(1),)), match(8, number(9), yields=(number(9),))),
    "support": (AGENT,),
}


def test_a_staff_account_waits_beside_what_else_was_found_and_holds_nothing_but_itself() -> None:
    settled = settle(AT_WORK, [], [email("ann")])
    (doubt,) = settled.contradictions
    assert doubt.kind is ContradictionKind.STAFF
    assert doubt.sides == ((place("support", 5),), (place("billing", 7), place("crm", 1)))
    assert doubt.doubted == (place("support", 5),)
    assert kept(settled) == {("crm", "[1]"), ("billing", "[7]")}
    assert [found.match.key for found in settled.held] == ["[8]", "[5]"], "what only the account knows waits with it"
    assert number(9) not in settled.identifiers


def test_a_staff_account_that_is_all_there_is_waits_too() -> None:
    settled = settle({"support": (AGENT,)}, [], [email("ann")])
    assert [doubt.sides for doubt in settled.contradictions] == [((place("support", 5),),)]
    assert (settled.kept, settled.identifiers) == ((), (email("ann"),))


def test_a_ruling_on_a_staff_account_is_enough() -> None:
    theirs = settle(AT_WORK, [is_subject("support", 5)], [email("ann")])
    assert (theirs.contradictions, theirs.held) == ((), ())
    assert ("support", "[5]") in kept(theirs)
    assert ("billing", "[8]") in kept(theirs)
    others = settle(AT_WORK, [not_subject("support", 5)], [email("ann")])
    assert others.contradictions == ()
    assert kept(others) == {("crm", "[1]"), ("billing", "[7]")}


def test_a_staff_account_with_the_same_number_as_the_customers_leaves_both_in_doubt() -> None:
    agent = AGENT.model_copy(update={"key": "[2]"})
    settled = settle({"crm": (*AT_WORK["crm"], agent)}, [], [email("ann")])
    assert {doubt.kind for doubt in settled.contradictions} == {
        ContradictionKind.SHARED_IDENTIFIER,
        ContradictionKind.STAFF,
    }
    assert settled.kept == ()
    assert kept(settle({"crm": (*AT_WORK["crm"], agent)}, [not_subject("crm", 2)], [email("ann")])) == {("crm", "[1]")}


def test_what_was_once_found_to_be_staff_stays_so() -> None:
    again = AGENT.model_copy(update={"staff": False, "found_by": (number(9),)})
    assert [doubt.kind for doubt in contradictions({"support": (AGENT, again)})] == [ContradictionKind.STAFF]


def test_a_record_found_twice_is_one_record() -> None:
    matches = {"crm": (match(1, email("ann"), name="Anna Berg"), match(1, number(1)))}
    (found,) = settle(matches, [], [number(1)]).kept
    assert found.match.found_by == (email("ann"), number(1))
    assert found.match.name == "Anna Berg"


def test_the_path_to_an_identifier_is_told_step_by_step() -> None:
    phone = Identifier(kind="phone", value="+4512345678")
    matches = {
        "crm": (match(1, email("ann"), yields=(email("ann"), number(1))),),
        "billing": (match(7, number(1), yields=(phone,)),),
    }
    claimed, by_number, by_phone = spread(settle(matches, [], [email("ann")]))
    assert (claimed.identifier, claimed.path) == (email("ann"), ())
    assert (by_number.identifier, [(step.place, step.via) for step in by_number.path]) == (
        number(1),
        [(place("crm", 1), "email")],
    )
    assert (by_phone.identifier, [(step.place, step.via) for step in by_phone.path]) == (
        phone,
        [(place("crm", 1), "email"), (place("billing", 7), "customer_number")],
    )


def test_nothing_shows_a_person_in_its_repr() -> None:
    settled = settle(SHARED, [is_subject("crm", 1)], [email("home")])
    shown = repr(settled) + repr(contradictions(SHARED)) + repr(spread(settled)) + repr(is_subject("crm", 1))
    for secret in ("home", "Anna", "Lars", "C1", "C2", "[1]", "[8]"):
        assert secret not in shown


@pytest.mark.timeout(20)
def test_a_mailbox_shared_by_many_makes_few_questions() -> None:
    names = [f"{first}{n} Berg{n}" for n in range(80) for first in ("Anna", "Lars")]
    matches = {"crm": tuple(match(n, email("info"), name=name) for n, name in enumerate(names))}
    kinds = [doubt.kind for doubt in contradictions(matches)]
    assert kinds == [ContradictionKind.SHARED_IDENTIFIER, ContradictionKind.NAMES]


@pytest.mark.parametrize(("asked", "had"), [("ann+shop", "ann"), ("ann", "ann+shop"), ("ann+a", "ann+b")])
def test_where_nothing_is_proven_an_address_finds_what_has_it_as_it_is_written(asked: str, had: str) -> None:
    variant, other = match(1, email(asked), yields=(email(had), number(1))), match(2, number(2), yields=(email("bo"),))
    assert as_written({"crm": (variant, other)}) == {"crm": (other,)}
    itself = match(1, email(asked), yields=(email(had), email(asked)))
    silent, numbered = match(3, email(asked)), match(4, email(asked), number(1), yields=(email(had), number(1)))
    (first, second, third) = as_written({"crm": (itself, silent, numbered)})["crm"]
    assert (first, second) == (itself, silent), "it has it; it does not say which it has"
    assert third.found_by == (number(1),)
