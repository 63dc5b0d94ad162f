"""What is asked when a request is opened, checked whole before anything is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from habeas.errors import BadInput, UnknownRegime
from habeas.languages import parse_language
from habeas.model import REMEDIES, Frozen, Identifier, Request, Right, Subject
from habeas.particulars import Particulars, Scope
from workers.office.particulars import AskedParticulars, particulars
from workers.office.typed import DAY, FIRST_DAY, LAST_DAY, refuse_unusable
from workers.office.whose_law import stopped_by_withdrawal

if TYPE_CHECKING:
    from habeas.policy import Policy

CHANNELS = ("email", "phone", "letter", "web", "chat", "in_person", "other")
OLDEST = timedelta(days=3 * 366)
"""A request that came in before that is a slip of the pen, not a backlog."""
CLOCK_SKEW = timedelta(minutes=5)
MOST_NAME, MOST_NOTE, MOST_REASON = 200, 10_000, 2000
"""Characters."""
_KIND = re.compile(r"[a-z][a-z0-9_]{0,40}")


class NewRequestInput(AskedParticulars):
    """A request as staff typed it. Nothing here has been checked yet."""

    right: str
    opened_by: str = Field(repr=False)
    reason: str = Field(default="as the person asked", repr=False)
    controller: str | None = None
    """May be left out where there is only one."""
    regime: str | None = None
    """Unset for that of the request that it is about, or else the one that the policy names for the jurisdiction."""
    jurisdiction: str | None = None
    """Where the person lives; unset for that of the request that it is about, or else the controller's own."""
    language: str | None = None
    """Unset for that of the request that it is about, or else the controller's first."""
    channel: str = "email"
    received_at: str | None = None
    """ISO date or time, in the controller's time zone unless it says another; unset for now."""
    name: str | None = Field(default=None, repr=False)
    emails: tuple[str, ...] = Field(default=(), repr=False)
    phones: tuple[str, ...] = Field(default=(), repr=False)
    identifiers: tuple[str, ...] = Field(default=(), repr=False)
    """``kind=value``: ``customer_number=K-1002``."""
    note: str | None = Field(default=None, repr=False)
    idempotency_key: str | None = Field(default=None, repr=False)


class Checked(Frozen):
    """A request that may be opened."""

    controller: str
    right: Right
    regime: str
    jurisdiction: str
    language: str
    channel: str
    received_at: datetime
    subject: Subject = Field(repr=False)
    scope: Scope | None = None
    about: str | None = None
    categories: tuple[str, ...] = ()
    before_erasure: bool = False


def check(
    asked: NewRequestInput, policies: Mapping[str, Policy], now: datetime, earlier: Request | None = None
) -> Checked:
    """Check everything at once.

    Args:
        asked: what was typed.
        policies: by controller.
        now: the time.
        earlier: the request that it is about, if there is one of that name.

    Raises:
        BadInput: names the field and what to write instead; never repeats what identifies the person.
        UnknownRegime: no such regime or place, or the policy covers neither jurisdiction nor establishment.
    """
    refuse_unusable(asked)
    policy = _policy(asked.controller, policies)
    right = _right(asked.right)
    received = _received(asked.received_at, ZoneInfo(policy.controller.clock_tz), now)
    day = received.astimezone(ZoneInfo(policy.controller.clock_tz)).date()
    regime, jurisdiction = _regime(_where_decided(asked, right, policy, earlier), policy, right, day)
    if stopped := stopped_by_withdrawal(right, asked.purposes, policy, regime, jurisdiction, day):
        right, asked = Right.WITHDRAW_CONSENT, asked.model_copy(update={"purposes": stopped})
    _in_force(policy, regime, jurisdiction, right, day)
    if asked.channel not in CHANNELS:
        raise BadInput(f"channel: write one of {', '.join(CHANNELS)}.", field="channel")
    asks = particulars(asked, right, policy)
    if stopped:
        asks = asks.model_copy(update={"called": Right.OBJECTION})
    return Checked(
        controller=policy.id,
        right=right,
        regime=regime,
        jurisdiction=jurisdiction,
        language=_language(asked, policy, earlier),
        channel=asked.channel,
        received_at=received,
        subject=_subject(asked, asks),
        scope=asks.scope if right is Right.ACCESS else None,
        about=asks.about,
        categories=asks.categories,
        before_erasure=asks.before_erasure,
    )


def words(field: str, text: str, most: int = MOST_REASON) -> str:
    """Words that staff must give (who, why): not empty, not endless, no control characters.

    Raises:
        BadInput: they are not usable.
    """
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    if not clean:
        raise BadInput(f"{field}: every act says who does it and why; write it.", field=field)
    if len(clean) > most:
        raise BadInput(f"{field}: at most {most} characters.", field=field)
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in clean):
        raise BadInput(f"{field}: without control characters.", field=field)
    return clean


def identifier(kind: str, value: str, field: str) -> Identifier:
    """One identifier.

    Raises:
        BadInput: malformed; the message does not repeat it.
    """
    try:
        return Identifier(kind=kind, value=value)
    except ValidationError as error:
        said = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise BadInput(f"{field}: {said}.", field=field) from None


def split_identifier(text: str) -> Identifier:
    """Read ``kind=value``.

    Raises:
        BadInput: it is not of that form.
    """
    kind, equals, value = text.partition("=")
    if not equals or not _KIND.fullmatch(kind.strip()):
        raise BadInput("identifier: write it as kind=value, for instance customer_number=K-1002.", field="identifier")
    return identifier(kind.strip(), value, "identifier")


def _policy(controller: str | None, policies: Mapping[str, Policy]) -> Policy:
    if controller is None and len(policies) == 1:
        return next(iter(policies.values()))
    if controller is None or controller not in policies:
        known = ", ".join(sorted(policies))
        raise BadInput(f"controller: write one of: {known}.", field="controller")
    return policies[controller]


def _right(text: str) -> Right:
    if text not in list(Right):
        raise BadInput(f"right: there is no such right; write one of: {', '.join(Right)}.", field="right")
    return Right(text)


def _regime(asked: NewRequestInput, policy: Policy, right: Right, day: date) -> tuple[str, str]:
    """The regime's code, and where the person lives. A law that lacks the right gives way to one that has it."""
    jurisdiction = _place(asked.jurisdiction) if asked.jurisdiction else policy.controller.establishment
    found = policy.applicable(jurisdiction, right, day)
    code = (asked.regime or found.regime).strip().upper()
    code = found.regime if code == found.instead_of else code
    known = sorted({entry.code for entry in policy.regimes})
    if code not in known:
        raise UnknownRegime(f"regime: this controller answers under: {', '.join(known)}.", field="regime")
    return code, jurisdiction


def _where_decided(asked: NewRequestInput, right: Right, policy: Policy, earlier: Request | None) -> NewRequestInput:
    """An appeal, a complaint and a grievance are answered where the request that they are about was, under its law."""
    if earlier is None or right not in REMEDIES or earlier.controller != policy.id:
        return asked
    theirs = {"jurisdiction": earlier.jurisdiction, "regime": earlier.regime}
    said = {
        "jurisdiction": _place(asked.jurisdiction) if asked.jurisdiction else None,
        "regime": asked.regime.strip().upper() if asked.regime else None,
    }
    for field, value in said.items():
        if value not in {None, theirs[field]}:
            raise BadInput(
                f"{field}: {earlier.id} is of {earlier.jurisdiction} under {earlier.regime}, and so is what is about "
                f"it; leave it out, or write {theirs[field]}.",
                field=field,
            )
    return asked.model_copy(update=theirs)


def _language(asked: NewRequestInput, policy: Policy, earlier: Request | None) -> str:
    """As asked; else as the request that it is about was answered, so that nobody is written to in another one."""
    if asked.language:
        return policy.language(parse_language(asked.language))
    return policy.language(earlier.language if earlier and earlier.controller == policy.id else None)


def _place(text: str) -> str:
    from habeas.law.places import country_of, is_country, parse_place

    place = parse_place(text)
    if not is_country(country_of(place)):
        raise UnknownRegime(f"jurisdiction: there is no country {country_of(place)}.", field="jurisdiction")
    return place


def not_given(asked: str | None, given: str) -> str | None:
    """The language that was asked for, where letters go in another one."""
    wanted = parse_language(asked) if asked is not None else given
    return None if wanted.split("-")[0] == given.split("-")[0] else wanted


def language_note(asked: str | None, given: str) -> str | None:
    """In which language letters go, where it is not the one that was asked for."""
    wanted = not_given(asked, given)
    return f"The controller writes no letters in {wanted}: they go in {given}." if wanted else None


def _in_force(policy: Policy, code: str, jurisdiction: str, right: Right, day: date) -> None:
    """The law must have been there when the request came, and a remedy must be one of those that it, or policy, gives.

    Any other right that nobody gives is opened all the same, and answered so.
    """
    from habeas import law

    place = policy.answered_in(code, jurisdiction)
    found = law.regime(code, place)
    if day < found.in_force:
        said = f"received_at: {found.called} is in force from {found.in_force.isoformat()} on."
        raise BadInput(said, field="received_at")
    promised = policy.rights is not None and right in policy.rights
    given = law.rights(code, place, day)
    if right in REMEDIES and right not in given and not promised:
        remedies = ", ".join(sorted(given & REMEDIES)) or "none; the authority takes complaints"
        raise BadInput(f"right: {code} has no such remedy here; it has: {remedies}.", field="right")


def _received(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            "received_at: write a date or a time as 2026-03-31 or 2026-03-31T14:05.", field="received_at"
        ) from None
    if not FIRST_DAY <= at.date() <= LAST_DAY:  # else no zone could be counted into it
        raise BadInput(f"received_at: write {DAY}.", field="received_at")
    at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if at > now + CLOCK_SKEW:
        raise BadInput("received_at: this lies in the future; write when the request came in.", field="received_at")
    if at < now - OLDEST:
        raise BadInput("received_at: this is more than three years ago; check the year.", field="received_at")
    return min(at, now)


def _subject(asked: NewRequestInput, asks: Particulars) -> Subject:
    found = [identifier("email", value, "email") for value in asked.emails]
    found += [identifier("phone", value, "phone") for value in asked.phones]
    found += [split_identifier(text) for text in asked.identifiers]
    if not found:
        raise BadInput(
            "email: at least one way to know the person is needed: an e-mail address, a phone number or a number they "
            "have with you.",
            field="email",
        )
    name = words("name", asked.name, MOST_NAME) if asked.name is not None else None
    if asked.note is not None and len(asked.note) > MOST_NOTE:
        raise BadInput(f"note: at most {MOST_NOTE} characters.", field="note")
    if len(set(found)) > 50:
        raise BadInput("identifier: at most 50.", field="identifier")
    return Subject(
        name=name,
        identifiers=tuple(dict.fromkeys(found)),
        note=asked.note,
        details=asks.model_dump(mode="json", exclude_defaults=True),
    )
