"""Whether a policy fits the connected systems of an installation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from habeas.connector import Collection, Manifest, Retention, Treatment
from habeas.errors import ConfigurationError
from habeas.phrases import lacking, unused
from habeas.plan import undecided
from habeas.policy.load import refuse
from habeas.policy.model import Policy
from habeas.policy.provisions import without_provision
from habeas.policy.raw import Path, Problem
from habeas.policy.sections import Category, IdentityMethod, Term


def check_systems(policy: Policy, manifests: Mapping[str, Manifest]) -> None:
    """Refuse a policy that its systems do not fit: in what they hold, how long they keep it, what they can stop.

    Args:
        policy: one controller's policy.
        manifests: by system name, of every configured system.

    Raises:
        ConfigurationError: the policy does not fit; lists everything that is missing, with line and remedy. Or a
            system's manifest does not say enough for a plan (`habeas.plan.undecided`).
    """
    faults = [
        f"{system}.{fault}"
        for system in policy.systems
        if system in manifests
        for fault in undecided(manifests[system].collections)
    ]
    if faults:
        raise ConfigurationError(f"{'; '.join(faults)}.")
    refuse(
        policy,
        [problem for rule in _RULES for problem in rule(policy, manifests)],
    )


def _missing_systems(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    for n, system in enumerate(policy.systems):
        if system not in manifests:
            remedy = f"add [systems.{system}] to the settings, or remove it here"
            yield Problem(("systems", n), f"{system!r} is not configured", remedy)


def _missing_categories(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    described = {category.id for category in policy.categories}
    users: dict[str, list[str]] = {}
    for system in policy.systems:
        for collection in manifests[system].collections if system in manifests else ():
            if collection.category not in described:
                users.setdefault(collection.category, []).append(f"{system}.{collection.name}")
    for category, places in sorted(users.items()):
        some = ", ".join(places[:3]) + (" and more" if len(places) > 3 else "")
        remedy = f"add a [[categories]] with id = {category!r}"
        yield Problem(("categories",), f"{category!r} (used by {some}) is not described", remedy)


def _by_hand_only(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    for n, system in enumerate(policy.identity.sources):
        if system in manifests and manifests[system].manual:
            message = f"{system!r} is searched by a human, so that no address of it is on record"
            yield Problem(("identity", "sources", n), message, "remove it here")


def _mute(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    if not policy.identity.required or IdentityMethod.CODE not in policy.identity.methods:
        return
    for n, system in enumerate(policy.identity.sources):
        if system in manifests and not manifests[system].manual and "email" not in manifests[system].yields:
            message = f"{system!r} knows no e-mail addresses that a code could go to"
            yield Problem(("identity", "sources", n), message, "remove it here")


def _terms(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    """What the policy keeps or lets expire, each collection of that category must keep or let expire alike.

    And no other is kept: how long a map or a connector's settings keep something is bounded by the policy's word.
    """
    places = {category.id: n for n, category in enumerate(policy.categories)}
    used: dict[str, list[bool]] = {}
    for system in policy.systems:
        for collection in manifests[system].collections if system in manifests else ():
            if collection.category in places:
                n = places[collection.category]
                there = _There(system, manifests[system], collection)
                used.setdefault(collection.category, []).append(there.kept is not None)
                yield from _kept(n, policy.categories[n], there)
                yield from _expiring(n, policy.categories[n], there)
    for category in policy.categories:
        if category.keep and category.keep.partly and not any(used.get(category.id, [True])):
            message = f"{_said(category.keep)} here, and no system keeps any of it"
            yield Problem(("categories", places[category.id], "keep"), message, "one of the two is wrong: mend it")


class _There(NamedTuple):
    """A collection of a system."""

    system: str
    manifest: Manifest
    collection: Collection

    @property
    def where(self) -> str:
        return f"{self.system}.{self.collection.name}"

    @property
    def kept(self) -> Retention | None:
        return self.collection.retention if self.collection.treatment is Treatment.RETAIN else None

    def problem(self, path: Path, message: str, remedy: str) -> Problem:
        """With the line of its map, where it has one."""
        there = self.manifest.written(self.collection.name)
        return Problem(path, message, remedy, there.line, there.file) if there else Problem(path, message, remedy)


def _kept(n: int, category: Category, there: _There) -> Iterator[Problem]:
    ours, theirs, path = category.keep, there.kept, ("categories", n, "keep")
    if ours is None and theirs is not None:
        message = f"{there.where} keeps {_said(theirs)}, and the policy keeps nothing of {category.id!r}"
        remedy = f"write keep in the policy's {category.id!r}, if a law wants it kept, or let it go on erasure there"
        yield there.problem(path, message, remedy)
    elif ours is not None and theirs is not None and not _same(ours, theirs):
        message = f"{_said(ours)} here, {_said(theirs)} in {there.where}"
        yield there.problem(path, message, _ALIKE)
    elif ours is not None and theirs is None and not ours.partly:
        remedy = f"{_ALIKE}; or write partly = true here, if only some of {category.id!r} is kept"
        yield Problem(path, f"{_said(ours)} here, not kept in {there.where}", remedy)


def _expiring(n: int, category: Category, there: _There) -> Iterator[Problem]:
    ours, theirs, path = category.expires, there.collection.expires, ("categories", n, "expires")
    if ours is not None and theirs is None and category.not_held:
        return  # who ends it there is said
    if ours is not None and there.manifest.manual:
        remedy = f"say in not_held of {category.id!r} who deletes it there"
        yield Problem(path, f"{there.where} is worked by a human: nothing ends there by itself", remedy)
    elif (ours is None) != (theirs is None) or (ours is not None and not _same(ours, theirs)):
        here, elsewhere = (_said(each) if each else "does not expire" for each in (ours, theirs))
        remedy = _ALIKE if theirs else f"{_ALIKE}; or say in not_held of {category.id!r} who deletes it there"
        yield Problem(path, f"{here} here, {elsewhere} in {there.where}", remedy)


_ALIKE = "one of the two is wrong: make them say the same"
_LENGTH = ("law", "ground", "years", "months", "days", "to")


def _same(ours: Term, theirs: Retention | None) -> bool:
    return theirs is not None and all(getattr(ours, each) == getattr(theirs, each) for each in _LENGTH)


def _said(term: Term | Retention) -> str:
    lengths = ((term.years, "years"), (term.months, "months"), (term.days, "days"))
    length = " ".join(f"{count} {unit if count > 1 else unit[:-1]}" for count, unit in lengths if count)
    since = " from the end of the year" if term.to else ""
    return f"{length}{since} ({term.law}{f', ground {term.ground}' if term.ground else ''})"


def _deciding(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    """The field that says who decides over a record is one of it, and does not say whose record it is beside another.

    A record that is found by the address of its person and by that of whoever decides over it makes one person of two.
    """
    places = {one.id: n for n, one in enumerate(policy.categories) if one.controlled_by and one.controlled_by.field}
    for system in policy.systems:
        for one in manifests[system].collections if system in manifests else ():
            n = places.get(one.category)
            by = policy.categories[n].controlled_by if n is not None else None
            if n is None or by is None or by.field is None:
                continue
            there, path = _There(system, manifests[system], one), ("categories", n, "controlled_by", "field")
            finders = there.manifest.identifying(one.name)
            if there.manifest.written(one.name) and not there.manifest.written(one.name, by.field):
                message = f"{there.where} has no {by.field!r}, which is to say who decides over its records"
                yield there.problem(path, message, "name one of its columns, or give its data another category")
            elif by.field in finders and len(finders) > 1:
                message = f"{there.where} finds people by {by.field!r}, which says who decides, and by another column"
                remedy = "take one of the two out of its identifiers: who decides and whom it is about are two people"
                yield there.problem(path, message, remedy)


def _unstoppable(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    """A purpose is stopped where a system can stop it, or a human works the system."""
    ours = [manifests[system] for system in policy.systems if system in manifests]
    if any(manifest.manual for manifest in ours):
        return
    stopped = {purpose for manifest in ours for purpose in manifest.purposes}
    for n, purpose in enumerate(policy.purposes):
        if purpose.id not in stopped:
            message = f"no system can stop {purpose.id!r}"
            yield Problem(("purposes", n), message, "mark in a system's map how it is stopped, or remove it here")


def _untranslated(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    """Whoever is answered in a language of the controller reads of each system in that language."""
    for n, system in enumerate(policy.systems):
        for language in policy.controller.languages if system in manifests else ():
            if missing := lacking(manifests[system], language):
                named = ", ".join(f'"{phrase}"' for phrase in missing)
                message = f"{system!r} has no words in {language!r} for {named}"
                remedy = f"write them under [words.{language}] in its map or settings"
                yield Problem(("systems", n), message, remedy)
        for language, phrase in unused(manifests[system]) if system in manifests else ():
            message = f'{system!r} has words in {language!r} for "{phrase}", which nothing in it is called'
            yield Problem(("systems", n), message, "correct the phrase in its map or settings, or remove it")


_RULES = (
    _missing_systems,
    _missing_categories,
    _by_hand_only,
    _mute,
    _terms,
    _deciding,
    _unstoppable,
    _untranslated,
    without_provision,
)
