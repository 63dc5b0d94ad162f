"""Which rows are the person's: from the roots down the links, computed by the database, whatever the links' shape.

Each personal table becomes a common table expression of its carried columns: plain where the links form a tree or a
lattice, recursive where tables lead to themselves or to each other. UNION makes both finite and free of doubles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array

from activities.connectors.sql.keys import Key
from activities.connectors.sql.shape import Place, Reference, Shape

POSITION = "position of the key"  # no column has such a name
Sets = Mapping[str, sa.CTE]


Roots = Mapping[str, Sequence[Key] | None]
"""The keys of roots by table; None for those that come with the execution: see `handed_in`."""


def given_keys(place: Place, keys: Sequence[Key] | None, name: str = "given") -> sa.Subquery:
    """Keys handed in as parameters: the key's columns under their names, and `POSITION`, from 1.

    Without keys they come with the execution: see `handed_in`.
    """
    texts = [
        sa.bindparam(f"{name}_{n}", type_=ARRAY(sa.Text))
        if keys is None
        else sa.bindparam(None, [key[n] for key in keys], ARRAY(sa.Text))
        for n in range(len(place.key))
    ]
    labels = [f"k{n}" for n in range(len(place.key))]
    rows = sa.func.unnest(*texts).table_valued(*labels, with_ordinality="n", name=f"{name}_texts").render_derived()
    typed = [
        sa.cast(rows.c[label], place.type(column)).label(column)
        for label, column in zip(labels, place.key, strict=True)
    ]
    return sa.select(*typed, rows.c["n"].label(POSITION)).subquery(name)


def handed_in(place: Place, keys: Sequence[Key], name: str = "given") -> dict[str, list[str]]:
    """The parameters of a statement with `given_keys` that were not said there."""
    return {f"{name}_{n}": [key[n] for key in keys] for n in range(len(place.key))}


def roots_handed_in(shape: Shape, roots: Mapping[str, Sequence[Key]]) -> dict[str, list[str]]:
    """The parameters of a statement with `person_sets` whose roots were not said there."""
    given: dict[str, list[str]] = {}
    for name, keys in roots.items():
        given |= handed_in(shape.places[name], keys, _named(shape.places[name]))
    return given


def _named(place: Place) -> str:
    return f"roots{place.number}"


def same_key(place: Place, other: sa.FromClause) -> sa.ColumnElement[bool]:
    """The row's key equals the other's."""
    return sa.and_(*(place.column(name) == other.c[name] for name in place.key))


def person_sets(shape: Shape, roots: Roots, wanted: Iterable[str]) -> dict[str, sa.CTE]:
    """The person's rows in the wanted tables (and those above them), each as a CTE of carried columns."""
    needed = _with_ancestors(shape, wanted)
    sets: dict[str, sa.CTE] = {}
    for number, group in enumerate(shape.groups):
        if not needed.intersection(group):
            continue
        places = [shape.places[name] for name in group]
        if len(group) == 1 and not any(link.target == group[0] for link in places[0].links):
            sets[group[0]] = _plain(places[0], roots, sets)
        else:
            sets.update(_recursive(number, places, roots, sets))
    return sets


def _with_ancestors(shape: Shape, wanted: Iterable[str]) -> set[str]:
    needed: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo += [link.target for link in shape.places[name].links]
    return needed


def _entries(place: Place, roots: Roots, sets: Sets, columns: Sequence[sa.ColumnElement[Any]]) -> list[sa.Select[Any]]:
    """The ways into a table from outside its group: as a root, or by a link from a set that is known already."""
    ways: list[sa.Select[Any]] = []
    mine = roots.get(place.name, ())
    if mine is None or mine:
        keys = given_keys(place, mine, _named(place))
        ways.append(sa.select(*columns).select_from(place.clause.join(keys, same_key(place, keys))))
    for link in place.links:
        if link.target in sets:
            parent = sets[link.target]
            ways.append(sa.select(*columns).select_from(place.clause.join(parent, leads(place, link, parent))))
    return ways or [sa.select(*columns).where(sa.false())]


def leads(place: Place, reference: Reference, target: sa.FromClause) -> sa.ColumnElement[bool]:
    """The reference's columns equal the target's."""
    pairs = zip(reference.columns, reference.target_columns, strict=True)
    return sa.and_(*(place.column(own) == target.c[theirs] for own, theirs in pairs))


def _plain(place: Place, roots: Roots, sets: Sets) -> sa.CTE:
    columns = [place.column(name) for name in place.carried]
    ways = _entries(place, roots, sets, columns)
    rows = sa.union(*ways) if len(ways) > 1 else ways[0].distinct()
    return rows.cte(f"person{place.number}")


def _recursive(number: int, places: Sequence[Place], roots: Roots, sets: Sets) -> dict[str, sa.CTE]:
    """All tables of a cycle in one recursive walk of (table, carried values as texts)."""
    outside = {name: cte for name, cte in sets.items() if name not in {place.name for place in places}}
    starts = [
        way
        for place in places
        for way in _entries(place, roots, outside, [sa.literal(place.number).label("t"), _texts(place)])
    ]
    start = sa.union_all(*starts).subquery(f"start{number}")
    walk = sa.select(start.c.t, start.c.v).cte(f"walk{number}", recursive=True)
    inside = {place.name: place for place in places}
    steps = [
        sa.select(sa.literal(place.number).label("t"), _texts(place)).where(_comes_from(walk, place, link, inside))
        for place in places
        for link in place.links
        if link.target in inside
    ]
    step = sa.union_all(*steps).lateral(f"step{number}")
    walk = walk.union(sa.select(step.c.t, step.c.v).select_from(sa.join(walk, step, sa.true())))
    return {place.name: _typed(walk, place) for place in places}


def _texts(place: Place) -> sa.Label[Any]:
    texts: list[sa.ColumnElement[str]] = [sa.cast(place.column(name), sa.Text) for name in place.carried]
    return array(texts).label("v")


def _value(walk: sa.CTE, place: Place, column: str) -> sa.ColumnElement[Any]:
    return sa.cast(walk.c.v[place.carried.index(column) + 1], place.type(column))


def _comes_from(walk: sa.CTE, place: Place, link: Reference, inside: Mapping[str, Place]) -> sa.ColumnElement[bool]:
    """The cast is kept inside the CASE: a row of another table holds texts of other types in the same place."""
    parent = inside[link.target]
    return sa.and_(
        *(
            place.column(own) == sa.case((walk.c.t == parent.number, _value(walk, parent, theirs)))
            for own, theirs in zip(link.columns, link.target_columns, strict=True)
        )
    )


def _typed(walk: sa.CTE, place: Place) -> sa.CTE:
    mine = walk.c.t == place.number
    columns = [sa.case((mine, _value(walk, place, name))).label(name) for name in place.carried]
    return sa.select(*columns).where(mine).cte(f"person{place.number}")
