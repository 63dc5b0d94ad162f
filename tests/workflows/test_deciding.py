"""Whose address it is that a record names as that of whoever decides over it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from activities.deciding import Mailboxes, mailboxes
from activities.finding import Graph
from activities.ledger import Tx
from habeas.connector import Collection, Manifest, Match, Treatment
from habeas.model import Identifier, Request, Right, Subject
from habeas.policy import Category, ControlledBy, LegalBasis, load_policy
from tests.core.test_policy import DEMO

MINE, SHOP, ADDED, NOTED = (
    Identifier(kind="email", value=f"{one}@person.example") for one in ("mine", "shop", "added", "noted")
)
REQUEST = Request(
    id="HB-0000-0000-0000",
    controller="keeper",
    right=Right.ERASURE,
    regime="EU-GDPR",
    jurisdiction="DK",
    language="en",
    received_at=datetime(2026, 9, 10, tzinfo=UTC),
)
MANIFESTS = {
    "crm": Manifest(
        title="CRM",
        needs=("email",),
        yields=("email",),
        capabilities=frozenset(),
        collections=tuple(
            Collection(name=name, category=name, treatment=Treatment.DELETE) for name in ("accounts", "uploads")
        ),
    )
}


class Known:
    """A request's transaction that has a graph, what was typed, and how it was proven."""

    def __init__(self, graph: Graph, *proofs: str) -> None:
        self.graph = graph
        self.methods = frozenset(proofs)

    async def unseal(self, *_: object) -> Graph:
        return self.graph

    async def subject(self, _: str) -> Subject:
        return Subject(identifiers=(MINE, SHOP))

    async def proofs(self, _: str) -> frozenset[str]:
        return self.methods


def category(name: str, by: ControlledBy | None = None) -> Category:
    """One of the policy's."""
    said = {"en": name}
    return Category(
        id=name,
        title=said,
        purposes={"en": (name,)},
        legal_basis=(LegalBasis.CONTRACT,),
        source=said,
        retention=said,
        controlled_by=by,
    )


async def found(graph: Graph, *proofs: str) -> Mailboxes:
    """The addresses of somebody of whom this is known."""
    by = ControlledBy(who={"en": "them"}, field="owner")
    policy = load_policy(DEMO).model_copy(update={"categories": (category("accounts"), category("uploads", by))})
    return await mailboxes(cast("Tx", Known(graph, *proofs)), REQUEST, policy, MANIFESTS)


@pytest.mark.parametrize(
    ("proofs", "believed"),
    [(("code",), True), (("attested",), False), (("code", "attested"), False), ((), False)],
)
async def test_what_somebody_typed_is_believed_by_the_code_alone(proofs: tuple[str, ...], believed: bool) -> None:
    account = Match(collection="accounts", key="[1]", found_by=(MINE,), yields=(MINE, NOTED), unproven=(NOTED,))
    graph = Graph(seeds=(MINE, SHOP, ADDED), matches={"crm": (account,)})
    addresses = await found(graph, *proofs)
    assert {MINE.value, ADDED.value} <= addresses.hers
    assert (SHOP.value in addresses.hers, SHOP.value in addresses.claimed) == (believed, not believed)
    assert NOTED.value not in addresses.hers, "typed into the account, and proven by nobody"


async def test_what_stands_on_a_record_of_another_s_shows_nothing() -> None:
    upload = Match(collection="uploads", key="[1]", found_by=(MINE,), yields=(MINE, SHOP))
    addresses = await found(Graph(seeds=(MINE,), matches={"crm": (upload,)}), "code")
    assert addresses == Mailboxes(hers=frozenset({MINE.value}), claimed=frozenset({SHOP.value}))
