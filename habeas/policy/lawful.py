"""Whether a policy fits the laws that it names. Asked of a policy that is whole in itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from habeas import law
from habeas.errors import UnknownRegime
from habeas.fields import Origin
from habeas.law.calendar import most_days
from habeas.law.data import Span
from habeas.law.duties import Duty, RemedyTime
from habeas.law.library import fits
from habeas.law.places import country_of
from habeas.model import COPIES, Right
from habeas.policy.model import Policy
from habeas.policy.raw import Path, Problem
from habeas.policy.sections import PurposeKind, RecipientRole
from habeas.policy.staffed import too_few
from habeas.policy.told import STOPS, about, means

_ALL = frozenset(Right)
SHORTEST_MONTH = 28
_LEAST_RECORD = 30
_REMEDY_DAYS: Mapping[RemedyTime, int] = {"30_days": 30, "180_days": 180, "6_months": 184}
"""At most so many days, for the person to turn to the authority."""

_BY_CATEGORY = "US-CCPA"
"""The law that answers in categories of its own naming (Cal. Civ. Code 1798.110, 1798.140(v))."""


def faults_in_law(policy: Policy) -> tuple[Problem, ...]:
    """Everything in which a policy does not fit its laws."""
    unknown = tuple(_laws(policy))
    return unknown or tuple(problem for rule in _RULES for problem in rule(policy))


def known_rights(policy: Policy) -> frozenset[Right]:
    """The rights that one of the regimes gives, or the controller promises."""
    given = {right for code, place in _places(policy) for right in law.rights(code, place)}
    return frozenset(given | set(policy.rights or ()))


def _places(policy: Policy) -> Iterator[tuple[str, str]]:
    for entry in policy.regimes:
        for place in entry.jurisdictions:
            yield entry.code, place


def _laws(policy: Policy) -> Iterator[Problem]:
    """Each regime must be one whose terms can be computed, with the calendar that the policy asks for."""
    for n, entry in enumerate(policy.regimes):
        base: tuple[str | int, ...] = ("regimes", n)
        if entry.code not in law.regimes():
            yield Problem(
                (*base, "code"), f"there is no regime {entry.code!r}", "see `habeas law regimes` for the codes"
            )
            continue
        known = law.regimes()[entry.code].options
        for m, option in enumerate(entry.options):
            if option not in known:
                remedy = f"one of {', '.join(known)}" if known else "remove it: this law has none"
                yield Problem((*base, "options", m), f"{entry.code} has no option {option!r}", remedy)
        places = {(*base, "jurisdictions", m): place for m, place in enumerate(entry.jurisdictions)}
        asked = {**places, **({(*base, "calendar"): entry.calendar} if entry.calendar else {})}
        for at, place in asked.items():
            try:
                law.regime(entry.code, place)
            except UnknownRegime as error:
                yield Problem(at, error.detail.removesuffix("."), "see `habeas law regimes` for where each is the law")


def _home(policy: Policy) -> Iterator[Problem]:
    """The law of the establishment answers whoever lives where none is listed; it must be one of the regimes.

    Where no law is known that could be listed (Alabama), `habeas.policy.advice` says who is then not answered.
    """
    home = policy.controller.establishment
    country = home.split("-")[0]
    at = ("controller", "establishment")
    listed = {code for code, place in _places(policy) if place in (home, country)}
    try:
        theirs = [code for code in law.regimes() if _is_law_of(code, home)]
    except UnknownRegime as error:
        yield Problem(at, error.detail.removesuffix("."), "correct the code")
        return
    if theirs and not listed & set(theirs):
        yield Problem(
            at, f"the law of {home} is not among the regimes", f"add {home} under {' or '.join(theirs)} in [[regimes]]"
        )


def _is_law_of(code: str, place: str) -> bool:
    try:
        return law.regime(code, place) is not None
    except UnknownRegime as error:
        if "no part" in str(error.detail):
            raise
        return False


def _calendars(policy: Policy) -> Iterator[Problem]:
    """Terms are counted where the answer is given (Regulation 1182/71, art. 2(1)).

    Whoever is established under a law may answer from another of its countries, but not from one for which nothing is
    listed: that is a slip. Whoever is established elsewhere has a representative there, of which no list needs to tell.
    """
    home = policy.controller.establishment
    for n, entry in enumerate(policy.regimes):
        elsewhere = entry.calendar_elsewhere(home)
        if (
            elsewhere
            and fits(law.regimes()[entry.code], home)
            and not any(map(partial(_same, elsewhere), entry.jurisdictions))
        ):
            message = f"the terms of {entry.code} are counted with the holidays of {elsewhere}, where nothing is listed"
            yield Problem(("regimes", n, "calendar"), message, f'"{home}", where the establishment is')


def _same(one: str, other: str) -> bool:
    return country_of(one) == country_of(other)


def _ground(policy: Policy) -> Iterator[Problem]:
    """One ground is given for all: where it is given by itself, each regime that has grounds must know it."""
    ground = policy.clock.extend_ground
    if ground is None:
        return
    grounds = {entry.code: set(law.extension_grounds(entry.code)) for entry in policy.regimes}
    known = set().union(*grounds.values())
    at = ("clock", "extend_ground")
    if ground not in known:
        message = f"{ground!r} is no ground of an extension in any of the regimes"
        yield Problem(
            at, message, f"one of {', '.join(sorted(known))}" if known else "remove it: none puts off an answer"
        )
        return
    without = sorted(code for code, theirs in grounds.items() if theirs and ground not in theirs)
    if without and policy.clock.extend_automatically:
        shared = set.intersection(*(theirs for theirs in grounds.values() if theirs))
        message = f"{ground!r} is no ground of an extension under {', '.join(without)}"
        yield Problem(
            at,
            message,
            f"one of {', '.join(sorted(shared))}" if shared else "set extend_automatically = false, and extend by hand",
        )


def _open_ended(policy: Policy) -> Iterator[Problem]:
    """Where the law leaves the day of the answer to the notice, the clock itself can name it from a setting only."""
    clock = policy.clock
    if not clock.extend_automatically or clock.extend_open_days is not None:
        return
    needed = sorted(
        code
        for code, place in _places(policy)
        if any(law.extension_ends_as_told(code, right, clock.extend_ground, place) for right in Right)
    )
    if needed:
        message = f"missing, and {', '.join(dict.fromkeys(needed))} sets no last day that a notice could name"
        remedy = "add extend_open_days, the days after the first term, or set extend_automatically = false"
        yield Problem(("clock", "extend_open_days"), message, remedy)


def _kept_on(policy: Policy) -> Iterator[Problem]:
    """The ground of a keeping is one that some law has; systems' maps are asked the same."""
    codes = law.reason_codes()
    for n, category in enumerate(policy.categories):
        for key in ("keep", "expires"):
            term = getattr(category, key)
            if term and term.ground and term.ground not in codes:
                message = f"no law has the ground {term.ground!r}"
                yield Problem(("categories", n, key, "ground"), message, f"one of {', '.join(sorted(codes))}")


def _countries(policy: Policy) -> Iterator[Problem]:
    named: list[tuple[Path, str]] = [(("controller", "establishment"), policy.controller.establishment)]
    named += [(("recipients", n, "country"), one.country) for n, one in enumerate(policy.recipients)]
    for at, place in named:
        country = place.split("-")[0]
        if not law.is_country(country):
            yield Problem(at, f"there is no country {country}", "correct the code (ISO 3166-1), such as DK")


def _shortest(policy: Policy, rights: frozenset[Right], *, extended: bool) -> int | None:
    """Days of the shortest term that one of these rights has here, if any has a number; only those put off, or all."""
    terms = [
        clock.term.days or clock.term.working_days or (clock.term.months or 0) * SHORTEST_MONTH
        for code, place in _places(policy)
        for clock in law.regime(code, place).clocks
        if isinstance(clock.term, Span) and rights.intersection(clock.rights) and (clock.extension or not extended)
    ]
    return min([*terms, *([policy.promise.days] if policy.promise.days else [])], default=None)


def _early(policy: Policy) -> Iterator[Problem]:
    """What happens some days before the end of a term cannot lie before its start."""
    for at, days, shortest in (
        (("clock", "extend_days_before"), policy.clock.extend_days_before, _shortest(policy, _ALL, extended=True)),
        (("release", "days_before"), policy.release.days_before, _shortest(policy, COPIES, extended=False)),
    ):
        if shortest is not None and days >= shortest:
            yield Problem(at, f"{days} days before the end of {shortest} lie before the start", f"below {shortest}")


def _record(policy: Policy) -> Iterator[Problem]:
    """What proves the answer must last as long as a law says, and as long as somebody may complain about it."""
    kept = policy.record.keep_days
    limits = {law.remedies(code, place, right).time_limit for code, place in _places(policy) for right in COPIES}
    complained = max([_LEAST_RECORD, *(_REMEDY_DAYS[limit] for limit in limits if limit)])
    by_law = {
        f"{rule.months} months ({law.regime(code, place).called}, {rule.cite})": most_days(rule.months)
        for code, place in _places(policy)
        for rule in law.records_kept(code, place)
    }
    remedy = f"{max([complained, *by_law.values()])} or more"
    if kept < complained:
        message = f"after {kept} days nothing would prove the answer, and people may still complain"
        yield Problem(("record", "keep_days"), message, remedy)
    if short := [said for said, days in by_law.items() if kept < days]:
        message = f"{kept} days are fewer than requests must be kept on record: {'; '.join(short)}"
        yield Problem(("record", "keep_days"), message, remedy)


def _purposes(policy: Policy) -> Iterator[Problem]:
    known = known_rights(policy)
    for n, purpose in enumerate(policy.purposes):
        # Marketing by consent ends with the consent where nobody gives a right to object (PIPEDA Sch. 1 cl. 4.3.8).
        by_consent = PurposeKind.CONSENT in purpose.kinds and Right.WITHDRAW_CONSENT in known
        for m, kind in enumerate(purpose.kinds):
            if STOPS[kind] not in known and not (kind is PurposeKind.DIRECT_MARKETING and by_consent):
                message = f"{kind.value!r} is stopped by {STOPS[kind].value}, which no regime here gives"
                remedy = f"promise the right in `rights`, or remove {kind.value!r}"
                yield Problem(("purposes", n, "kinds", m), message, remedy)
    stopped = {STOPS[kind] for purpose in policy.purposes for kind in purpose.kinds}
    for n, right in enumerate(policy.rights or ()):
        if right in set(STOPS.values()) - stopped:
            message = f"{right.value!r} is promised, and no purpose could be stopped by it"
            yield Problem(("rights", n), message, "describe the purposes it stops in [[purposes]]")


def _sold(policy: Policy) -> Iterator[Problem]:
    if Right.OPT_OUT_SALE not in known_rights(policy):
        return
    stopping = [purpose.categories for purpose in policy.purposes if PurposeKind.SALE in purpose.kinds]
    for n, category in enumerate(policy.categories):
        if category.opted_out and not any(not named or category.id in named for named in stopping):
            message = f"{category.id!r} is sold or shared, and there is no purpose that an opt-out would stop"
            yield Problem(
                ("categories", n, "sold" if category.sold else "shared"),
                message,
                'add a [[purposes]] with kinds = ["sale"], or name it in the categories of one',
            )


_NAME_IT = 'add statutory, such as "Identifiers" or "Commercial information" (Cal. Civ. Code 1798.140(v)(1))'


def _statutory(policy: Policy) -> Iterator[Problem]:
    if any(entry.code == _BY_CATEGORY for entry in policy.regimes):
        for n, category in enumerate(policy.categories):
            if category.statutory is None:
                message = f"{category.id!r} has no name of the statute, which answers by category need"
                yield Problem(("categories", n), message, _NAME_IT)


def _duties(policy: Policy) -> Iterator[tuple[Right, Duty]]:
    known = known_rights(policy)
    for code, place in _places(policy):
        for right in Right:
            duty = law.recipients_duty(code, place, right)
            if duty is not None and right in known:
                yield right, duty


def _recipients(policy: Policy) -> Iterator[Problem]:
    """Whoever a law wants told has an address, or the policy says why it is not told."""
    told: dict[RecipientRole, str] = {}
    for _, duty in _duties(policy):
        for role in RecipientRole:
            if means(duty, role) or (role is RecipientRole.SOURCE and "source" in duty.whom):
                told.setdefault(role, duty.cite)
    for n, recipient in enumerate(policy.recipients):
        if recipient.role in told and not (recipient.email or recipient.not_told):
            message = f"{recipient.id!r} must be told of what is done with the data ({told[recipient.role]})"
            remedy = "add the email that it is told at, or not_told with the reason why it is not"
            yield Problem(("recipients", n), message, remedy)


def _sources(policy: Policy) -> Iterator[Problem]:
    """Where a law wants the source told, it must be known who gave what others gave."""
    cite = next((duty.cite for _, duty in _duties(policy) if "source" in duty.whom), None)
    for n, category in enumerate(policy.categories):
        if cite and category.origin is Origin.THIRD_PARTY and not (category.sources or category.controlled_by):
            message = f"{category.id!r} comes from others, who must be told of corrections ({cite})"
            yield Problem(("categories", n), message, "add sources, and describe each of them in [[recipients]]")


def _used_for(policy: Policy) -> Iterator[Problem]:
    """Where a law wants others told that a use has stopped, it must be known what was used."""
    duties = {right: duty for right, duty in _duties(policy) if right in STOPS.values()}
    for n, purpose in enumerate(policy.purposes):
        for right in dict.fromkeys(STOPS[kind] for kind in purpose.kinds):
            meant = right in duties and any(means(duties[right], one.role) for one in policy.recipients)
            if meant and not about(policy, right, purpose):
                message = (
                    f"those who must be told that {purpose.id!r} has stopped cannot be known ({duties[right].cite})"
                )
                yield Problem(("purposes", n), message, "add categories: what is used for it")
                break


def _authorities(policy: Policy) -> Iterator[Problem]:
    covered = {place for _, place in _places(policy)} | {policy.controller.establishment}
    for place in policy.authorities:
        if place not in covered and place.split("-")[0] not in covered:
            yield Problem(("authorities", place), f"no regime covers {place}", "correct the code, or remove it")


def _provisions(policy: Policy) -> Iterator[Problem]:
    """What the policy itself says of a law's articles is about one of its laws, and can be told in every language."""
    codes = {entry.code for entry in policy.regimes}
    for code, articles in policy.provisions.items():
        at: Path = ("provisions", code)
        if code not in codes:
            yield Problem(at, f"{code} is none of the regimes here", "correct the code, or remove it")
        for reason, article in articles.items():
            if reason not in law.reason_codes():
                remedy = f"one of {', '.join(sorted(law.reason_codes()))}"
                yield Problem((*at, reason), f"there is no reason {reason!r}", remedy)
            if not law.is_citation(article):
                message = f"{article!r} is of no form that can be written in another language"
                yield Problem((*at, reason), message, "write it as `habeas law reasons` does: PIPEDA Sch. 1 cl. 4.5")


def _staffed(policy: Policy) -> Iterator[Problem]:
    """What takes several people has as many."""
    yield from too_few(policy, known_rights(policy))


_RULES = (
    _countries,
    _home,
    _calendars,
    _ground,
    _open_ended,
    _kept_on,
    _early,
    _record,
    _purposes,
    _sold,
    _statutory,
    _recipients,
    _sources,
    _used_for,
    _authorities,
    _provisions,
    _staffed,
)
