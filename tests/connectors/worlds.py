"""Databases that nobody thought of: Hypothesis draws tables, keys, links and mess; here is whose each row is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st

from habeas.connector import Treatment

ROWS = 5
ME = "ann@x.org"
MINE = (ME, " Ann@X.org", "ANN@x.org ", "ann+news@x.org")
"""Hers by ``match = "plus"``, as people and imports write it."""
NOT_MINE = ("bo@x.org", "ann@x.org.dk", "joann@x.org", "a_n@x.org", "a%@x.org", "ann@x", "+ann@x.org", "", None)
"""Somebody else's, whatever is like it: blanks and wildcards are text, and NULL is nobody."""
NOWHERE = 99
HALF = -1
"""One column of a link of two, and NULL: it leads nowhere (MATCH SIMPLE)."""
Place = tuple[str, int]
"""A table, and the number of a row in it."""


class KeyShape(StrEnum):
    """How rows are told apart."""

    ONE = "one"
    TWO = "two"
    UNIQUE = "unique"
    """Two columns, unique and never null, and no primary key: the map names them."""


@dataclass(frozen=True)
class Link:
    """Columns ``l<n>…`` of a table lead to another one, by a foreign key or without."""

    target: str
    belongs: bool
    foreign: bool
    on_delete: str = "NO ACTION"


@dataclass(frozen=True)
class Row:
    """What its links hold (numbers of rows of the target, `NOWHERE`, `HALF` or None), and its day."""

    links: tuple[int | None, ...]
    day: str | None


@dataclass(frozen=True)
class Table:
    """One table, and what its map says."""

    key: KeyShape
    links: tuple[Link, ...]
    rows: tuple[Row, ...]
    erase: Treatment
    after: Treatment = Treatment.DELETE
    shared: str = "erase"
    """``erase``, or the law by which what is another's too stays."""


@dataclass(frozen=True)
class World:
    """A table of people, and others below them."""

    people: tuple[str | None, ...]
    """The address of each account."""
    tables: dict[str, Table]

    def accounts(self) -> set[int]:
        """Hers."""
        return {number for number, email in enumerate(self.people) if email in MINE}

    def mine(self) -> set[Place]:
        """Her rows, by the definition: the least set that the links close."""
        mine: set[Place] = {("people", number) for number in self.accounts()}
        while True:
            more = {place for place, targets in self.owners() if targets & mine and place not in mine}
            if not more:
                return mine
            mine |= more

    def owners(self) -> Iterator[tuple[Place, set[Place]]]:
        """Each row, and the rows that are there to which it belongs."""
        there = {("people", number) for number in range(len(self.people))}
        there |= {(name, number) for name, table in self.tables.items() for number in range(len(table.rows))}
        for name, table in self.tables.items():
            for number, row in enumerate(table.rows):
                led = zip(table.links, row.links, strict=True)
                targets = {(link.target, value) for link, value in led if link.belongs and value is not None}
                yield (name, number), targets & there

    def others_too(self) -> set[Place]:
        """Of her rows, those that are another's as well and stay by a law. No address: nobody."""
        mine = self.mine()
        nobody = {("people", number) for number, email in enumerate(self.people) if email is None}
        return {
            place
            for place, targets in self.owners()
            if place in mine and targets - mine - nobody and self.tables[place[0]].shared != "erase"
        }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any of them: some account is hers."""
    everybody = draw(st.lists(st.sampled_from(NOT_MINE), min_size=1, max_size=3))
    people = draw(st.permutations([*draw(st.lists(st.sampled_from(MINE), min_size=1, max_size=2)), *everybody]))
    names = [f"t{number}" for number in range(draw(st.integers(1, 4)))]
    sizes = {name: draw(st.sampled_from([0, *range(2, ROWS + 1)])) for name in names} | {"people": len(people)}
    shapes = {name: draw(st.sampled_from(KeyShape)) for name in names} | {"people": KeyShape.ONE}
    tables = {}
    for name in names:
        links = draw(_links(name, names))
        values = st.tuples(*(_values(link, sizes[link.target], shapes[link.target]) for link in links))
        days = st.sampled_from(["2025-01-01", "1990-01-01", None])
        rows = draw(st.lists(st.builds(Row, values, days), min_size=sizes[name], max_size=sizes[name]))
        tables[name] = Table(
            key=shapes[name],
            links=links,
            rows=tuple(rows),
            erase=draw(st.sampled_from([Treatment.DELETE, Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN])),
            after=draw(st.sampled_from([Treatment.DELETE, Treatment.ANONYMISE])),
            shared=draw(st.sampled_from(["erase", "GDPR 17(3)(a)"])),
        )
    return World(tuple(people), tables)


@st.composite
def _links(draw: st.DrawFn, name: str, names: list[str]) -> tuple[Link, ...]:
    """The first leads up, so that every table can be reached; the others anywhere, to itself and in rings too."""
    above = ["people", *names[: names.index(name)]]
    deletes = st.sampled_from(["NO ACTION", "RESTRICT", "CASCADE", "SET NULL"])
    first = draw(st.builds(Link, st.sampled_from(above), st.just(True), st.booleans(), deletes))
    anything = st.builds(Link, st.sampled_from(["people", *names]), st.booleans(), st.booleans(), deletes)
    return (first, *draw(st.lists(anything, min_size=draw(st.sampled_from([0, 1, 1])), max_size=2)))


def _values(link: Link, size: int, shape: KeyShape) -> st.SearchStrategy[int | None]:
    ways: list[int | None] = [*range(size)] * 2 + [None]
    ways += [HALF] if shape is not KeyShape.ONE else []
    ways += [] if link.foreign else [NOWHERE]
    return st.sampled_from(ways)


def key_of(shape: KeyShape, number: int) -> tuple[str, ...]:
    """A row's key as SQL literals."""
    return (str(number),) if shape is KeyShape.ONE else (str(number // 2), f"'k{number % 2}'")


def number_of(key: tuple[str, ...]) -> int:
    """The number of the row whose key these texts are."""
    return int(key[0]) if len(key) == 1 else int(key[0]) * 2 + int(key[1].removeprefix("k"))


def shape_of(world: World, name: str) -> KeyShape:
    """How rows of a table are told apart."""
    return world.tables[name].key if name in world.tables else KeyShape.ONE


def key_columns(shape: KeyShape) -> tuple[str, ...]:
    """Names, as in the table."""
    return ("id",) if shape is KeyShape.ONE else ("a", "b")


def link_columns(world: World, number: int, link: Link) -> tuple[str, ...]:
    """Names of the columns of a table's link of this number."""
    return tuple(f"l{number}{name}" for name in key_columns(shape_of(world, link.target)))


def ddl(world: World) -> str:
    """The database: a schema of its own, made anew."""
    lines = ["DROP SCHEMA public CASCADE; CREATE SCHEMA public", "CREATE TABLE people (id int PRIMARY KEY, email text)"]
    lines += [
        f"INSERT INTO people VALUES ({number}, {_literal(email)})"  # noqa: S608  drawn above
        for number, email in enumerate(world.people)
    ]
    for name, table in world.tables.items():
        lines.append(_created(world, name, table))
        lines += [_inserted(world, name, table, number) for number in range(len(table.rows))]
    for name, table in world.tables.items():
        lines += [
            f"ALTER TABLE {name} ADD FOREIGN KEY ({', '.join(link_columns(world, number, link))}) REFERENCES "
            f"{link.target} ({', '.join(key_columns(shape_of(world, link.target)))}) ON DELETE {link.on_delete}"
            for number, link in enumerate(table.links)
            if link.foreign
        ]
    return ";\n".join(lines)


def _literal(text: str | None) -> str:
    return "NULL" if text is None else f"'{text}'"


def _created(world: World, name: str, table: Table) -> str:
    own = {KeyShape.ONE: "id int PRIMARY KEY", KeyShape.TWO: "a int, b text, PRIMARY KEY (a, b)"}
    key = own.get(table.key, "a int NOT NULL, b text NOT NULL, UNIQUE (a, b)")
    columns = [
        f"{column} {'text' if column.endswith('b') else 'int'}"
        for number, link in enumerate(table.links)
        for column in link_columns(world, number, link)
    ]
    return f"CREATE TABLE {name} ({', '.join([key, 'day date', 'said text NOT NULL', *columns])})"


def _inserted(world: World, name: str, table: Table, number: int) -> str:
    row = table.rows[number]
    values = [*key_of(table.key, number), _literal(row.day), f"'{name} {number}'"]
    for link, value in zip(table.links, row.links, strict=True):
        shape = shape_of(world, link.target)
        if value is None or value == HALF:
            values += ["NULL"] if shape is KeyShape.ONE else ["0" if value == HALF else "NULL", "NULL"]
        else:
            values += key_of(shape, value)
    columns = [*key_columns(table.key), "day", "said"]
    columns += [column for n, link in enumerate(table.links) for column in link_columns(world, n, link)]
    return f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(values)})"  # noqa: S608  drawn above


def data_map(world: World) -> str:
    """The map of all of it."""
    text = """
[tables.people]
category = "c"
person = true
erase = "delete"
identifiers = [{ column = "email", kind = "email", match = "plus" }]
columns = { id = "keep", email = "null" }
"""
    return text + "".join(_mapped(world, name, table) for name, table in world.tables.items())


def _mapped(world: World, name: str, table: Table) -> str:
    belongs, columns = [], dict.fromkeys([*key_columns(table.key), "day"], "keep") | {"said": "redact"}
    for number, link in enumerate(table.links):
        own = link_columns(world, number, link)
        pairs = zip(own, key_columns(shape_of(world, link.target)), strict=True)
        if link.belongs:
            joined = ", ".join(f'{mine} = "{theirs}"' for mine, theirs in pairs)
            belongs.append(f'{{ table = "{link.target}", columns = {{ {joined} }} }}')
        # Every ring of foreign keys has a way out.
        columns |= dict.fromkeys(own, "null")
    lines = [f"[tables.{name}]", 'category = "c"', f'erase = "{table.erase}"', f"belongs = [{', '.join(belongs)}]"]
    if table.key is KeyShape.UNIQUE:
        lines.append('key = ["a", "b"]')
    if table.erase is Treatment.RETAIN:
        lines += ['retention = { law = "Some Act", years = 5, from = "day" }', f'after = "{table.after}"']
    lines.append('shared = "erase"' if table.shared == "erase" else f'shared = {{ law = "{table.shared}" }}')
    written = ", ".join(f'{column} = "{effect}"' for column, effect in columns.items())
    return "\n".join([*lines, f"columns = {{ {written} }}", ""])
