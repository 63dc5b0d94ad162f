"""Whether the records found in several systems are one person. Pure; decides nothing that a human should.

Records are found by identifiers alone. Five things say that a record may be somebody else's: an identifier that leads
to more than one record of a collection, or to records of several that know different things of whoever bears it (a
shared mailbox), and then to one that does not say whose it is; names that cannot be one person's; that only a number
leads to it, which may have been given anew, and nothing else says whose it is; that only an identifier leads to it that
somebody typed and nobody has proven; and that it is the account of a member of staff, who works there and is no
customer. Such records are held until a human has ruled on each; nothing is searched by what they alone know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from habeas.connector import Match
from habeas.doubts import contested, contradictions_of, shared_among, staff_accounts, strangers, weakly_found
from habeas.found import (
    Contradiction,
    ContradictionKind,
    Decision,
    Found,
    Known,
    Place,
    Ruling,
    Settled,
    Step,
    firmly,
    flat,
    path_words,
    reach,
)
from habeas.model import Identifier
from habeas.names import consistent
from habeas.written import untagged

_EMAIL = "email"

__all__ = [
    "Contradiction",
    "ContradictionKind",
    "Decision",
    "Found",
    "Known",
    "Place",
    "Ruling",
    "Settled",
    "Step",
    "as_written",
    "consistent",
    "contradictions",
    "path_words",
    "settle",
    "spread",
]


def contradictions(matches: Mapping[str, tuple[Match, ...]]) -> tuple[Contradiction, ...]:
    """Everything that says that these matches are not one person, whatever their order.

    Args:
        matches: by system.
    """
    found = flat(matches)
    return (
        *contradictions_of(found, shared_among(found)),
        *staff_accounts(found, [one.place for one in found if not one.match.staff]),
    )


def settle(
    matches: Mapping[str, tuple[Match, ...]],
    decisions: Iterable[Decision],
    claimed: Iterable[Identifier],
    name: str | None = None,
    claimed_name: str | None = None,
    unproven: Collection[Identifier] = (),
) -> Settled:
    """Sort matches into the person's, the doubtful and the strays.

    A contradiction is settled when a human has ruled on every record that it casts doubt on. Records ruled
    ``not_subject`` are gone, and with them whatever only they led to; those ruled ``is_subject`` are the person's
    however they were found.

    Args:
        matches: by system, everything found so far.
        decisions: the human rulings so far, in their order.
        claimed: the identifiers that the search began with.
        name: whose records they must be, where only a name says so; a record of another name is held.
        claimed_name: what the person said their name is; likewise, and proof of nothing.
        unproven: of what is claimed, what nothing has shown to be theirs; what only it leads to is held.
    """
    rulings = {decision.place: decision.ruling for decision in decisions}
    start = tuple(dict.fromkeys(claimed))
    every = flat(matches)
    alive = [found for found in every if rulings.get(found.place) is not Ruling.NOT_SUBJECT]
    gone = [found for found in every if rulings.get(found.place) is Ruling.NOT_SUBJECT]
    sure = {found.place for found in alive if found.place in rulings}
    reached = reach(alive, start, sure)
    relevant = [found for found in alive if found.place in reached.records]
    customers = [found for found in relevant if found.place in sure or not found.match.staff]
    plain = reach(customers, start, sure)
    common = shared_among(relevant, start)
    plainly = (*contradictions_of(relevant, common), *strangers(relevant, sure, name or claimed_name))
    asked = {place for each in plainly for place in each.doubted}
    shared = contested(relevant, gone, common, sure)
    doubts = (
        *plainly,
        # Who is asked about a record for what it says itself is not asked again for what led to it.
        *(
            each
            for each in weakly_found(customers, start, sure, name, shared, frozenset(unproven))
            if each.kind is not ContradictionKind.SHARED_IDENTIFIER or not asked.issuperset(each.doubted)
        ),
        *staff_accounts(relevant, plain.records),
    )
    open_ones = tuple(each for each in doubts if any(place not in sure for place in each.doubted))
    doubtful = {place for each in open_ones for place in each.doubted if place not in sure}
    left = [found for found in relevant if found.place not in doubtful]
    # What is believed of a number that nothing has shown to be theirs is that it led to what is.
    borne = {one for found in map(firmly, left) for one in found.match.found_by}
    clear = reach([*map(firmly, left)], [one for one in start if one in borne or one not in unproven], sure)
    typed = dict.fromkeys(one for found in left if found.place in clear.records for one in found.match.unproven)
    return Settled(
        kept=tuple(found for found in relevant if found.place in clear.records),
        held=tuple(found for found in relevant if found.place not in clear.records),
        strays=tuple(found for found in alive if found.place not in reached.records),
        known=tuple(Known(identifier=each, path=path) for each, path in clear.identifiers.items()),
        unproven=tuple(one for one in (*typed, *unproven) if one not in clear.identifiers),
        contradictions=open_ones,
        paths={**reached.records, **clear.records},
    )


def as_written(matches: Mapping[str, tuple[Match, ...]]) -> dict[str, tuple[Match, ...]]:
    """The matches, without what an address found that the record has with another tag after a plus, or with none.

    Who has one such address need not have the other: a mail server may give them to two people.

    Args:
        matches: by system.
    """
    return {
        system: tuple(
            match.model_copy(update={"found_by": by})
            for match in there
            if (by := tuple(one for one in match.found_by if not _is_variant(one, match)))
        )
        for system, there in matches.items()
    }


def _is_variant(asked: Identifier, match: Match) -> bool:
    mailboxes = {untagged(one.value) for one in match.yields if one.kind == _EMAIL}
    return asked.kind == _EMAIL and asked not in match.yields and untagged(asked.value) in mailboxes


def spread(settled: Settled) -> tuple[Known, ...]:
    """The identifiers known now, the claimed ones first, each with the shortest path that led to it."""
    return settled.known
