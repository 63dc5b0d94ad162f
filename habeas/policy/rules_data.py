"""What must hold within a policy's account of its data: categories, recipients, purposes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from habeas.law.calendar import add_months
from habeas.policy.raw import Path, Problem, Raw, listed, number, table

_ANCHORS = tuple(date(2023, 1, 1) + timedelta(days=n) for n in range(4 * 365 + 1))
"""Every day that a term may begin on, of four years with a leap day."""


def terms(raw: Raw) -> Iterator[Problem]:
    """What is kept is kept by a law and for a time; and nothing goes before it may."""
    for n, category in enumerate(listed(raw, "categories")):
        for key in ("keep", "expires"):
            term = table(category, key)
            at: Path = ("categories", n, key)
            if term and not term.get("law"):
                said = "kept without a reason" if key == "keep" else "given a term without a reason"
                yield Problem(at, said, "add law: the law, duty or promise that says so")
            if (term or key in _keys(category)) and not _timed(term):
                yield Problem(at, "there is no length of time", "add years, months or days")
        if table(category, "keep") and not (table(category, "expires") or _keys(category) & {"not_held"}):
            message = "it ends for people who asked for erasure, and of all others it stays for ever"
            remedy = "add expires, as long as keep, or say in not_held who deletes it and how"
            yield Problem(("categories", n, "keep"), message, remedy)
        if table(category, "expires").get("partly"):
            message = "what goes by itself goes wherever it lies"
            yield Problem(("categories", n, "expires", "partly"), message, "remove it, or give the rest a category")
        keep, expires = table(category, "keep"), table(category, "expires")
        if _timed(keep) and _timed(expires) and _sooner(expires, keep):
            message = "it would be gone before its keeping is over"
            yield Problem(("categories", n, "expires"), message, "make it as long as keep on every day, or longer")


def endings(raw: Raw) -> Iterator[Problem]:
    """How long data is said to be kept is carried out: it expires, or it is said who ends it."""
    seen_to = {
        key
        for row in listed(raw, "promises")
        if isinstance(row, Mapping) and row.get("not_held")
        for key in listed(row, "keeps")
        if isinstance(key, str)
    }
    for n, category in enumerate(listed(raw, "categories")):
        if not isinstance(category, Mapping) or not category.get("retention") or category.get("keep"):
            continue  # of what is kept without an end, `terms` says so
        said = category.get("expires") or category.get("controlled_by") or category.get("not_held")
        if not said and f"categories.{category.get('id')}.retention" not in seen_to:
            message = "people read how long it is kept, and nothing ends it"
            remedy = "add expires beside it, or say in not_held who deletes it and how"
            yield Problem(("categories", n, "retention"), message, remedy)


def _keys(row: object) -> frozenset[str]:
    return frozenset(map(str, row)) if isinstance(row, Mapping) else frozenset()


def _timed(term: Raw) -> bool:
    return any(number(term, unit, 0) for unit in ("years", "months", "days"))


def _sooner(one: Raw, other: Raw) -> bool:
    """Whether the first of two terms can be over before the second, both from the same day: 30 days in February."""
    return any(_end(one, day) < _end(other, day) for day in _ANCHORS)


def _end(term: Raw, anchor: date) -> date:
    years, months, days = (number(term, unit, 0) for unit in ("years", "months", "days"))
    start = date(anchor.year, 12, 31) if term.get("to") == "year_end" else anchor
    try:
        return add_months(start, 12 * years + months) + timedelta(days=days)
    except (OverflowError, ValueError):
        return date.max  # longer than any calendar; what is no length at all, the model names


def processed_for_others(raw: Raw) -> Iterator[Problem]:
    """A request about data that somebody else controls must have somewhere to go."""
    for n, category in enumerate(listed(raw, "categories")):
        others = table(category, "controlled_by")
        if others and not others.get("field") and not others.get("to"):
            message = "nobody is named that requests could be sent on to"
            remedy = "add field (of each record, with the address) or to (one address for all)"
            yield Problem(("categories", n, "controlled_by"), message, remedy)
        if others.get("field") and others.get("to"):
            message = "it says both where each record names who controls it and one address for all"
            yield Problem(("categories", n, "controlled_by"), message, "keep one of field and to")
        if others.get("ours") and not others.get("field"):
            message = "ours is what a field of each record holds, and no field is named"
            yield Problem(("categories", n, "controlled_by", "ours"), message, "add field, or remove ours")
        if others and table(category, "keep"):
            message = "somebody else decides over this data, and with it how long it is kept"
            yield Problem(("categories", n, "keep"), message, "remove it, or controlled_by")


def recipients(raw: Raw) -> Iterator[Problem]:
    """A recipient is told or it is not; reminders come in their order and before somebody is alarmed."""
    yield from _named(raw)
    for n, row in enumerate(listed(raw, "recipients")):
        if not isinstance(row, Mapping):
            continue
        if row.get("role") == "source":
            for m, category in enumerate(listed(raw, "categories")):
                if row.get("id") in listed(category, "recipients"):
                    message = f"{row.get('id')!r} is a source, which gets no data"
                    yield Problem(
                        ("categories", m, "recipients"), message, "name it in sources, or give it another role"
                    )
        if row.get("email") and row.get("not_told"):
            message = "has an address to be told at, and a reason why it is not told"
            yield Problem(("recipients", n), message, "remove email or not_told")
        escalate = number(row, "escalate_after_days", 21)
        at: Path = ("recipients", n, "remind_after_days")
        for m, days in enumerate(listed(row, "remind_after_days")):
            if isinstance(days, int) and days >= escalate:
                message = f"a reminder after {days} days comes too late"
                yield Problem((*at, m), message, f"below escalate_after_days ({escalate})")


def _named(raw: Raw) -> Iterator[Problem]:
    """Whoever is described gets something, or gives something: a copy names nobody whom no category names."""
    categories = listed(raw, "categories")
    named = {
        who
        for one in categories
        for key in ("recipients", "sources")
        for who in listed(one, key)
        if isinstance(who, str)
    }
    for n, row in enumerate(listed(raw, "recipients")):
        who, nothing = (row.get("id"), row.get("gets_nothing")) if isinstance(row, Mapping) else (None, None)
        if not isinstance(who, str):
            continue
        if who not in named and not nothing:
            message = f"no category names {who!r}, so that no answer does"
            remedy = "name it in recipients (or sources) of a category, or say in gets_nothing why it has no data yet"
            yield Problem(("recipients", n), message, remedy)
        if who in named and nothing:
            message = f"a category names {who!r}, which is said to get nothing"
            yield Problem(("recipients", n, "gets_nothing"), message, "remove it, or the name from the category")


def shared_by_choice(raw: Raw) -> Iterator[Problem]:
    """Who gets data only of people who chose so is one of those who get it, and the choice is one of the purposes."""
    rows = (row.get("id") for row in listed(raw, "purposes") if isinstance(row, Mapping))
    known = {one for one in rows if isinstance(one, str)}
    for n, category in enumerate(listed(raw, "categories")):
        for who, purpose in table(category, "only_with").items():
            at: Path = ("categories", n, "only_with", who)
            if who not in listed(category, "recipients"):
                yield Problem(at, f"{who!r} does not get this data", "name it in recipients, or remove it here")
            elif isinstance(purpose, str) and purpose not in known:
                yield Problem(at, f"there is no purpose {purpose!r}", "name one of [[purposes]]")


def purposes(raw: Raw) -> Iterator[Problem]:
    """A purpose is stopped at once or weighed first, not both."""
    for n, row in enumerate(listed(raw, "purposes")):
        kinds = listed(row, "kinds")
        if "direct_marketing" in kinds and "legitimate_interest" in kinds:
            message = "an objection to it would be obeyed at once and also be weighed first"
            yield Problem(("purposes", n, "kinds"), message, "keep one of direct_marketing and legitimate_interest")


_MARKS = {"sale": ("sold", "shared"), "sensitive": ("sensitive",)}
"""By kind of purpose: the marks of which each category bears one that is used for it."""


def marked(raw: Raw) -> Iterator[Problem]:
    """What may be opted out of is told as sold or shared, what may be limited as sensitive: letters say the same."""
    categories = [one for one in listed(raw, "categories") if isinstance(one, Mapping)]
    for n, row in enumerate(listed(raw, "purposes")):
        for m, kind in enumerate(listed(row, "kinds")):
            marks = _MARKS.get(kind, ()) if isinstance(kind, str) else ()
            borne = {str(one.get("id")) for one in categories if any(one.get(mark) is True for mark in marks)}
            add = " or ".join(f"{mark} = true" for mark in marks)
            remedy = f"add {add} to the category, or take {kind!r} out of the kinds"
            if marks and not listed(row, "categories") and not borne:
                message = f"{kind!r} is to be stopped, and no category is marked as {' or '.join(marks)}"
                yield Problem(("purposes", n, "kinds", m), message, remedy)
            for k, name in enumerate(listed(row, "categories") if marks else ()):
                if name not in borne and any(one.get("id") == name for one in categories):
                    message = (
                        f"{name!r} is used for it, and not marked as {' or '.join(marks)}: letters would say it is not"
                    )
                    yield Problem(("purposes", n, "categories", k), message, remedy)
