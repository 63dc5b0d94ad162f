"""Connectors by name: the built-in ones come through the same door as anyone's, the entry point group."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, cast

from activities.connectors.elsewhere import Elsewhere
from habeas.connector import ENTRY_POINT_GROUP, Connector, ConnectorFactory, Describing, Manifest
from habeas.errors import ConfigurationError

__all__ = ["connector_names", "describe_connector", "load_connector"]


def connector_names() -> tuple[str, ...]:
    """Every connector that is installed here."""
    return tuple(sorted({entry.name for entry in entry_points(group=ENTRY_POINT_GROUP)}))


def load_connector(system: str, settings: Mapping[str, Any]) -> Connector:
    """Make one configured system's connector.

    Args:
        system: its name in the settings.
        settings: its table: ``connector`` names the entry point, the rest is the connector's own.

    Raises:
        ConfigurationError: no such connector, it does not load, or its settings are wrong (its own error).
    """
    name, options = _split(settings)
    return _factory(system, name).from_settings(system, options)


def describe_connector(system: str, settings: Mapping[str, Any]) -> Connector:
    """As `load_connector`, for a system whose worker runs elsewhere: it has a manifest, and no way to the system.

    The settings need no credentials.

    Raises:
        ConfigurationError: see `load_connector`; or its connector cannot be described without them.
    """
    name, options = _split(settings)
    factory = _factory(system, name)
    if isinstance(factory, Describing):
        return Elsewhere(system, factory.describe(system, options))
    manifest = getattr(factory, "manifest", None)
    if not isinstance(manifest, Manifest):
        detail = f"systems.{system}: the connector {name!r} cannot run elsewhere: it has no `describe`."
        raise ConfigurationError(detail, system=system)
    return Elsewhere(system, manifest)


def _split(settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    options = dict(settings)
    return options.pop("connector", None), options


def _factory(system: str, name: Any) -> ConnectorFactory:
    found = [entry for entry in entry_points(group=ENTRY_POINT_GROUP) if entry.name == name]
    if not found:
        known = ", ".join(connector_names()) or "none"
        raise ConfigurationError(f"systems.{system}.connector is {name!r}; installed are: {known}.", system=system)
    try:
        return cast("ConnectorFactory", found[0].load())
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"systems.{system}: the connector {name!r} does not load ({type(error).__name__}: {error}).", system=system
        ) from error
