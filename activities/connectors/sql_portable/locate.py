"""Find a person: rows that bear an identifier exactly, and from them up to the accounts they belong to."""

from __future__ import annotations

from collections.abc import Sequence

from activities.connectors.sql.keys import Key, encode
from activities.connectors.sql.locate import (
    MATCHES_MAX,
    YIELDS_MAX,
    Bearers,
    Borne,
    in_order_of_tables,
    unproven,
)
from activities.connectors.sql.matching import held, identifier_of, says_proven, sought
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import rows, walk
from activities.connectors.sql_portable.session import Session
from habeas.connector import Located, Match
from habeas.datamap import IdentifierRule
from habeas.errors import Quarantine
from habeas.model import Identifier

_CANDIDATES_MAX = 10_000
Roots = dict[tuple[str, Key], Borne]


async def locate(session: Session, identifiers: Sequence[Identifier]) -> Located:
    """See `activities.connectors.sql.locate.locate`."""
    matches = []
    for (table, key), by in (await find_roots(session, identifiers)).items():
        place = session.shape.places[table]
        yields = await _yields(session, place, key)
        matches.append(
            Match(
                collection=table,
                key=encode(place, key),
                found_by=tuple(by),
                yields=tuple(yields),
                unproven=unproven(by, yields),
                name=await _name(session, place, key),
                staff=await _is_staff(session, place, key),
            )
        )
    return Located(matches=tuple(matches))


async def find_roots(session: Session, identifiers: Sequence[Identifier]) -> Roots:
    """Roots, in the order of the tables and keys, with the identifiers that led there."""
    shape = session.shape
    found, roots = Bearers(), Bearers()
    todo: list[tuple[str, Key]] = []
    for place in shape.places.values():
        for rule in place.rule.identifiers:
            for key, by in (await _bearers(session, place, rule, identifiers)).items():
                if found.add(place.name, key, by):
                    todo.append((place.name, key))
    while todo:
        table, key = todo.pop()
        borne = dict(found.by[table, key])
        parents = await _parents(session, shape.places[table], key)
        todo += [parent for parent in parents if found.add(*parent, borne)]
        if not parents:
            roots.add(table, key, borne)
    return in_order_of_tables(shape, roots)


async def _bearers(
    session: Session, place: Place, rule: IdentifierRule, identifiers: Sequence[Identifier]
) -> dict[Key, Borne]:
    forms = sought(rule, place.table.columns[rule.column], identifiers)
    if not forms:
        return {}
    condition = session.dialect.candidates(place, rule, list(forms))
    found: dict[Key, Borne] = {}
    candidates = await rows.leads(session, place, _columns(rule), condition, limit=_CANDIDATES_MAX)
    if len(candidates) == _CANDIDATES_MAX:
        raise Quarantine("An identifier is borne by too many rows to be one person's.")
    for texts in candidates:
        text = texts[rule.column]
        by = forms.get(held(rule.match, text)) if text is not None else None
        if by:
            found[rows.key_of(place, texts)] = dict.fromkeys(by, _says_proven(rule, texts))
    return found


def _columns(rule: IdentifierRule) -> tuple[str, ...]:
    return (rule.column, rule.proven) if rule.proven else (rule.column,)


def _says_proven(rule: IdentifierRule, texts: rows.Texts) -> bool:
    return says_proven(rule, texts[rule.proven] if rule.proven else None)


async def _parents(session: Session, place: Place, key: Key) -> list[tuple[str, Key]]:
    """The rows that this one belongs to and that exist. None above an account of a person."""
    if place.rule.person:
        return []
    found: dict[tuple[str, Key], None] = {}
    own = await rows.leads(session, place, walk.leading(place), rows.equal_to(place, place.key, [key]))
    for link in place.links:
        for keys in (await walk.above(session, place, link, own)).values():
            found.update({(link.target, one): None for one in keys if (link.target, one) != (place.name, key)})
        if len(found) > MATCHES_MAX:
            raise Quarantine("A row belongs to too many others to be one person's.")
    return list(found)


async def _yields(session: Session, root: Place, key: Key) -> Borne:
    """All identifiers on the root's own row and on the rows below it."""
    found: dict[Identifier, bool] = {}
    mine = await walk.person(session, {root.name: [key]})
    for name, own in mine.items():
        place = session.shape.places[name]
        columns = tuple(column for rule in place.rule.identifiers for column in _columns(rule))
        for batch in rows.batches(sorted(own)) if columns else ():
            for texts in await rows.leads(session, place, columns, rows.equal_to(place, place.key, batch)):
                for rule in place.rule.identifiers:
                    identifier = identifier_of(rule, texts[rule.column])
                    if identifier:
                        found[identifier] = found.get(identifier, False) or _says_proven(rule, texts)
        if len(found) > YIELDS_MAX:
            raise Quarantine(f"More than {YIELDS_MAX} identifiers hang on one record.")
    return found


async def _is_staff(session: Session, place: Place, key: Key) -> bool:
    if not place.rule.staff:
        return False
    found = (await rows.rows(session, place, [key])).values()
    return any(all(row.bears(*pair) for pair in one.items()) for row in found for one in place.rule.staff)


async def _name(session: Session, place: Place, key: Key) -> str | None:
    if not place.rule.name:
        return None
    parts = await rows.contents(session, place, key, place.rule.name)
    return " ".join(" ".join(str(part) for part in parts if part is not None).split()) or None
