"""What must hold between the fields of a policy. Works on raw data, so that one run lists every fault of a file.

A value of the wrong type is passed over here: the model's own validation names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Raw = Mapping[str, Any]
Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """One fault of a policy: where, what, and how to mend it."""

    path: Path
    message: str
    remedy: str
    line: int | None = None

    @property
    def key(self) -> str:
        """The place in the file: ``categories[2].title``."""
        return dotted(self.path)


def dotted(path: Path) -> str:
    """A path as people write it: ``("categories", 2, "title")`` -> ``categories[2].title``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "(file)"


def problems(raw: Raw) -> tuple[Problem, ...]:
    """Every rule that this raw policy breaks."""
    return tuple(problem for rule in RULES for problem in rule(raw))


def _table(raw: object, key: str) -> Raw:
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _list(raw: object, key: str) -> list[Any]:
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return list(value) if isinstance(value, list | tuple) else []


def _ids(raw: Raw, key: str, name: str = "id") -> list[tuple[int, str]]:
    rows = enumerate(_list(raw, key))
    return [(n, row[name]) for n, row in rows if isinstance(row, Mapping) and isinstance(row.get(name), str)]


def _number(raw: Raw, key: str, default: int) -> int:
    value = raw.get(key, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _repeated(path: Path, values: list[Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, value in enumerate(values):
        if str(value) in seen:
            yield Problem((*path, n), f"{value!r} is listed twice", "list it once")
        seen.add(str(value))


def _lists_without_repeats(raw: Raw) -> Iterator[Problem]:
    yield from _repeated(("systems",), _list(raw, "systems"))
    yield from _repeated(("rights",), _list(raw, "rights"))
    yield from _repeated(("controller", "languages"), _list(_table(raw, "controller"), "languages"))
    yield from _repeated(("identity", "sources"), _list(_table(raw, "identity"), "sources"))
    yield from _repeated(("identity", "methods"), _list(_table(raw, "identity"), "methods"))
    yield from _repeated(("clock", "remind_days_before"), _list(_table(raw, "clock"), "remind_days_before"))
    for section, name in (("categories", "id"), ("recipients", "id"), ("regimes", "code")):
        seen: set[str] = set()
        for n, value in _ids(raw, section, name):
            if value in seen:
                yield Problem((section, n, name), f"{value!r} is there twice", f"give each of {section} its own {name}")
            seen.add(value)


def _one_regime_per_jurisdiction(raw: Raw) -> Iterator[Problem]:
    owner: dict[str, int] = {}
    for n, entry in enumerate(_list(raw, "regimes")):
        for m, jurisdiction in enumerate(_list(entry, "jurisdictions")):
            first = owner.setdefault(str(jurisdiction), n)
            if first != n or jurisdiction in _list(entry, "jurisdictions")[:m]:
                path: Path = ("regimes", n, "jurisdictions", m)
                yield Problem(path, f"{jurisdiction!r} is covered already", "name each jurisdiction under one regime")


def _identity(raw: Raw) -> Iterator[Problem]:
    identity = _table(raw, "identity")
    required = identity.get("required", True) is not False
    if not required and not identity.get("i_know"):
        yield Problem(
            ("identity", "required"),
            "identity is turned off, so that anybody who knows an address could get or erase the data",
            'leave it on, or say why it is safe: i_know = "..." in [identity]',
        )
    methods = _list(identity, "methods") if "methods" in identity else ["code"]
    if required and "code" in methods and not _list(identity, "sources"):
        yield Problem(
            ("identity", "sources"),
            "no system's addresses count as on record, so that no code can be sent",
            'name systems in sources, or set methods = ["attestation"]',
        )
    expires = _number(identity, "expires_after_days", 21)
    for n, days in enumerate(_list(identity, "remind_after_days")):
        if isinstance(days, int) and days >= expires:
            path: Path = ("identity", "remind_after_days", n)
            yield Problem(path, f"a reminder after {days} days comes too late", f"below expires_after_days ({expires})")


def _known_names(raw: Raw) -> Iterator[Problem]:
    systems = set(map(str, _list(raw, "systems")))
    for n, source in enumerate(_list(_table(raw, "identity"), "sources")):
        if str(source) not in systems:
            yield Problem(("identity", "sources", n), f"{source!r} is not one of systems", "add it to systems")
    recipients = {value for _, value in _ids(raw, "recipients")}
    for n, category in enumerate(_list(raw, "categories")):
        for m, recipient in enumerate(_list(category, "recipients")):
            if str(recipient) not in recipients:
                path: Path = ("categories", n, "recipients", m)
                yield Problem(path, f"{recipient!r} is not described", f"add a [[recipients]] with id = {recipient!r}")


def _four_eyes(raw: Raw) -> Iterator[Problem]:
    review = _table(raw, "review")
    if _number(review, "erasure_approvals", 2) < 2 and not review.get("i_know"):
        yield Problem(
            ("review", "erasure_approvals"),
            "one person alone could erase",
            'ask for two approvals, or say why one is enough: i_know = "..." in [review]',
        )


def _extension(raw: Raw) -> Iterator[Problem]:
    clock = _table(raw, "clock")
    if clock.get("extend_automatically") is True:
        for key in ("extend_ground", "extend_reason"):
            if key not in clock:
                yield Problem(
                    ("clock", key), "missing, and a notice needs it", f"add {key}, or do not extend by itself"
                )


def _text_places(raw: Raw) -> Iterator[Path]:
    yield ("clock", "extend_reason")
    for n in range(len(_list(raw, "categories"))):
        yield from (("categories", n, key) for key in ("title", "purposes", "source", "retention"))
    for n in range(len(_list(raw, "recipients"))):
        yield ("recipients", n, "safeguards")


def _at(raw: Any, path: Path) -> Any:
    for part in path:
        if isinstance(raw, Mapping):
            raw = raw.get(str(part))
        elif isinstance(part, int) and isinstance(raw, list | tuple):
            raw = raw[part]
        else:
            return None
    return raw


def _languages(raw: Raw) -> Iterator[Problem]:
    languages = [str(language) for language in _list(_table(raw, "controller"), "languages")]
    for path in _text_places(raw):
        text = _at(raw, path)
        if not isinstance(text, Mapping) or not languages:
            continue
        for missing in (language for language in languages if language not in text):
            yield Problem(path, f"no text in {missing!r}", f"add it: {missing} = ...")
        for extra in (language for language in text if language not in languages):
            yield Problem((*path, extra), f"{extra!r} is not one of controller.languages", "remove it, or add it there")


RULES: tuple[Callable[[Raw], Iterator[Problem]], ...] = (
    _lists_without_repeats,
    _one_regime_per_jurisdiction,
    _identity,
    _known_names,
    _four_eyes,
    _extension,
    _languages,
)
