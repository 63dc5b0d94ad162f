"""What a service says that it finished, taken where it calls back: at the desk, also if another worker calls it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from habeas import wire
from habeas.errors import ConfigurationError

__all__ = ["CallbackDoor"]


class _Elsewhere(BaseModel):
    """What the desk may know of a system that another worker calls."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    callback_secrets: tuple[SecretStr, ...] = Field(default=(), min_length=1)


class CallbackDoor:
    """Takes callbacks that are signed with one of these secrets, and no others."""

    def __init__(self, system: str, secrets: Iterable[SecretStr], setting: str = "callback_secrets") -> None:
        try:
            self._signer = wire.Signer([one.get_secret_value() for one in secrets])
        except ValueError as error:
            raise ConfigurationError(f"systems.{system}.{setting}: {error}.", system=system) from None

    @classmethod
    def elsewhere(cls, system: str, settings: Mapping[str, object]) -> CallbackDoor | None:
        """The door of a system that is called elsewhere, where its settings here name ``callback_secrets``.

        Raises:
            ConfigurationError: they are not usable.
        """
        if "callback_secrets" not in settings:
            return None
        try:
            known = _Elsewhere.model_validate(settings)
        except ValidationError as error:
            said = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise ConfigurationError(f"systems.{system}.callback_secrets: {said}.", system=system) from None
        return cls(system, known.callback_secrets)

    def callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> wire.Finished:
        """What the service says that it finished.

        Raises:
            habeas.wire.BadSignature: it is not the service that says so, or it is no such message.
        """
        self._signer.verify(headers, body, now)
        try:
            return wire.Finished.model_validate_json(body)
        except ValidationError:
            raise wire.BadSignature from None
