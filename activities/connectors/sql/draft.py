"""Draft a data map by reflection. Facts are written as such; a guess begins with a "?" until a human takes it out."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence

from activities.connectors.sql.draft_changes import changes, rectifiable
from activities.connectors.sql.effects import takes
from activities.connectors.sql.schema import Column, ForeignKey, Schema, Table
from activities.connectors.sql.session import is_portable, schema_of
from habeas.datamap import ColumnRule, DataMap, Effect, parse_map
from habeas.datamap.looks import looks_derived, looks_like
from habeas.phrases import Part, spoken

_PEOPLE = re.compile(
    r"(^|_)(users?|customers?|contacts?|people|persons?|members?|clients?|patients?|employees?|subscribers?|leads?)$"
)
_IDENTIFIERS = (
    (re.compile(r"(^|_)e?_?mail(_?address)?$"), "email", "plus"),
    (re.compile(r"(^|_)(phone|mobile|tel|telephone|fax)(_?(no|number))?$"), "phone", "phone"),
    (re.compile(r"^(customer|client|member|account)_(no|number)$"), "customer_number", "exact"),
)
_PERSONAL = re.compile(
    r"(^|_)(first|last|full|given|family|middle|nick|display|user|contact|holder)?_?name$|mail|phone|mobile|street|address"
    r"|city|zip|postal|birth|(^|_)ip(_|$)|user_agent|signature|ssn|passport|iban|gender|salutation|avatar|photo|payer"
)
_SECRET = re.compile(r"password|passwd|secret|token|api_key|salt|otp|hash$")
_FREE_TEXT = re.compile(
    r"(^|_)(notes?|body|comments?|message|description|text|remarks?|memo|bio|details|reason|subject)$"
)
_PERSONAL_TYPES = ("bytea", "json", "jsonb", "inet")
_NAMES = ("first_name", "given_name", "middle_name", "last_name", "family_name", "full_name", "name")
_MEDIA_TYPES = ("content_type", "media_type", "mime_type")
_FILE_NAMES = ("filename", "file_name", "name")
_OWN = "en"
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def draft_map(url: str, system: str, schema: str = "public", languages: Sequence[str] = ()) -> str:
    """A data map of a database's schema as TOML, to be reviewed by people. Not from inside an event loop.

    Args:
        url: the database.
        system: the system's name.
        schema: which schema of it.
        languages: those that people are answered in; each gets a place for the words.

    Raises:
        ConfigurationError: not the address of a database.
        Transient, Terminal: the database does not answer, or refuses.
    """
    return asyncio.run(draft(url, system, schema, languages))


async def draft(url: str, system: str, schema: str = "public", languages: Sequence[str] = ()) -> str:
    """As `draft_map`, from inside an event loop."""
    if is_portable(url):
        from activities.connectors.sql_portable.check import draft as draft_portable  # built on this module

        return await draft_portable(url, system, schema, languages)
    data_map = DataMap.model_validate({"system": system, "schema": schema})
    return write(await schema_of(data_map, url), system, languages)


def write(schema: Schema, system: str, languages: Sequence[str] = (), *, says_schema: bool = True) -> str:
    """The text of the draft. Pure."""
    guesses = _Guesses(schema)
    lines = [
        "# A draft. What begins with a question mark is a guess: decide it, and take the mark away.",
        f"# `habeas system map check {system}` names what is left to decide.",
        f"system = {_quoted(system)}",
        f"title = {_quoted('?' + system)}",
        f"language = {_quoted('?' + _OWN)}  # guess: of all in this file that people read",
        f"languages = [{', '.join(map(_quoted, languages))}]  # those that people are answered in",
        *([f"schema = {_quoted(schema.name)}"] if says_schema else []),
    ]
    if schema.others:
        lines += ["", "[other_schemas]  # each: why it may be left out, or which other system maps it"]
        lines += [f'{_key(name)} = "?"' for name in schema.others]
    for name, table in schema.tables.items():
        lines += ["", *(guesses.personal(table) if name in guesses.people | guesses.below else _impersonal(table))]
    text = "\n".join(lines) + "\n"
    return text + "".join(_words(parse_map(text), language) for language in languages if language != _OWN)


def _words(data_map: DataMap, language: str) -> str:
    """A place for the words of each table and column; what else people read is not decided yet."""
    phrases = dict.fromkeys(
        one.phrase for one in spoken(data_map.manifest()) if one.collection and one.part in (Part.TITLE, Part.LABEL)
    )
    lines = [f'{_key(phrase)} = "?"' for phrase in phrases]
    return "\n".join(["", f"[words.{language}]", *lines, ""])


def _impersonal(table: Table) -> Iterator[str]:
    yield f"[tables.{_key(table.name)}]"
    yield 'personal = "?false"  # guess: nothing in it looks like a person, and no link leads to one'
    yield 'because = "?"'


class _Guesses:
    """What the names and the foreign keys suggest."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.people = {name for name, table in schema.tables.items() if self._looks_like_people(table)}
        self.below: set[str] = set()
        self.keys = [key for key in schema.foreign_keys if key.schema == key.target_schema == schema.name]
        self.keys += [key for table in schema.tables.values() for key in self._unspoken(table)]
        keys = self.keys
        while (
            more := {
                key.table for key in keys if key.target in self.people | self.below and key.table not in self.below
            }
            - self.people
        ):
            self.below |= more
        self.below |= {
            name
            for name, table in schema.tables.items()
            if name not in self.people and any(_PERSONAL.search(column) for column in table.columns if column != "name")
        }

    def _looks_like_people(self, table: Table) -> bool:
        if table.kind not in ("r", "p"):
            return False
        reached = any(_identifier(column)[0] == "email" for column in table.columns)
        named = any(column in _NAMES or column.endswith("_name") for column in table.columns)
        return bool(_PEOPLE.search(table.name)) or (reached and named)

    def personal(self, table: Table) -> Iterator[str]:
        """The lines of a table that seems to hold people's data."""
        yield f"[tables.{_key(table.name)}]"
        yield 'category = "?"  # a data category of the policy'
        if table.name in self.people:
            yield 'person = "?true"  # guess: each row is an account of a person'
            names = [column for column in _NAMES if column in table.columns]
            if names:
                yield f"name = [{', '.join(_quoted('?' + name) for name in names)}]  # guess"
        if not table.primary_key:
            yield 'key = ["?"]  # it has no primary key: columns that are unique together and never null'
        yield 'erase = "?delete"  # guess: delete | anonymise | retain'
        yield from self._links(table)
        yield from self._identifiers(table)
        yield from self._file(table)
        yield from changes(table)
        yield f"[tables.{_key(table.name)}.columns]"
        for column in table.columns.values():
            yield f"{_key(column.name)} = {self._column(table, column)}"

    def _links(self, table: Table) -> Iterator[str]:
        known = self.people | self.below
        keys = [key for key in self._keys(table) if key.target in known]
        if keys:
            yield "belongs = ["
            for key in keys:
                pairs = zip(key.columns, key.target_columns, strict=True)
                columns = ", ".join(f"{_key(own)} = {_quoted(theirs)}" for own, theirs in pairs)
                yield f"  {{ table = {_quoted('?' + key.target)}, columns = {{ {columns} }} }},  # guess: {key.name}"
            yield "]"
            if len(keys) > 1:
                # Whose a message or a comment is, no reflection tells.
                yield 'shared = { law = "?" }  # by what a row stays that is another person\'s too; or shared = "erase"'
        elif table.name not in self.people and not any(_identifier(column)[0] for column in table.columns):
            yield 'belongs = ["?"]  # { table = "…", columns = { … } }: by what a row is a person\'s'

    def _keys(self, table: Table) -> list[ForeignKey]:
        return [key for key in self.keys if key.table == table.name]

    def _unspoken(self, table: Table) -> Iterator[ForeignKey]:
        """Columns named after another table's key, without a foreign key: ``notes.contact_id``."""
        spoken = {column for key in self.keys if key.table == table.name for column in key.columns}
        home = self.schema.name
        for column in table.columns.values():
            for target in self.schema.tables.values() if column.name not in spoken else ():
                key = target.primary_key
                stems = {target.name, target.name.removesuffix("s"), target.name.removesuffix("es")}
                forms = [rf"(^|_){re.escape(stem)}_{re.escape(key[0])}$" for stem in stems if len(key) == 1]
                named = any(re.search(form, column.name) for form in forms)
                if named and target.columns[key[0]].base == column.base:
                    why = "by its name only"
                    yield ForeignKey(why, home, table.name, (column.name,), home, target.name, key, "a", False)

    def _identifiers(self, table: Table) -> Iterator[str]:
        found = [
            (column.name, *_identifier(column.name))
            for column in table.columns.values()
            if column.category == "S" and _identifier(column.name)[0]
        ]
        if found:
            yield "identifiers = ["
            for name, kind, match in found:
                ways = f"kind = {_quoted(kind)}, match = {_quoted(match)}"
                yield f"  {{ column = {_quoted('?' + name)}, {ways} }},  # guess"
            yield "]"

    def _file(self, table: Table) -> Iterator[str]:
        content = next((column.name for column in table.columns.values() if column.base == "bytea"), None)
        if content:
            parts = [f"content = {_quoted('?' + content)}"]
            for key, names in (("name", _FILE_NAMES), ("media_type", _MEDIA_TYPES)):
                named = next((name for name in names if name in table.columns), None)
                parts += [f"{key} = {_quoted('?' + named)}"] if named else []
            yield f"file = {{ {', '.join(parts)} }}  # guess"

    def _column(self, table: Table, column: Column) -> str:
        erase, more, why = self._rule(table, column)
        if holds := looks_like(column.name):
            more.append(f'is = "?{holds}"')
        if looks_derived(column.name):
            more.append('origin = "?derived"')
        value = f"{{ {', '.join([f'erase = {erase}', *more])} }}" if more else erase
        return f"{value}  # {why}"

    def _rule(self, table: Table, column: Column) -> tuple[str, list[str], str]:
        """What erasure does to a column, what else the map says of it, and why."""
        if column.name in table.primary_key:
            return '"keep"', [], "the key"
        if column.generated:
            return '"keep"', [], "generated"
        if any(column.name in key.columns for key in self._keys(table)):
            return '"?keep"', [], "guess: points at another row"
        softest, full_type = f'"?{_softest(table, column)}"', f"guess: {column.full_type}"
        if _SECRET.search(column.name):
            return (
                softest,
                ["disclose = false", 'because = "?security"', 'ground = "?account_security"'],
                "guess: a secret",
            )
        if _FREE_TEXT.search(column.name) and column.category in "SU":
            return f'"?{_strongest(table, column)}"', ["free_text = true"], "guess: may name other people"
        pointed = any(key.target == table.name and column.name in key.target_columns for key in self.keys)
        if _PERSONAL.search(column.name) and rectifiable(column) and not pointed:
            return softest, ['rectify = "?true"'], full_type
        if _PERSONAL.search(column.name) or looks_like(column.name) or column.base in _PERSONAL_TYPES:
            return softest, [], full_type
        return '"?keep"', [], full_type


def _softest(table: Table, column: Column) -> str:
    """Nothing at all if the column may be empty; else the first that it can take; else not even a guess."""
    return _first(table, column, Effect.NULL, Effect.REDACT, Effect.BLANK)


def _strongest(table: Table, column: Column) -> str:
    return _first(table, column, Effect.REDACT, Effect.NULL, Effect.BLANK)


def _first(table: Table, column: Column, *effects: Effect) -> str:
    unique = any(column.name in key.columns for key in table.unique)
    wanted = (Effect.NULL, Effect.TOKEN) if unique else effects
    return next((str(effect) for effect in wanted if takes(column, ColumnRule(erase=effect))), "")


def _identifier(column: str) -> tuple[str, str]:
    """Kind and way of comparing, by the column's name; empty texts if it does not look like one."""
    return next(((kind, match) for form, kind, match in _IDENTIFIERS if form.search(column)), ("", ""))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
