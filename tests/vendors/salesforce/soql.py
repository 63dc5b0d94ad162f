"""A parser of the part of SOQL that this server speaks.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm

``SELECT fields | COUNT() FROM object [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n]``, with parents' fields by their
relationship (``Account.Name``), = != < <= > >= LIKE, IN, NOT IN, NOT, AND, OR and parentheses. Everything else of SOQL
(subqueries, aggregates, aliases, date literals by name, FIELDS(), FOR, USING SCOPE) is a MALFORMED_QUERY here.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.vendors.salesforce.errors import refusal
from tests.vendors.shared.calls import Refusal

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN"]
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
    |(?P<moment>\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))?)
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)
    |(?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
# LIKE tells an escaped wildcard from a bare one; until then, private characters stand for the escaped ones.
_PRIVATE = {"_": "\ue000", "%": "\ue001"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", **_PRIVATE}
_RESERVED = frozenset({"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "LIKE", "IN", "ORDER", "BY", "LIMIT", "OFFSET"})


@dataclass(frozen=True)
class Constant:
    """A value of the query; ``kind`` is what it was written as."""

    kind: Literal["string", "moment", "number", "boolean", "null"]
    value: str | float | bool | None


@dataclass(frozen=True)
class Comparison:
    """A field, an operator and what it is held against (many, for IN)."""

    field: str
    operator: Operator
    values: tuple[Constant, ...]
    at: int


@dataclass(frozen=True)
class Both:
    """All of these (AND), or one of these (OR)."""

    word: Literal["AND", "OR"]
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """Not this."""

    part: "Condition"


Condition: TypeAlias = Comparison | Both | Not


@dataclass(frozen=True)
class Order:
    """One rule of ORDER BY."""

    field: str
    descending: bool
    nulls_last: bool
    at: int


@dataclass(frozen=True)
class Query:
    """A whole query; ``count`` for ``SELECT COUNT()``."""

    text: str
    fields: tuple[tuple[str, int], ...]
    count: bool
    object: str
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "name" else self.text


def malformed(text: str, at: int, message: str, code: str = "MALFORMED_QUERY") -> Refusal:
    """400, with the place in the query as Salesforce shows it."""
    start = max(0, at - 30)
    shown = f"\n{text[start : at + 30]}\n{' ' * (at - start)}^\nERROR at Row:1:Column:{at + 1}\n{message}"
    return refusal(400, code, shown)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise malformed(text, at, f"unexpected token: '{text[at]}'")
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return [*found, _Token("end", "<EOF>", len(text))]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.place]

    def unexpected(self) -> Refusal:
        return malformed(self.text, self.here.at, f"unexpected token: '{self.here.text}'")

    def accept(self, *words: str) -> bool:
        if self.here.word not in words or self.here.kind in ("string", "end"):
            return False
        self.place += 1
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.unexpected()

    def take(self, kind: str) -> _Token:
        token = self.here
        if token.kind != kind or (kind == "name" and token.word in _RESERVED):
            raise self.unexpected()
        self.place += 1
        return token

    def query(self) -> Query:
        self.expect("SELECT")
        count, fields = self.selected()
        self.expect("FROM")
        kind = self.take("name").text
        where = self.condition() if self.accept("WHERE") else None
        order = self.orders() if self.accept("ORDER") else ()
        limit = int(self.take("number").text) if self.accept("LIMIT") else None
        offset = int(self.take("number").text) if self.accept("OFFSET") else 0
        if self.here.kind != "end":
            raise self.unexpected()
        return Query(self.text, fields, count, kind, where, order, limit, offset)

    def selected(self) -> tuple[bool, tuple[tuple[str, int], ...]]:
        if self.here.word == "COUNT" and self.tokens[self.place + 1].text == "(":
            self.place += 1
            self.expect("(")
            self.expect(")")
            return True, ()
        fields = [self.take("name")]
        while self.accept(","):
            fields.append(self.take("name"))
        return False, tuple((each.text, each.at) for each in fields)

    def condition(self) -> Condition:
        """SOQL has no precedence: AND and OR side by side want parentheses."""
        parts = [self.negation()]
        word: Literal["AND", "OR"] | None = None
        while self.here.word in ("AND", "OR") and self.here.kind == "name":
            here: Literal["AND", "OR"] = "AND" if self.here.word == "AND" else "OR"
            if word not in (None, here):
                raise self.unexpected()
            word = here
            self.place += 1
            parts.append(self.negation())
        return Both(word, tuple(parts)) if word else parts[0]

    def negation(self) -> Condition:
        return Not(self.primary()) if self.accept("NOT") else self.primary()

    def primary(self) -> Condition:
        if self.accept("("):
            inner = self.condition()
            self.expect(")")
            return inner
        field = self.take("name")
        if self.accept("IN"):
            return Comparison(field.text, "IN", self.many(), field.at)
        if self.accept("NOT"):
            self.expect("IN")
            return Comparison(field.text, "NOT IN", self.many(), field.at)
        return Comparison(field.text, self.operator(), (self.literal(),), field.at)

    def operator(self) -> Operator:
        written: dict[str, Operator] = {
            "=": "=",
            "!=": "!=",
            "<>": "!=",
            "<": "<",
            "<=": "<=",
            ">": ">",
            ">=": ">=",
            "LIKE": "LIKE",
        }
        if self.here.word not in written or self.here.kind == "string":
            raise self.unexpected()
        found = written[self.here.word]
        self.place += 1
        return found

    def many(self) -> tuple[Constant, ...]:
        self.expect("(")
        values = [self.literal()]
        while self.accept(","):
            values.append(self.literal())
        self.expect(")")
        return tuple(values)

    def literal(self) -> Constant:
        token = self.here
        self.place += 1
        match token.kind:
            case "string":
                return Constant(
                    "string", _ESCAPED.sub(lambda one: _ESCAPES.get(one[1].lower(), one[1]), token.text[1:-1])
                )
            case "number":
                return Constant("number", float(token.text))
            case "moment":
                return Constant("moment", token.text)
            case "name" if token.word in ("TRUE", "FALSE"):
                return Constant("boolean", token.word == "TRUE")
            case "name" if token.word == "NULL":
                return Constant("null", None)
            case _:
                self.place -= 1
                raise self.unexpected()

    def orders(self) -> tuple[Order, ...]:
        self.expect("BY")
        found = [self.one_order()]
        while self.accept(","):
            found.append(self.one_order())
        return tuple(found)

    def one_order(self) -> Order:
        field = self.take("name")
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        last = False
        if self.accept("NULLS"):
            last = self.accept("LAST")
            if not last:
                self.expect("FIRST")
        return Order(field.text, descending, last, field.at)


def plain(text: str) -> str:
    """The text with its escaped wildcards as ordinary characters."""
    for character, private in _PRIVATE.items():
        text = text.replace(private, character)
    return text


def parse(text: str) -> Query:
    """The query; a 400 MALFORMED_QUERY for anything else."""
    return _Parser(text).query()
