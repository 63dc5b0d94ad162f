"""What is asked when a request is opened, checked whole before anything is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from habeas.errors import BadInput, UnknownRegime
from habeas.model import Frozen, Identifier, Right, Subject

if TYPE_CHECKING:
    from habeas.policy import Policy

CHANNELS = ("email", "phone", "letter", "web", "in_person", "other")
CARRIED_OUT = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})
"""The rights that workflows carry out; the law knows more."""
OLDEST = timedelta(days=3 * 366)
"""A request that came in before that is a slip of the pen, not a backlog."""
CLOCK_SKEW = timedelta(minutes=5)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,40}")


class NewRequestInput(Frozen):
    """A request as staff typed it. Nothing here has been checked yet."""

    right: str
    opened_by: str = Field(repr=False)
    reason: str = Field(default="as the person asked", repr=False)
    controller: str | None = None
    """May be left out where there is only one."""
    regime: str | None = None
    """Unset for the one that the controller's policy names for the jurisdiction."""
    jurisdiction: str | None = None
    """Where the person lives; unset for the controller's own."""
    language: str | None = None
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


def check(asked: NewRequestInput, policies: Mapping[str, Policy], now: datetime) -> Checked:
    """Check everything at once.

    Raises:
        BadInput: names the field and what to write instead; never repeats what identifies the person.
        UnknownRegime: no such regime, or the policy covers neither jurisdiction nor establishment.
    """
    policy = _policy(asked.controller, policies)
    right = _right(asked.right, policy)
    regime, jurisdiction = _regime(asked, policy, right)
    if asked.channel not in CHANNELS:
        raise BadInput(f"channel: write one of {', '.join(CHANNELS)}.", field="channel")
    return Checked(
        controller=policy.id,
        right=right,
        regime=regime,
        jurisdiction=jurisdiction,
        language=policy.language(asked.language),
        channel=asked.channel,
        received_at=_received(asked.received_at, ZoneInfo(policy.controller.clock_tz), now),
        subject=_subject(asked),
    )


def words(field: str, text: str, most: int = 2000) -> str:
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


def _right(text: str, policy: Policy) -> Right:
    offered = [right for right in Right if policy.offers(right) and right in CARRIED_OUT]
    if text in offered:
        return Right(text)
    what = "this controller does not offer it" if text in list(CARRIED_OUT) else "it cannot be carried out here yet"
    if text not in list(Right):
        what = "there is no such right"
    raise BadInput(f"right: {what}; write one of: {', '.join(offered)}.", field="right")


def _regime(asked: NewRequestInput, policy: Policy, right: Right) -> tuple[str, str]:
    """The regime's code, and where the person lives."""
    from habeas import law

    jurisdiction = (asked.jurisdiction or policy.controller.establishment).strip().upper()
    code = (asked.regime or policy.applicable(jurisdiction).regime).strip().upper()
    known = sorted({entry.code for entry in policy.regimes})
    if code not in known:
        raise UnknownRegime(f"regime: this controller answers under: {', '.join(known)}.", field="regime")
    given = law.rights(code, answered_in(policy, code, jurisdiction))
    if right not in given:
        listed = ", ".join(sorted(given & CARRIED_OUT)) or "none of those carried out here"
        raise BadInput(f"right: {code} does not give it; it gives: {listed}.", field="right")
    return code, jurisdiction


def answered_in(policy: Policy, regime: str, jurisdiction: str) -> str:
    """The place whose law and calendar hold for a person who lives in a jurisdiction."""
    applicable = policy.applicable(jurisdiction)
    return applicable.jurisdiction if applicable.regime == regime else jurisdiction


def _received(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            "received_at: write a date or a time as 2026-03-31 or 2026-03-31T14:05.", field="received_at"
        ) from None
    at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if at > now + CLOCK_SKEW:
        raise BadInput("received_at: this lies in the future; write when the request came in.", field="received_at")
    if at < now - OLDEST:
        raise BadInput("received_at: this is more than three years ago; check the year.", field="received_at")
    return min(at, now)


def _subject(asked: NewRequestInput) -> Subject:
    found = [identifier("email", value, "email") for value in asked.emails]
    found += [identifier("phone", value, "phone") for value in asked.phones]
    found += [split_identifier(text) for text in asked.identifiers]
    if not found:
        raise BadInput(
            "email: at least one way to know the person is needed: an e-mail address, a phone number or a number they "
            "have with you.",
            field="email",
        )
    name = words("name", asked.name, 200) if asked.name is not None else None
    if asked.note is not None and len(asked.note) > 10_000:
        raise BadInput("note: at most 10000 characters.", field="note")
    if len(set(found)) > 50:
        raise BadInput("identifier: at most 50.", field="identifier")
    return Subject(name=name, identifiers=tuple(dict.fromkeys(found)), note=asked.note)
