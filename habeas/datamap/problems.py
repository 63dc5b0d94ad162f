"""What is wrong with a data map in itself, before any database is asked. Pure."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator

from habeas.connector import Treatment
from habeas.datamap.finding import Finding, finding
from habeas.datamap.looks import looks_like
from habeas.datamap.model import DataMap, TableRule, TomlPath
from habeas.datamap.untranslated import untranslated
from habeas.fields import SensitiveType
from habeas.law.provisions import reason_codes
from habeas.policy.lines import line_of


def problems(data_map: DataMap) -> tuple[Finding, ...]:
    """Everything undecided or contradictory in the map itself, in the file's order."""
    found = itertools.chain(
        _undecided(data_map),
        *(_table(data_map, name, table) for name, table in data_map.tables.items()),
        _unreachable(data_map),
        untranslated(data_map),
    )
    return tuple(sorted(found, key=lambda one: one.line or 0))


def _undecided(data_map: DataMap) -> Iterator[Finding]:
    for path in data_map.undecided:
        in_table = path[0] == "tables" and len(path) > 2
        yield Finding(
            table=str(path[1]) if in_table else None,
            column=str(path[3]) if in_table and len(path) > 3 and path[2] == "columns" else None,
            problem=f"`{_dotted(path[2:] if in_table else path)}` is not decided",
            write='write what is right, without the "?"',
            line=line_of(data_map.lines, path) if data_map.lines else None,
        )


def _dotted(path: TomlPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _table(data_map: DataMap, name: str, table: TableRule) -> Iterator[Finding]:
    undecided = {path[2] for path in data_map.undecided if path[:2] == ("tables", name) and len(path) > 2}
    if not table.personal:
        if not table.because and "because" not in undecided:
            yield finding(data_map, "not personal, but it does not say why", 'write because = "…"', name)
        return
    if not table.category and "category" not in undecided:
        yield finding(data_map, "no data category", 'write category = "…", as the policy names it', name)
    if table.erase is None and "erase" not in undecided:
        yield finding(
            data_map, "what erasure does is not decided", 'write erase = "delete" | "anonymise" | "retain"', name
        )
    if (table.erase is Treatment.RETAIN) is (table.retention is None):
        write = 'write retention = { law = "…", years = …, from = "<date column>" } with erase = "retain", or neither'
        yield finding(data_map, "erase and retention do not go together", write, name, None, "retention")
    if table.staff and not table.person:
        problem = "staff says whose account a row is, and its rows are no accounts"
        yield finding(data_map, problem, "write person = true, or remove staff", name, None, "staff")
    yield from _links(data_map, name, table)
    yield from _shared(data_map, name, table)
    yield from _rectified(data_map, name, table)
    yield from _marked(data_map, name, table)
    yield from _sensitive(data_map, name, table)
    yield from _grounds(data_map, name, table)
    if table.expires:
        yield from _left_behind(data_map, name)


def _links(data_map: DataMap, name: str, table: TableRule) -> Iterator[Finding]:
    for number, link in enumerate(table.belongs):
        parent = data_map.tables.get(link.table)
        if parent is None or not parent.personal:
            what = "is not in the map" if parent is None else "is not personal"
            yield finding(
                data_map,
                f"belongs to {link.table}, which {what}",
                "name a personal table, or remove the link",
                name,
                None,
                "belongs",
                number,
            )


def _shared(data_map: DataMap, name: str, table: TableRule) -> Iterator[Finding]:
    """Whose a message is that one sent and another received, or what one wrote in another's thread, no map tells.

    Whatever is personal leads to people at last: two links may lead to two, an account's or by whatever lies between.
    """
    undecided = any(path[:3] == ("tables", name, "shared") for path in data_map.undecided)
    if len(table.belongs) > 1 and table.shared is None and not undecided:
        problem = "its links may lead to two people, and what becomes of a row that is both's is not decided"
        write = 'write shared = { law = "<by what it stays for the other>" }, or shared = "erase"'
        yield finding(data_map, problem, write, name, None, "belongs")


def _fixed(table: TableRule) -> dict[str, str]:
    """Columns that no change may write to -> why."""
    anchors = {term.anchor for term in (table.retention, table.expires) if term}
    return (
        dict.fromkeys(anchors, "a term runs from it")
        | {column: "it leads to whom the row belongs" for link in table.belongs for column in link.columns}
        | dict.fromkeys(table.key, "it is part of the key")
    )


def _rectified(data_map: DataMap, name: str, table: TableRule) -> Iterator[Finding]:
    fixed = _fixed(table) | dict.fromkeys(table.marks, "it holds a mark")
    if table.file:
        fixed[table.file.content] = "it holds a file"
    for column, rule in table.columns.items():
        why = fixed.get(column) or (None if rule.disclose else "the person is not shown it")
        if rule.rectify and why:
            yield finding(data_map, f"cannot be rectified: {why}", "remove rectify = true", name, column)


def _marked(data_map: DataMap, name: str, table: TableRule) -> Iterator[Finding]:
    fixed = _fixed(table) | {one.column: "it holds an identifier" for one in table.identifiers}
    marks = [("stops", number, stop.column) for number, stop in enumerate(table.stops)]
    if table.restrict:
        marks.append(("restrict", 0, table.restrict.column))
        if any(stop.column == table.restrict.column for stop in table.stops):
            problem = f"restrict and stops both write to {table.restrict.column}"
            yield finding(data_map, problem, "give each a column of its own", name, None, "restrict")
    for part, number, column in marks:
        if column in fixed:
            path = (part, number) if part == "stops" else (part,)
            problem = f"{part}: {column} cannot hold a mark: {fixed[column]}"
            yield finding(data_map, problem, "name a column that is only a mark", name, None, *path)


def _sensitive(data_map: DataMap, name: str, table: TableRule) -> Iterator[Finding]:
    """Where some law never lets a value out, what the column holds is decided, not guessed from its name."""
    for column, rule in table.columns.items():
        holds = looks_like(column)
        undecided = ("tables", name, "columns", column, "is") in data_map.undecided
        if holds and rule.holds is None and not undecided:
            yield finding(
                data_map,
                "its name looks like what some laws never let out (11 CCR 7024(d)), and it does not say what it is",
                f'write is = "{holds}", another of {", ".join(SensitiveType)}, or is = "none"',
                name,
                column,
            )


def _grounds(data_map: DataMap, name: str, table: TableRule) -> Iterator[Finding]:
    """A reason is one that some law has an article for; which of the controller's laws do, its policy's check says."""
    grounds = [(column, ("columns", column), rule.ground) for column, rule in table.columns.items()]
    kept = [(None, ("retention",), table.retention.ground)] if table.retention else []
    for column, path, ground in (*grounds, *kept):
        if ground and ground not in reason_codes():
            near = difflib.get_close_matches(ground, reason_codes(), n=1)
            write = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(sorted(reason_codes()))}"
            yield finding(data_map, f"no law has the ground {ground!r}", write, name, column, *path, "ground")


def _left_behind(data_map: DataMap, name: str) -> Iterator[Finding]:
    """Rows below one that goes when its term is over would be nobody's."""
    for child, rule in data_map.personal_tables():
        if rule.expires is None and any(link.table == name for link in rule.belongs):
            yield finding(
                data_map,
                f"its rows expire, but those of {child}, which belong to them, do not",
                f"write expires = {{ … }} for {child} as well, or for neither",
                name,
                None,
                "expires",
            )


def _unreachable(data_map: DataMap) -> Iterator[Finding]:
    personal = dict(data_map.personal_tables())
    reached = {name for name, table in personal.items() if table.person or table.identifiers}
    while True:
        more = {
            name
            for name, table in personal.items()
            if name not in reached and any(link.table in reached for link in table.belongs)
        }
        if not more:
            break
        reached |= more
    for name in personal.keys() - reached:
        yield finding(
            data_map,
            "no way leads from a person to its rows",
            "write belongs = [ { table = …, columns = { … } } ], or person = true, or personal = false with because",
            name,
        )
