"""What every connector of a web API has, whatever the vendor: how it is made, described, changed by, and closed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from activities.connectors.api import changing
from activities.connectors.api.changing import Changeable
from activities.connectors.api.client import ApiClient, ApiSettings
from habeas.connector import Change, Manifest
from habeas.outcomes import ChangeAnswer, ConfirmAnswer

__all__ = ["ApiConnector"]

S = TypeVar("S", bound=ApiSettings)


class ApiConnector(ABC, Generic[S]):
    """One configured account of a vendor's.

    Args:
        system: its name in the settings.
        settings: what they say.
    """

    stand_ins: ClassVar[Mapping[str, Any]] = {}
    """The credentials, and what is read in their place for a system that is served elsewhere; None for nothing."""
    _api: ApiClient
    _changes: Changeable

    def __init__(self, system: str, settings: S) -> None:
        self._system = system
        self._settings = settings
        self.manifest = self.manifest_of(settings)

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make the connector of one configured account.

        Raises:
            ConfigurationError: a setting is missing or wrong, or the vendor cannot do what is asked; names each.
        """
        return cls(system, cls.read(system, settings))

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """See `habeas.connector.Describing`."""
        known = {key: value for key, value in settings.items() if key not in cls.stand_ins}
        put = {key: value for key, value in cls.stand_ins.items() if value is not None}
        return cls.manifest_of(cls.read(system, known | put))

    @staticmethod
    @abstractmethod
    def read(system: str, settings: Mapping[str, Any]) -> S:
        """The settings, if the vendor can do what they ask.

        Raises:
            ConfigurationError: see `from_settings`.
        """

    @staticmethod
    @abstractmethod
    def manifest_of(settings: S) -> Manifest:
        """What such an account can do."""

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        """See `habeas.connector.Changing.change`."""
        return await changing.change(self._changes, change)

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        """See `habeas.connector.Changing.confirm_change`."""
        return await changing.confirm_change(self._changes, change)

    async def aclose(self) -> None:
        """Give back connections."""
        await self._api.aclose()
