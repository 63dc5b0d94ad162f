"""Which rows are the person's: from the roots down the links, breadth first, whatever the links' shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from activities.connectors.sql.keys import Key
from activities.connectors.sql.shape import Place, Reference, Shape
from activities.connectors.sql_portable import rows, values
from activities.connectors.sql_portable.rows import Texts
from activities.connectors.sql_portable.session import Session

Person = dict[str, dict[Key, Texts]]
"""The person's rows by table: the columns that lead on from them, or up from them."""
Values = tuple[str | None, ...]


def leading(place: Place) -> tuple[str, ...]:
    """Columns by which a row leads anywhere."""
    return tuple(dict.fromkeys((*place.carried, *(name for one in place.references for name in one.columns))))


def is_enforced(shape: Shape, place: Place, reference: Reference) -> bool:
    """The reference is a foreign key too: then what the database calls equal is so, its collation included."""
    pairs = set(zip(reference.columns, reference.target_columns, strict=True))
    return any(
        key.table == place.name
        and key.schema == shape.schema.name
        and set(zip(key.columns, key.target_columns, strict=True)) == pairs
        for key in shape.pointing_at(reference.target)
    )


def of_row(place: Place, names: Sequence[str], texts: Texts) -> Values | None:
    """The values of these columns in a form that compares equal; None if one is missing."""
    found = tuple(
        values.canonical(place.table.columns[name], text) for name in names if (text := texts[name]) is not None
    )
    return found if len(found) == len(names) else None


async def person(session: Session, roots: Mapping[str, Sequence[Key]]) -> Person:
    """All rows of the person; roots that do not exist are left out."""
    shape = session.shape
    found: Person = {name: {} for name in shape.places}
    todo: list[tuple[Place, list[Texts]]] = []
    for name, keys in roots.items():
        place = shape.places[name]
        fresh = await _by_keys(session, place, keys)
        found[name].update(fresh)
        todo.append((place, list(fresh.values())))
    while todo:
        parent, above = todo.pop(0)
        for place in shape.places.values():
            for link in place.links:
                if link.target == parent.name and above:
                    below = await children(session, place, link, parent, above)
                    fresh = {key: texts for key, texts in below.items() if key not in found[place.name]}
                    found[place.name].update(fresh)
                    todo.append((place, list(fresh.values())))
    return found


async def _by_keys(session: Session, place: Place, keys: Sequence[Key]) -> dict[Key, Texts]:
    found: dict[Key, Texts] = {}
    for batch in rows.batches(list(dict.fromkeys(keys))):
        wanted = set(batch)
        for texts in await rows.leads(session, place, leading(place), rows.equal_to(place, place.key, batch)):
            key = rows.key_of(place, texts)
            if key in wanted:
                found[key] = texts
    return found


async def children(
    session: Session, place: Place, link: Reference, parent: Place, above: Sequence[Texts]
) -> dict[Key, Texts]:
    """Rows whose link leads to one of these: asked for by value, and compared exactly where no foreign key says so."""
    wanted = {own for texts in above if (own := of_row(parent, link.target_columns, texts)) is not None}
    given = list(dict.fromkeys(_raw(link.target_columns, texts) for texts in above))
    given = [one for one in given if None not in one]
    found: dict[Key, Texts] = {}
    trusted = is_enforced(session.shape, place, link)
    for batch in rows.batches(given):
        for texts in await rows.leads(session, place, leading(place), rows.equal_to(place, link.columns, batch)):
            if trusted or of_row(place, link.columns, texts) in wanted:
                found[rows.key_of(place, texts)] = texts
    return found


def _raw(names: Sequence[str], texts: Texts) -> Values:
    return tuple(texts[name] for name in names)


async def above(session: Session, place: Place, reference: Reference, own: Sequence[Texts]) -> dict[Values, list[Key]]:
    """Rows that these lead to, by the values that lead there (as `of_row` has them)."""
    parent = session.shape.places[reference.target]
    found: dict[Values, list[Key]] = {}
    by_value = {led: texts for texts in own if (led := of_row(place, reference.columns, texts)) is not None}
    for batch in rows.batches(list(by_value.values())):
        given = [_raw(reference.columns, texts) for texts in batch]
        condition = rows.equal_to(parent, reference.target_columns, given)
        for theirs in await rows.leads(session, parent, reference.target_columns, condition):
            led = of_row(parent, reference.target_columns, theirs)
            if led is not None:
                found.setdefault(led, []).append(rows.key_of(parent, theirs))
    if is_enforced(session.shape, place, reference):
        for led, texts in by_value.items():
            if led not in found:  # equal by the collation only
                condition = rows.equal_to(parent, reference.target_columns, [_raw(reference.columns, texts)])
                others = await rows.leads(session, parent, (), condition)
                found[led] = [rows.key_of(parent, each) for each in others]
    return found
