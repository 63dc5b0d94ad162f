"""From settings to parts: the ledger, the Temporal client, the controllers' policies. Every process starts here."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource
from pydantic_settings.exceptions import SettingsError

from habeas.errors import ConfigurationError, EngineUnavailable
from workers.settings import CONFIG_VARIABLE, Settings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from temporalio.client import Client
    from temporalio.runtime import Runtime

    from activities.ledger import Ledger
    from activities.mail import SmtpServer
    from activities.vault import Vault
    from habeas.connector import Connector
    from habeas.policy import Policy

DEFAULT_FILE = "habeas.toml"
CONNECT_TIMEOUT = timedelta(seconds=10)

_RELATIVE_TO_FILE = (("keys", "master_file"), ("policies",))


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings: environment over file. The file is `path`, else ``HABEAS_CONFIG``, else ``habeas.toml`` here.

    Relative paths written in the file are meant from the file's own folder.

    Raises:
        ConfigurationError: no such file, not TOML, or a setting is missing or wrong; names the setting and the line.
    """
    named = path or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    file = named or Path(DEFAULT_FILE)
    text = _read(file, required=named is not None)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: this is not TOML: {error}.") from None

    table = _anchored(raw, file)

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=table)

    try:
        return FromFile.model_validate({})
    except ValidationError as error:
        raise ConfigurationError(_explain(error, file, text)) from None
    except SettingsError as error:
        raise ConfigurationError(f"{file}: {error}.") from None


def _read(file: Path, *, required: bool) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        if required:
            raise ConfigurationError(f"There is no settings file {file} (--config or HABEAS_CONFIG).") from None
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The settings file {file} cannot be read: {type(error).__name__}.") from None


def _anchored(raw: dict[str, Any], file: Path) -> dict[str, Any]:
    for *outer, last in _RELATIVE_TO_FILE:
        table: Any = raw
        for name in outer:
            table = table.get(name) if isinstance(table, dict) else None
        if isinstance(table, dict) and isinstance(table.get(last), str):
            table[last] = str(file.parent.absolute() / table[last])
    return raw


def _explain(error: ValidationError, file: Path, text: str) -> str:
    found = [_explain_one(detail, file, text) for detail in error.errors(include_url=False, include_input=False)]
    if not text and not file.exists():
        found.append(f"There is no {file} here; `habeas up` makes an installation to try, with its settings.")
    return " ".join(found)


def _explain_one(detail: ErrorDetails, file: Path, text: str) -> str:
    keys = [str(part) for part in detail["loc"]]
    setting, variable = ".".join(keys), "HABEAS_" + "__".join(keys).upper()
    line = line_of(text, keys)
    place = f"{file}, line {line}" if line else str(file)
    if os.environ.get(variable) is not None:
        place = f"environment variable {variable}"
    if detail["type"] == "missing":
        return f"{place}: `{setting}` is missing (or set {variable})."
    if detail["type"] == "extra_forbidden":
        return f"{place}: there is no setting `{setting}`."
    return f"{place}: `{setting}`: {detail['msg']}."


def line_of(text: str, keys: list[str]) -> int | None:
    """The line (from 1) of a TOML text where this key stands, else that of its innermost table; None if nowhere."""
    table: list[str] = []
    best: tuple[int, int] = (0, 0)
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?([^\]]+)\]\]?\s*(#.*)?$", line):
            table = _parts(header[1])
            here = table
        elif pair := re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line):
            here = table + _parts(pair[1])
        else:
            continue
        depth = len(here)
        if here == keys[:depth] and depth > best[0]:
            best = (depth, number)
    return best[1] or None


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


async def connect_temporal(settings: Settings, runtime: Runtime | None = None) -> Client:
    """Connect to Temporal by its own environment and profiles, with our settings over them.

    Args:
        settings: the installation's.
        runtime: the SDK's, where it tells metrics; None for the process's own.

    Raises:
        EngineUnavailable: nobody answers within ten seconds.
        ConfigurationError: the profile does not exist or is not readable.
    """
    import asyncio

    from temporalio.client import Client
    from temporalio.envconfig import ClientConfig

    from activities.codec import data_converter
    from workers.tracing import interceptors

    wanted = settings.temporal
    converter = data_converter(await asyncio.to_thread(open_vault, settings), sealing=wanted.codec)
    try:
        config = ClientConfig.load_client_connect_config(wanted.profile)
    except (RuntimeError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"Temporal's profile `{wanted.profile or 'default'}` cannot be used: {type(error).__name__}."
        ) from None
    if wanted.address is not None:
        config["target_host"] = wanted.address
    if wanted.namespace is not None:
        config["namespace"] = wanted.namespace
    address = config.setdefault("target_host", "localhost:7233")
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT.total_seconds()):
            return await Client.connect(
                **config, data_converter=converter, runtime=runtime, interceptors=interceptors()
            )
    except (RuntimeError, OSError, TimeoutError):
        raise EngineUnavailable(f"Nothing answers at {address}.", address=address) from None


def mail_server(settings: Settings) -> SmtpServer:
    """The server that takes our mail.

    Raises:
        ConfigurationError: what is set of it does not go together.
    """
    from activities.mail import SmtpServer

    try:
        return SmtpServer.model_validate(settings.mail.model_dump())
    except ValidationError as error:
        said = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors(include_input=False))
        raise ConfigurationError(f"`mail`: {said}.") from None


@asynccontextmanager
async def open_ledger(settings: Settings, *, check: bool = True) -> AsyncIterator[Ledger]:
    """The ledger, connected and (with ``check``) fit for this version; its connections are given back at the end.

    Raises:
        LedgerUnavailable: the database does not answer.
        LedgerBehind: its tables have an older form.
        ConfigurationError: the keys' file cannot be used.
    """
    import asyncio

    from activities.ledger import Ledger

    # A service that seals the keys is asked by a call that blocks.
    vault = await asyncio.to_thread(open_vault, settings)
    ledger = Ledger.connect(settings.ledger.url.get_secret_value(), vault, settings.ledger.pool_size)
    try:
        if check:
            async with ledger.begin() as tx:
                await tx.check_form()
        yield ledger
    finally:
        await ledger.aclose()


def open_vault(settings: Settings) -> Vault:
    """The master keys, from the file or the environment; opened by the service that seals them, where one does.

    Raises:
        ConfigurationError: they are not there, or malformed, or the service refuses.
        KeysUnavailable: the service does not answer.
    """
    from activities.key_service import key_service
    from activities.vault import Vault

    keys = settings.keys
    service = key_service(keys.kms)
    if keys.master_file is not None:
        return Vault.from_file(keys.master_file, service)
    text = keys.master.get_secret_value() if keys.master is not None else ""
    return Vault.from_text(text, "HABEAS_KEYS__MASTER", service)


def load_policies(settings: Settings) -> Mapping[str, Policy]:
    """The controllers' policies of this installation, by controller.

    Raises:
        ConfigurationError: a file is missing, not complete or in a language without letters; names the line.
    """
    from activities.letters import LANGUAGES
    from habeas.policy import load_policies as load

    return load(settings.policies, only=settings.controllers, languages=LANGUAGES)


def load_connectors(
    settings: Settings, only: Iterable[str] | None = None, *, here: Collection[str] | None = None
) -> Mapping[str, Connector]:
    """Make the connectors of the configured systems, or of these. Each is found by its entry point.

    Args:
        settings: the installation's.
        only: the systems wanted; None for all.
        here: the systems whose calls this process makes; None for all that are not set to be called elsewhere. Of the
            others only the manifest is known, and they need no credentials.

    Raises:
        ConfigurationError: no such connector is installed, or it refuses its settings.
    """
    from activities.connectors import describe_connector, load_connector

    made: dict[str, Connector] = {}
    for name in settings.systems if only is None else only:
        system = settings.systems[name]
        is_here = not system.elsewhere if here is None else name in here
        make = load_connector if is_here else describe_connector
        made[name] = make(name, {"connector": system.connector, **system.options()})
    return made
