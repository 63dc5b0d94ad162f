"""What every connector of a web API has, whatever the vendor: how it is made from settings, described, and closed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from activities.connectors.api.client import ApiClient, ApiSettings
from habeas.connector import Manifest

__all__ = ["ApiConnector"]

S = TypeVar("S", bound=ApiSettings)


class ApiConnector(ABC, Generic[S]):
    """One configured account of a vendor's.

    Args:
        system: its name in the settings.
        settings: what they say.
    """

    stand_ins: ClassVar[Mapping[str, Any]] = {}
    """For the credentials, which a system that is served elsewhere does not have here: what is read in their place."""
    _api: ApiClient

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
        return cls.manifest_of(cls.read(system, {**cls.stand_ins, **settings}))

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

    async def aclose(self) -> None:
        """Give back connections."""
        await self._api.aclose()
