"""Other programs that tell us of requests: whose message it is, and what it means, by the rules of the settings.

Only what a rule names is read of a message; whatever else is in it is neither kept nor logged.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from habeas.access import Scope
from habeas.errors import BadInput, ConfigurationError, NotAllowed
from habeas.model import REFERENCE, Right
from habeas.wire import BadSignature
from habeas.wire.signing import Signer
from workers.desk.fitting import Fitted, fitted
from workers.office import NewRequestInput, Office
from workers.settings import RuleSettings, Settings, SourceSettings

__all__ = ["Meant", "Source", "sources_of"]

_NAMESPACE = uuid.UUID("0b7c1f0a-7c1b-5a86-8a0e-2f4a3f1de1c7")
_SCOPES = frozenset({Scope.REQUESTS_OPEN, Scope.REQUESTS_WORK})
_OPEN = frozenset(
    {
        "right", "jurisdiction", "regime", "language", "channel", "received_at", "name", "email", "phone",
        "customer_number", "note", "situation", "about", "purpose", "category", "correction",
    }
)  # fmt: skip
_TAKES: Mapping[str, frozenset[str]] = {
    "open": _OPEN,
    "message": frozenset({"request", "text"}),
    "withdraw": frozenset({"request", "reason"}),
}
"""The fields that each rule may fill. The list is closed: a name that is not in it is a slip in the settings."""
_NEEDS: Mapping[str, tuple[str, ...]] = {"open": ("right",), "message": ("request", "text"), "withdraw": ("request",)}
_MANY = {
    "email": "emails",
    "phone": "phones",
    "purpose": "purposes",
    "category": "categories",
    "correction": "corrections",
}
_SEVERAL = frozenset({*_MANY, "customer_number"})
"""Fields that may have several values; of any other, all but one would be lost."""
_MOST_ID = 200
_OWN = tuple(
    RuleSettings.model_validate(
        {
            "does": does,
            "when": {"type": f"request.{does}"},
            "fields": {name: f"data.{name}" for name in sorted(takes)},
        }
    )
    for does, takes in _TAKES.items()
)
"""The form of messages of a program that can be made to speak as we do."""


@dataclass(frozen=True)
class Meant:
    """What a message asks for."""

    does: str
    act_id: str
    """A UUID: the same message again is the same act."""
    said: Fitted = field(repr=False)

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """By field."""
        return self.said.values

    def one(self, name: str) -> str | None:
        """A field's value."""
        return next(iter(self.values.get(name, ())), None)

    @property
    def request(self) -> str:
        """The reference that the message names, or that stands within the text that it names (a ticket's subject).

        Raises:
            BadInput: none does.
        """
        found = REFERENCE.search((self.one("request") or "").upper())
        if found is None:
            raise BadInput("request: there is no reference in it.", field="request")
        return found[0]

    def opening(self, controller: str, account: str, source: str) -> NewRequestInput:
        """The request to be opened."""
        parts: dict[str, Any] = {}
        for name, values in self.values.items():
            if name == "customer_number":
                parts["identifiers"] = tuple(f"customer_number={one}" for one in values)
            else:
                parts[_MANY.get(name, name)] = values if name in _MANY else values[0]
        return NewRequestInput(
            **{"channel": "other", **parts},
            controller=controller,
            opened_by=account,
            reason=f"as {source} passed it on",
            idempotency_key=f"hook/{source}/{self.act_id}",
        )


class Source:
    """One other program.

    Args:
        name: by which it is reached.
        settings: its own.
        office: the whole one.

    Raises:
        ConfigurationError: its secrets, rules or rights cannot be used.
    """

    def __init__(self, name: str, settings: SourceSettings, office: Office) -> None:
        self.name = name
        self.controller = settings.controller
        self.account = settings.account
        self.rules = settings.rules or _OWN
        self._signer = _signer(name, settings)
        for rule in self.rules:
            _check(name, rule)
        try:
            self.office = office.for_staff(settings.account, _SCOPES, [settings.controller])
        except NotAllowed:
            raise ConfigurationError(
                f"`sources.{name}.account` may do nothing for the controller {settings.controller}: see `[staff]` of "
                "its policy."
            ) from None

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Meant | None:
        """What a message means; None where no rule is about it.

        Raises:
            BadSignature: somebody else says so, or it is too old.
            BadInput: it cannot be read, lacks what its rule needs, or has several values where one counts; says which
                field, never what was in it.
        """
        message_id = self._signer.verify(headers, body, now)
        if len(message_id) > _MOST_ID:
            raise BadSignature
        try:
            # Half a character, or a line break that should be written otherwise, is no reason not to hear of a request.
            said = json.loads(body.decode(errors="replace").removeprefix("\ufeff"), strict=False)
        except (ValueError, RecursionError):
            raise BadInput("The message is no JSON.", field="body") from None
        rule = next((one for one in self.rules if all(_at(said, path) == (v,) for path, v in one.when.items())), None)
        if rule is None:
            return None
        values = {name: _mapped(rule, name, _at(said, path)) for name, path in rule.fields.items()}
        values |= {name: (value,) for name, value in rule.always.items()}
        values = {name: found for name, found in values.items() if found}
        if lacking := [name for name in _NEEDS[rule.does] if name not in values]:
            raise BadInput(f"{lacking[0]}: the message has none.", field=lacking[0])
        if several := [name for name, found in values.items() if name not in _SEVERAL and len({*found}) > 1]:
            raise BadInput(f"{several[0]}: one at most; send a message for each.", field=several[0])
        return Meant(rule.does, str(uuid.uuid5(_NAMESPACE, f"{self.name}/{message_id}")), fitted(values))


def sources_of(settings: Settings, office: Office) -> dict[str, Source]:
    """The programs that the settings name.

    Raises:
        ConfigurationError: one of them cannot be used.
    """
    return {name: Source(name, one, office) for name, one in settings.sources.items()}


def _signer(name: str, settings: SourceSettings) -> Signer:
    secrets = [one.get_secret_value() for one in settings.secrets]
    if settings.secret_file is not None:
        try:
            secrets += settings.secret_file.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            raise ConfigurationError(f"`sources.{name}.secret_file` cannot be read.") from None
    try:
        return Signer(secrets)
    except ValueError as error:
        raise ConfigurationError(f"`sources.{name}.secrets`: {error}.") from None


def _check(name: str, rule: RuleSettings) -> None:
    given = {*rule.fields, *rule.always}
    known = ", ".join(sorted(_TAKES[rule.does]))
    if unknown := sorted((given | {*rule.values}) - _TAKES[rule.does]):
        raise ConfigurationError(f"`sources.{name}`: {rule.does} has no field {unknown[0]}; it has: {known}.")
    if lacking := [one for one in _NEEDS[rule.does] if one not in given]:
        raise ConfigurationError(f"`sources.{name}`: {rule.does} needs the field {lacking[0]}.")
    ours = [rule.always.get("right"), *rule.values.get("right", {}).values()]
    if wrong := sorted(one for one in ours if one is not None and one not in list(Right)):
        raise ConfigurationError(f"`sources.{name}`: there is no right {wrong[0]}.")


def _mapped(rule: RuleSettings, name: str, found: tuple[str, ...]) -> tuple[str, ...]:
    table = rule.values.get(name)
    if table is None:
        return found
    if any(one not in table for one in found):
        raise BadInput(f"{name}: the settings have no value of ours for it.", field=name)
    return tuple(table[one] for one in found)


def _at(said: object, path: str) -> tuple[str, ...]:
    """The values at a dotted path, as text; of a list, each. Empty where there is nothing."""
    here = said
    for key in path.split("."):
        here = here.get(key) if isinstance(here, dict) else None
    found = here if isinstance(here, list) else [here]
    return tuple(text for one in found if (text := _as_text(one)))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int) else ""
