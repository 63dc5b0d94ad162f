"""What stays, told so that a person reads each reason once: by law and end date, with the categories under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from activities.letters.blocks import Block, Element
from activities.letters.parts import KeptGroup
from activities.letters.wording import Words
from habeas.staying import PASSING, Because

__all__ = ["Kept"]

Ends = Mapping[date | None, tuple[KeptGroup, ...]]
"""What one law keeps, by its last day."""


_LIFTED = frozenset({Because.LEGAL_HOLD, Because.RESTRICTED})
"""These end when somebody says so: no day is known beforehand."""


class Kept:
    """The blocks about what stays, in the words of one language."""

    def __init__(self, words: Words, record_until: date | None = None) -> None:
        """Hold them.

        Args:
            words: of one language.
            record_until: the last day on which the controller has the person's address for this request.
        """
        self._words = words
        self._record_until = record_until

    def blocks(self, groups: Iterable[KeptGroup]) -> Iterable[Block]:
        """A heading for each kind of reason, under it a paragraph for each law, under that what it keeps."""
        listed = tuple(groups)
        for reason in (None, *Because):
            alike = tuple(group for group in listed if group.reason is reason)
            if not alike:
                continue
            key = f"completion_erasure.kept{f'_{reason.value}' if reason else ''}"
            yield Block(kind="heading", text=self._words.text(key))
            for law, ends in _by_law(alike).items():
                yield from self._law(law, ends, at_least=reason is not None)
            then = [self._words.text(f"{key}_then")] if f"{key}_then" in self._words else []
            if then := [*then, *self._ends(reason, alike)]:
                yield Block(kind="paragraph", text=" ".join(then))

    def of_record(self, groups: Iterable[KeptGroup]) -> Iterable[str]:
        """What of the request's record outlives it, until the last of these is erased, or a hold is lifted."""
        going = [one for one in groups if one.reason in PASSING or (one.until and one.reason is not Because.EXEMPT)]
        known = self._record_until
        if known is None or not going:
            return
        if any(one.reason is Because.LEGAL_HOLD for one in going):
            yield self._words.text("common.record_hold")
        open_ended = any(one.until is None or one.reason in _LIFTED for one in going)
        last = max((one.until for one in going if one.until), default=known)
        if open_ended or last > known:
            yield self._words.text("common.record_rest")
        if not open_ended and last > known:
            yield self._words.text("common.record_rest_until", date=self._words.date(last))

    def _ends(self, reason: Because | None, alike: Iterable[KeptGroup]) -> Iterable[str]:
        """What follows once the reason is over, and whether a letter tells of it: none can once the address is gone."""
        days = [one.until for one in alike if one.until]
        dated = reason in (None, Because.RECOURSE) and bool(days)
        if dated:
            yield self._words.text("common.kept_ends")
        known = self._record_until
        if known is None or not (dated or reason in PASSING):
            return
        if dated and max(days) < known:
            yield self._words.text("common.kept_ends_told")
        elif dated and min(days) >= known:
            yield self._words.text("common.kept_ends_untold")
        else:
            yield self._words.text("common.kept_ends_perhaps", date=self._words.date(known))

    def _law(self, law: str, ends: Ends, *, at_least: bool) -> Iterable[Block]:
        words, cited = self._words, self._words.cited(law)
        several = len(ends) > 1
        elements = frozenset({Element.REASONS, Element.PROVISION} if law else {Element.REASONS})
        lead = words.text("common.kept_several" if several else "common.kept", law=cited)
        if not several:
            (until,) = ends
            if until:
                key = "common.kept_at_least" if at_least else "common.kept_until"
                lead = words.text(key, law=cited, date=words.date(until))
        if law:
            yield Block(kind="paragraph", text=lead, elements=elements)
        if several:
            items = tuple(self._line(until, groups, at_least=at_least) for until, groups in ends.items())
        else:
            items = tuple(self._item(groups) for groups in _by_category(next(iter(ends.values()))).values())
        yield Block(kind="bullets", items=items, elements=elements)

    def _line(self, until: date | None, groups: tuple[KeptGroup, ...], *, at_least: bool) -> str:
        listed = self._words.listing(self._part(alike) for alike in _by_category(groups).values())
        if until is None:
            return self._words.text("common.kept_line_open", list=listed)
        key = "common.kept_line_at_least" if at_least else "common.kept_line"
        return self._words.text(key, date=self._words.date(until), list=listed)

    def _part(self, alike: tuple[KeptGroup, ...]) -> str:
        what = self._words.named("categories", alike[0].category)
        return self._words.counted("common.kept_part", sum(one.count for one in alike), what=what)

    def _item(self, alike: tuple[KeptGroup, ...]) -> str:
        category = self._words.named("categories", alike[0].category)
        systems = self._words.listing(dict.fromkeys(one.system for one in alike))
        return self._words.counted("common.group", sum(one.count for one in alike), category=category, system=systems)


def _by_law(groups: Iterable[KeptGroup]) -> dict[str, Ends]:
    """By law as told, and under it by last day, those that are not known last."""
    found: dict[str, dict[date | None, tuple[KeptGroup, ...]]] = {}
    for group in sorted(groups, key=lambda one: (one.law, one.until or date.max)):
        # What was refused stays, whatever the term of a law besides; what passes may outlast that term.
        until = None if group.reason is Because.EXEMPT else group.until
        ends = found.setdefault(group.law, {})
        ends[until] = (*ends.get(until, ()), group)
    return dict(found.items())


def _by_category(groups: Iterable[KeptGroup]) -> dict[str, tuple[KeptGroup, ...]]:
    found: dict[str, tuple[KeptGroup, ...]] = {}
    for group in groups:
        found[group.category] = (*found.get(group.category, ()), group)
    return found
