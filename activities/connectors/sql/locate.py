"""Find a person: rows that bear an identifier, and from them up to the accounts they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.keys import Key, encode
from activities.connectors.sql.marks import bears as holds
from activities.connectors.sql.matching import FORMS, bears, found_form, identifier_of, says_proven, sought
from activities.connectors.sql.shape import Place, Shape, Statement
from activities.connectors.sql.walk import given_keys, handed_in, leads, person_sets, roots_handed_in, same_key
from habeas.connector import Located, Match
from habeas.datamap import IdentifierRule
from habeas.errors import Quarantine
from habeas.model import Identifier

MATCHES_MAX = 50
YIELDS_MAX = 200


Borne = Mapping[Identifier, bool]
"""Identifiers, each with whether some row bears it that does not say that nobody has proven it."""


@dataclass(slots=True)
class Bearers:
    """Rows on the way up, and by which identifiers each was reached."""

    by: dict[tuple[str, Key], dict[Identifier, bool]] = field(default_factory=dict)

    def add(self, table: str, key: Key, identifiers: Borne) -> bool:
        """True if this says anything new."""
        known = self.by.setdefault((table, key), {})
        before = dict(known)
        known.update({one: proven or known.get(one, False) for one, proven in identifiers.items()})
        if len(self.by) > MATCHES_MAX * 4:
            raise Quarantine("An identifier is borne by too many rows to be one person's.")
        return known != before


def unproven(by: Borne, yields: Borne) -> tuple[Identifier, ...]:
    """Of what a record was found by and yields, what no row of it bears proven."""
    sure = {one for borne in (by, yields) for one, proven in borne.items() if proven}
    return tuple(one for one in dict.fromkeys((*by, *yields)) if one not in sure)


async def locate(connection: AsyncConnection, shape: Shape, identifiers: Sequence[Identifier]) -> Located:
    """Every root that bears one of the identifiers itself or through a row below it.

    Raises:
        Quarantine: more than 50 of them: that is no person.
    """
    roots = await find_roots(connection, shape, identifiers)
    matches = []
    for (table, key), by in roots.items():
        place = shape.places[table]
        yields = await _yields(connection, shape, place, key)
        matches.append(
            Match(
                collection=table,
                key=encode(place, key),
                found_by=tuple(by),
                yields=tuple(yields),
                unproven=unproven(by, yields),
                name=await _name(connection, shape, place, key) or None,
                staff=await _is_staff(connection, shape, place, key),
            )
        )
    return Located(matches=tuple(matches))


async def find_roots(
    connection: AsyncConnection, shape: Shape, identifiers: Sequence[Identifier]
) -> dict[tuple[str, Key], Borne]:
    """Roots, in the order of the tables and keys, with the identifiers that led there."""
    found, roots = Bearers(), Bearers()
    todo: list[tuple[str, Key]] = []
    for place in shape.places.values():
        for rule in place.rule.identifiers:
            for key, by in await _bearers(connection, shape, place, rule, identifiers):
                if found.add(place.name, key, by):
                    todo.append((place.name, key))
    while todo:
        table, key = todo.pop()
        borne = dict(found.by[table, key])
        parents = await _parents(connection, shape, shape.places[table], key)
        todo += [parent for parent in parents if found.add(*parent, borne)]
        if not parents:
            roots.add(table, key, borne)
    return in_order_of_tables(shape, roots)


def in_order_of_tables(shape: Shape, roots: Bearers) -> dict[tuple[str, Key], Borne]:
    """Roots by table and key, unless they are too many to be one person's."""
    if len(roots.by) > MATCHES_MAX:
        raise Quarantine(f"More than {MATCHES_MAX} records bear one of the identifiers.")
    order = sorted(roots.by, key=lambda root: (shape.places[root[0]].number, encode(shape.places[root[0]], root[1])))
    return {root: roots.by[root] for root in order}


async def _bearers(
    connection: AsyncConnection, shape: Shape, place: Place, rule: IdentifierRule, identifiers: Sequence[Identifier]
) -> list[tuple[Key, Borne]]:
    forms = sought(rule, place.table.columns[rule.column], identifiers)
    if not forms:
        return []

    def build() -> Statement:
        return (
            sa.select(*place.key_texts(), found_form(place, rule).label("form"), _proof(place, rule).label("proof"))
            .where(bears(place, rule))
            .order_by(*(place.column(name) for name in place.key))
            .limit(MATCHES_MAX * 4 + 1)
        )

    query = shape.statement(("bearers", place.name, rule), build)
    rows = (await connection.execute(query, {FORMS: list(forms)})).all()
    return [
        (
            tuple(row[:-2]),
            dict.fromkeys(forms.get(row.form) or _same_to_the_column(forms, row.form), says_proven(rule, row.proof)),
        )
        for row in rows
    ]


def _proof(place: Place, rule: IdentifierRule) -> sa.ColumnElement[str | None]:
    """What says whether an identifier is proven, if anything does."""
    return sa.cast(place.column(rule.proven) if rule.proven else sa.null(), sa.Text)


def _same_to_the_column(forms: dict[str, list[Identifier]], value: str) -> list[Identifier]:
    """For types with an equality of their own (citext, char(n)): the form that the database found equal."""
    equal = [ids for form, ids in forms.items() if form.casefold().rstrip() == value.casefold().rstrip()]
    return [one for ids in equal or forms.values() for one in ids]


async def _parents(connection: AsyncConnection, shape: Shape, place: Place, key: Key) -> list[tuple[str, Key]]:
    """The rows that this one belongs to and that exist. None above an account of a person."""
    if place.rule.person:
        return []
    found: dict[tuple[str, Key], None] = {}
    child = given_keys(place, [key])
    for link in place.links:
        parent = shape.places[link.target]
        above = parent.clause.alias("above")
        texts = [sa.cast(above.c[name], sa.Text) for name in parent.key]
        rows = place.clause.join(child, same_key(place, child)).join(above, leads(place, link, above))
        query = sa.select(*texts).select_from(rows).order_by(*texts).limit(MATCHES_MAX + 1)
        for row in await connection.execute(query):
            if (parent.name, tuple(row)) != (place.name, key):
                found[parent.name, tuple(row)] = None
    return list(found)


async def _yields(connection: AsyncConnection, shape: Shape, root: Place, key: Key) -> Borne:
    """All identifiers on the root's own row and on the rows below it."""
    found: dict[Identifier, bool] = {}
    for place in shape.places.values():
        rules = place.rule.identifiers
        if not rules:
            continue
        query = shape.statement(("yields", root.name, place.name), partial(_yielding, shape, root, place))
        for row in await connection.execute(query, roots_handed_in(shape, {root.name: [key]})):
            for rule, value, proof in zip(rules, row[::2], row[1::2], strict=True):
                identifier = identifier_of(rule, value)
                if identifier:
                    found[identifier] = found.get(identifier, False) or says_proven(rule, proof)
        if len(found) > YIELDS_MAX:
            raise Quarantine(f"More than {YIELDS_MAX} identifiers hang on one record.")
    return found


def _yielding(shape: Shape, root: Place, place: Place) -> Statement:
    """Identifiers in one table, of a root that is handed in."""
    mine = person_sets(shape, {root.name: None}, [place.name])[place.name]
    values = [
        value
        for rule in place.rule.identifiers
        for value in (sa.cast(place.column(rule.column), sa.Text), _proof(place, rule))
    ]
    rows = place.clause.join(mine, same_key(place, mine))
    query = sa.select(*values).select_from(rows).order_by(*(place.column(name) for name in place.key))
    return query.limit(YIELDS_MAX + 1)


async def _is_staff(connection: AsyncConnection, shape: Shape, place: Place, key: Key) -> bool:
    if not place.rule.staff:
        return False

    def build() -> Statement:
        given = given_keys(place, None)
        conditions = [sa.and_(*(holds(place, *pair) for pair in one.items())) for one in place.rule.staff]
        return sa.select(sa.or_(*conditions)).select_from(place.clause.join(given, same_key(place, given)))

    return bool(await connection.scalar(shape.statement(("staff", place.name), build), handed_in(place, [key])))


async def _name(connection: AsyncConnection, shape: Shape, place: Place, key: Key) -> str | None:
    if not place.rule.name:
        return None

    def build() -> Statement:
        given = given_keys(place, None)
        parts = sa.func.concat_ws(" ", *(sa.cast(place.column(name), sa.Text) for name in place.rule.name))
        return sa.select(parts).select_from(place.clause.join(given, same_key(place, given)))

    name: str | None = await connection.scalar(shape.statement(("name", place.name), build), handed_in(place, [key]))
    return " ".join(name.split()) if name else None
