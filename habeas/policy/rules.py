"""What must hold between the fields of a policy. Works on raw data, so that one run lists every fault of a file.

A value of the wrong type is passed over here: the model's own validation names it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from habeas.policy import rules_data, rules_terms
from habeas.policy.raw import Path, Problem, Raw, at, ids, listed, number, repeated, table


def problems(raw: Raw) -> tuple[Problem, ...]:
    """Every rule that this raw policy breaks."""
    return tuple(problem for rule in RULES for problem in rule(raw))


def _lists_without_repeats(raw: Raw) -> Iterator[Problem]:
    for path, values in _plain_lists(raw, ()):
        yield from repeated(path, values)
    for section, name in (("categories", "id"), ("recipients", "id"), ("purposes", "id"), ("regimes", "code")):
        seen: set[str] = set()
        for n, value in ids(raw, section, name):
            if value in seen:
                yield Problem((section, n, name), f"{value!r} is there twice", f"give each of {section} its own {name}")
            seen.add(value)


def _plain_lists(value: object, at: Path) -> Iterator[tuple[Path, list[Any]]]:
    """Every list of single values."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _plain_lists(below, (*at, key))
    elif isinstance(value, list | tuple) and not any(isinstance(one, Mapping | list | tuple) for one in value):
        yield at, list(value)
    elif isinstance(value, list | tuple):
        for n, below in enumerate(value):
            yield from _plain_lists(below, (*at, n))


def _one_regime_per_jurisdiction(raw: Raw) -> Iterator[Problem]:
    owner: dict[str, int] = {}
    for n, entry in enumerate(listed(raw, "regimes")):
        for m, jurisdiction in enumerate(listed(entry, "jurisdictions")):
            if owner.setdefault(str(jurisdiction), n) != n:
                path: Path = ("regimes", n, "jurisdictions", m)
                yield Problem(path, f"{jurisdiction!r} is covered already", "name each jurisdiction under one regime")


def _identity(raw: Raw) -> Iterator[Problem]:
    identity = table(raw, "identity")
    required = identity.get("required", True) is not False
    if not required and not identity.get("i_know"):
        yield Problem(
            ("identity", "required"),
            "identity is turned off, so that anybody who knows an address could get or erase the data",
            'leave it on, or say why it is safe: i_know = "..." in [identity]',
        )
    methods = listed(identity, "methods") if "methods" in identity else ["code"]
    if required and "code" in methods and not listed(identity, "sources"):
        yield Problem(
            ("identity", "sources"),
            "no system's addresses count as on record, so that no code can be sent",
            'name systems in sources, or set methods = ["attestation"]',
        )
    expires = number(identity, "expires_after_days", 21)
    for n, days in enumerate(listed(identity, "remind_after_days")):
        if isinstance(days, int) and days >= expires:
            path: Path = ("identity", "remind_after_days", n)
            yield Problem(path, f"a reminder after {days} days comes too late", f"below expires_after_days ({expires})")


def _known_names(raw: Raw) -> Iterator[Problem]:
    systems = set(map(str, listed(raw, "systems")))
    for n, source in enumerate(listed(table(raw, "identity"), "sources")):
        if str(source) not in systems:
            yield Problem(("identity", "sources", n), f"{source!r} is not one of systems", "add it to systems")
    recipients = {value for _, value in ids(raw, "recipients")}
    for n, category in enumerate(listed(raw, "categories")):
        for key in ("recipients", "sources"):
            for m, recipient in enumerate(listed(category, key)):
                if str(recipient) not in recipients:
                    remedy = f"add a [[recipients]] with id = {recipient!r}"
                    yield Problem(("categories", n, key, m), f"{recipient!r} is not described", remedy)
    categories = {value for _, value in ids(raw, "categories")}
    for n, purpose in enumerate(listed(raw, "purposes")):
        for m, category in enumerate(listed(purpose, "categories")):
            if str(category) not in categories:
                remedy = f"add a [[categories]] with id = {category!r}"
                yield Problem(("purposes", n, "categories", m), f"{category!r} is not described", remedy)


def _order_of_erasure(raw: Raw) -> Iterator[Problem]:
    systems, after = set(map(str, listed(raw, "systems"))), table(table(raw, "erasure"), "after")
    graph = {system: [str(one) for one in listed(after, system)] for system in after}
    for system, before in graph.items():
        for one in (system, *before):
            if one not in systems:
                yield Problem(("erasure", "after", system), f"{one!r} is not one of systems", "name systems above")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " after ".join(map(str, reversed(error.args[1])))
        yield Problem(("erasure", "after"), f"nobody could begin: {circle}", "take one of them out")


def _four_eyes(raw: Raw) -> Iterator[Problem]:
    review = table(raw, "review")
    if number(review, "erasure_approvals", 2) < 2 and not review.get("i_know"):
        yield Problem(
            ("review", "erasure_approvals"),
            "one person alone could erase",
            'ask for two approvals, or say why one is enough: i_know = "..." in [review]',
        )


def _extension(raw: Raw) -> Iterator[Problem]:
    clock = table(raw, "clock")
    if clock.get("extend_automatically") is True:
        for key in ("extend_ground", "extend_reason"):
            if key not in clock:
                yield Problem(
                    ("clock", key), "missing, and a notice needs it", f"add {key}, or do not extend by itself"
                )


def _text_places(raw: Raw) -> Iterator[Path]:
    yield ("clock", "extend_reason")
    for n in range(len(listed(raw, "categories"))):
        yield from (("categories", n, key) for key in ("title", "purposes", "source", "retention"))
        yield ("categories", n, "controlled_by", "who")
    for n in range(len(listed(raw, "recipients"))):
        yield from (("recipients", n, key) for key in ("safeguards", "not_told"))
    for n in range(len(listed(raw, "purposes"))):
        yield ("purposes", n, "title")


def _languages(raw: Raw) -> Iterator[Problem]:
    languages = [str(language) for language in listed(table(raw, "controller"), "languages")]
    for path in _text_places(raw):
        text = at(raw, path)
        if not isinstance(text, Mapping) or not languages:
            continue
        for missing in (language for language in languages if language not in text):
            yield Problem(path, f"no text in {missing!r}", f"add it: {missing} = ...")
        for extra in (language for language in text if language not in languages):
            yield Problem((*path, extra), f"{extra!r} is not one of controller.languages", "remove it, or add it there")


def _words(raw: Raw) -> Iterator[Problem]:
    """Words are in the controller's other languages, and of phrases that the person reads and that stand here once."""
    first, *others = [str(language) for language in listed(table(raw, "controller"), "languages")] or [""]
    phrases = {str(phrase) for path in _phrase_places(raw) if (phrase := at(raw, path)) is not None}
    for language, words in table(raw, "words").items():
        if language not in others:
            remedy = "write the phrase itself so" if language == first else "remove them, or add it there"
            own = "the first of controller.languages, which the phrases themselves are in"
            what = own if language == first else "none of controller.languages"
            yield Problem(("words", language), f"{language!r} is {what}", remedy)
        for phrase in words if isinstance(words, Mapping) else ():
            if phrase not in phrases:
                near = difflib.get_close_matches(phrase, phrases, n=1)
                remedy = f"did you mean {near[0]!r}?" if near else "remove it"
                message = "no recipient, authority or statutory category is called so"
                yield Problem(("words", language, phrase), message, remedy)


def _phrase_places(raw: Raw) -> Iterator[Path]:
    yield from (("recipients", n, "name") for n in range(len(listed(raw, "recipients"))))
    yield from (("categories", n, "statutory") for n in range(len(listed(raw, "categories"))))
    yield from (("authorities", place, "name") for place in table(raw, "authorities"))


RULES: tuple[Callable[[Raw], Iterator[Problem]], ...] = (
    _lists_without_repeats,
    _one_regime_per_jurisdiction,
    _identity,
    _known_names,
    _order_of_erasure,
    _four_eyes,
    _extension,
    _languages,
    _words,
    rules_terms.promise,
    rules_terms.reasons_at_once,
    rules_terms.proofs,
    rules_terms.ways_in,
    rules_terms.lines,
    rules_data.terms,
    rules_data.endings,
    rules_data.processed_for_others,
    rules_data.recipients,
    rules_data.shared_by_choice,
    rules_data.purposes,
    rules_data.marked,
)
