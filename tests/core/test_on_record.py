"""Which address a code goes to, and what is searched by once it was given: nothing that nobody has proven."""

from __future__ import annotations

from activities.finding import Graph, first_seeds, on_record
from activities.identity import addressee
from habeas.connector import Manifest, Match
from habeas.model import Identifier, Subject

SOURCES = ("desk",)


def email(name: str) -> Identifier:
    return Identifier(kind="email", value=f"{name}@example.com")


NUMBER = Identifier(kind="customer_number", value="C7")


def account(*found_by: Identifier, bears: tuple[Identifier, ...], typed: tuple[Identifier, ...]) -> Match:
    return Match(collection="users", key="[1]", found_by=found_by, yields=(*bears, *typed), unproven=typed)


def test_what_somebody_typed_into_their_account_sends_them_no_code_of_who_is_asked_about() -> None:
    for claimed in ((email("victim"),), (email("victim"), NUMBER)):
        eves = account(*claimed, bears=(email("eve"),), typed=claimed)
        assert on_record({"desk": (eves,)}, SOURCES) == ()
        to = addressee(Subject(identifiers=claimed), {"desk": (eves,)}, SOURCES)
        assert to is not None
        assert (to.address, to.standing) == ("victim@example.com", "claimed")
    eves = account(NUMBER, bears=(email("eve"),), typed=(NUMBER,))
    assert addressee(Subject(identifiers=(NUMBER,)), {"desk": (eves,)}, SOURCES) is None, "staff must attest"


def test_no_code_goes_to_an_address_that_nobody_has_proven() -> None:
    anns = account(NUMBER, bears=(NUMBER,), typed=(email("typed"),))
    assert on_record({"desk": (anns,)}, SOURCES) == ()
    assert addressee(Subject(identifiers=(NUMBER, email("typed"))), {"desk": (anns,)}, SOURCES) is None


def test_a_claimed_number_that_was_only_typed_beside_the_proven_address_is_nothing_to_search_by() -> None:
    claimed, records = (email("eve"), NUMBER), account(email("eve"), bears=(email("eve"),), typed=(NUMBER,))
    assert first_seeds(claimed, email("eve"), {"desk": (records,)}) == (email("eve"),)
    proven = records.model_copy(update={"unproven": ()})
    assert first_seeds(claimed, email("eve"), {"desk": (proven,)}) == claimed
    typed = account(email("eve"), bears=(NUMBER,), typed=(email("eve"),))
    assert first_seeds(claimed, email("eve"), {"desk": (typed,)}) == (email("eve"),), "whose account is that?"


def test_systems_are_asked_by_what_is_unproven_and_nothing_is_done_by_it() -> None:
    records = account(email("eve"), bears=(email("eve"),), typed=(email("victim"),))
    graph = Graph(seeds=(email("eve"),)).answered("desk", (email("eve"),), (records,))
    manifest = Manifest(title="Billing", needs=("email",), yields=("email",), collections=(), capabilities=frozenset())
    assert graph.to_ask("billing", manifest) == (email("eve"), email("victim")) == graph.leads()
    assert graph.known() == graph.own() == (email("eve"),)
