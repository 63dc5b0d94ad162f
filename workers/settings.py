"""Settings of an installation: one TOML file, ``habeas.toml``, and ``HABEAS_…`` environment variables over it.

Nested names join with two underscores: ``HABEAS_LEDGER__URL``, ``HABEAS_SYSTEMS__CRM__URL``. Temporal's own environment
variables and TOML profiles apply to its connection (``temporal.profile``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

CONFIG_VARIABLE = "HABEAS_CONFIG"


class Section(BaseModel):
    """One table of the file. A misspelt setting is an error, not a silent default."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class LedgerSettings(Section):
    """Where requests, sealed data and evidence live."""

    url: SecretStr
    """``postgresql://user:password@host:port/database``."""
    pool_size: int = Field(default=10, ge=1)
    """Connections of one process to the database, at most."""


class KeySettings(Section):
    """The master keys that wrap each request's own key."""

    master_file: Path | None = None
    """Lines of ``key-id:base64`` (32 bytes each); the last line is the active one. Mode 0600."""
    master: SecretStr | None = None
    """The same lines in the environment, in place of the file: `HABEAS_KEYS__MASTER`."""
    kms: str | None = Field(default=None, pattern=r"^aws-kms:[A-Za-z0-9:/_-]{1,256}$")
    """A service that seals them, so that the file alone opens nothing: `aws-kms:` and a key's id, ARN or alias."""

    @model_validator(mode="after")
    def _one(self) -> KeySettings:
        if (self.master_file is None) == (self.master is None):
            raise ValueError("give master_file, or master in the environment")
        return self


class StorageSettings(Section):
    """Where collected pages and packages are kept, encrypted."""

    url: str
    """``file:///path`` or ``s3://bucket/prefix``."""


class TemporalSettings(Section):
    """The Temporal server that keeps the workflows."""

    address: str | None = None
    """``host:port``; unset for what Temporal's own variables and profiles say."""
    namespace: str | None = None
    """Unset for what they say, else ``default``."""
    profile: str | None = None
    """A profile of Temporal's own TOML file; what is set here wins over it."""
    task_queue: str = "habeas"
    """The engine's queue; each system's is this name, a dot, and the system's name."""
    ui_url: str | None = None
    """Where its Web UI is, for people."""
    deployment: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    """Run workers as builds of this Worker Deployment: each takes work once it was made current. Unset for workers
    without builds."""
    build: str | None = Field(default=None, min_length=1)
    """Which build of the deployment this is; unset for the program's version."""
    codec: bool = False
    """Seal what Temporal keeps, which names nobody as it is; `habeas codec-server` opens it for the UI."""


class MailSettings(Section):
    """The SMTP server that letters go out by."""

    host: str
    """The SMTP server."""
    port: int = Field(ge=1, le=65535)
    """The server's port: 25, 465 with `tls`, 587 with `starttls`."""
    username: str | None = None
    """Unset to send without signing in."""
    password: SecretStr | None = None
    """Travels over TLS only."""
    starttls: bool = False
    """Insist on STARTTLS."""
    tls: bool = False
    """TLS from the first byte."""
    timeout: float = Field(default=20.0, gt=0, description="seconds")


class SignInSettings(Section):
    """How staff sign in to the desk: OpenID Connect. Without this table whoever reaches the desk is staff."""

    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    """The provider's address, as its `/.well-known/openid-configuration` names it; https, or this machine."""
    client_id: str = Field(min_length=1)
    """What the provider calls the desk. The address to register there is `desk.public_url` with `/sign-in/callback`."""
    client_secret: SecretStr
    """What the provider knows the desk by; from the environment."""
    account_claim: str = "email"
    """The claim that is the account which `[staff]` of the policies names. `email` counts only where it is verified."""
    groups_claim: str = "groups"
    """The claim that lists somebody's groups."""
    groups: tuple[str, ...] = ()
    """Who may sign in: members of any of these; empty for everybody whom the provider lets in."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    """What the provider is asked for."""
    idle_minutes: int = Field(default=30, ge=1, le=1440)
    """How long somebody stays signed in without doing anything."""
    longest_hours: int = Field(default=12, ge=1, le=168)
    """How long somebody stays signed in at most."""


class DeskSettings(Section):
    """The web process: the desk, the person's pages, downloads."""

    host: str = "127.0.0.1"
    """The address to listen on: a loopback one, unless staff sign in (`desk.sign_in`)."""
    port: int = Field(default=8470, ge=0, le=65535)
    """0 for any that is free."""
    public_url: str = "http://127.0.0.1:8470"
    """What letters link to, and where staff sign in: https, where they do."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies in front of it whose `X-Forwarded-For` is believed; limits on clients then count clients."""
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where the desk serves Prometheus metrics, at `/metrics` and at no address of its own pages; unset for none."""
    sign_in: SignInSettings | None = None
    """How staff sign in; unset for nobody signing in, on this machine only."""


class CodecSettings(Section):
    """The server that opens sealed payloads for Temporal's UI and command line."""

    host: str = "127.0.0.1"
    """The address to listen on: a loopback one, unless staff sign in (`desk.sign_in`)."""
    port: int = Field(default=8471, ge=0, le=65535)
    """0 for any that is free."""
    names: tuple[str, ...] = ()
    """Names by which it is called behind a proxy. A session of the desk reaches it by the desk's own name only."""
    ui_origin: str | None = Field(default=None, pattern=r"^https?://[^\s/?#]+$")
    """The one origin whose pages may ask in a browser: `https://temporal.example.org`. Unset for programs only."""


class EvidenceSettings(Section):
    """How evidence can be shown to be whole by somebody who does not trust the database."""

    anchors: str | None = None
    """Where the anchors over all evidence are kept outside of it: `file:///path/anchors.jsonl`, or
    `s3://bucket/prefix` with AWS's own variables. Unset for nowhere."""
    lock_days: int = Field(default=0, ge=0, le=36_500)
    """How long a bucket keeps each anchor locked, in compliance mode; 0 for what the bucket does by itself."""
    timestamps: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    """A time-stamping authority (RFC 3161) that stamps them: its answers are kept beside them. Unset for none."""
    every_minutes: int = Field(default=15, ge=1, le=1440)
    """How often one is made, while anything happens."""


class WebhookSettings(Section):
    """Messages to other programs."""

    private_addresses: bool = False
    """Whether webhooks may be addresses of this machine and of your own networks; else only public ones."""


class HealthSettings(Section):
    """Where a worker answers probes. The desk answers them at its own port."""

    host: str = "127.0.0.1"
    """The address to listen on. What is told there names systems and nobody."""
    port: int | None = Field(default=None, ge=0, le=65535)
    """Where a worker answers `/healthz` and `/readyz`; unset for nowhere."""


class TracingSettings(Section):
    """Traces of what is done, for a collector of OpenTelemetry. They name steps, systems and requests, and nobody."""

    endpoint: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    """Where a collector takes them, OTLP by HTTP: `http://collector:4318/v1/traces`. Unset for no traces."""
    headers: SecretStr | None = None
    """What it knows us by: `name=value,name=value`; from the environment."""
    ratio: float = Field(default=1.0, ge=0, le=1)
    """Of the traces that begin here, how many are kept: from 0 to 1."""


class WatchSettings(Section):
    """The watchdog: what has gone quiet is found, and people are told."""

    every_minutes: int = Field(default=5, ge=1, le=60)
    """How often it looks. Where nothing looked for three times as long, the desk says so."""
    mail: tuple[str, ...] = ()
    """Operators' addresses, who hear of everything; unset for each controller's privacy officer, of what is theirs."""
    webhook: str | None = Field(default=None, pattern=r"^https?://[^\s#]+$")
    """A program that is told, too, in the form of docs/webhooks.md; unset for none."""
    webhook_secret: SecretStr | None = None
    """What these messages are signed with: `whsec_` and base64."""
    alive: SecretStr | None = None
    """A dead man's switch outside: an address that is called after every round, and raises the alarm when it is not."""
    again_days: int = Field(default=3, ge=1, le=30)
    """How often people are told again of what goes on."""
    system_hours: int = Field(default=24, ge=1, le=720)
    """How long requests may wait for a system until it counts as down."""
    letter_minutes: int = Field(default=60, ge=5, le=10_080)
    """How long a letter may take to the mail server."""
    runbooks: str = "docs/runbooks"
    """Where people find the runbooks: what the links in messages begin with."""

    @model_validator(mode="after")
    def _signed(self) -> WatchSettings:
        if (self.webhook is None) != (self.webhook_secret is None):
            raise ValueError("webhook and webhook_secret go together")
        return self


class RuleSettings(Section):
    """What a message of another program means."""

    does: Literal["open", "message", "withdraw"]
    """Open a request, add a message to one, or withdraw it."""
    when: dict[str, str] = {}
    """Only messages in which these are so: dotted path -> value. Empty for all."""
    fields: dict[str, str] = {}
    """Field of ours -> dotted path in the message: `email = "ticket.requester.email"`."""
    values: dict[str, dict[str, str]] = {}
    """Field of ours -> their value -> ours: `right = { "Delete my data" = "erasure" }`; any other is refused."""
    always: dict[str, str] = {}
    """Fields that are the same in every message."""


class SourceSettings(Section):
    """Another program that opens requests or adds to them, by signed messages to `/hooks/NAME`."""

    controller: str
    """For whom."""
    account: str
    """Whose acts they are: an account with rights by the policy's `[staff]`, where that names anybody."""
    secrets: tuple[SecretStr, ...] = ()
    """What it signs with: `whsec_` and base64. Several while one is being replaced."""
    secret_file: Path | None = None
    """Or a file with one on each line."""
    rules: tuple[RuleSettings, ...] = ()
    """The first that fits a message holds. Unset for messages in the form of docs/webhooks.md."""


class SystemSettings(BaseModel):
    """One connected system. What else stands in its table goes to its connector."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    connector: str
    """A name from the entry point group ``habeas.connectors``."""
    elsewhere: bool = False
    """Its calls are made by another worker, `habeas worker --systems NAME`, which alone has its credentials. That one
    too opens the ledger with the master key."""
    steps_at_once: int = Field(default=10, ge=1, le=1000)
    """How many requests' steps one worker has under way in it."""
    steps_per_second: float | None = Field(default=None, gt=0, le=10_000)
    """How many steps all workers together begin in a second; unset for no bound."""

    def options(self) -> dict[str, Any]:
        """The connector's own settings."""
        return dict(self.__pydantic_extra__ or {})


class Settings(BaseSettings):
    """Everything a process needs to know before it starts."""

    model_config = SettingsConfigDict(
        env_prefix="HABEAS_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    ledger: LedgerSettings
    keys: KeySettings
    storage: StorageSettings
    mail: MailSettings
    temporal: TemporalSettings = TemporalSettings()
    desk: DeskSettings = DeskSettings()
    codec: CodecSettings = CodecSettings()
    webhooks: WebhookSettings = WebhookSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    health: HealthSettings = HealthSettings()
    watch: WatchSettings = WatchSettings()
    tracing: TracingSettings = TracingSettings()
    sources: dict[str, SourceSettings] = {}
    policies: Path
    """The folder of the controllers' policy files."""
    controllers: tuple[str, ...] | None = None
    """Which of them this installation serves, by file name without `.toml`; unset for all in the folder."""
    systems: dict[str, SystemSettings] = {}
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where a worker serves Prometheus metrics, at `/metrics`; unset for none."""
    metrics_host: str = "127.0.0.1"
    """The address that worker and desk serve them on. They name systems and controllers, and nobody."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        toml = TomlConfigSettingsSource(settings_cls, os.environ.get(CONFIG_VARIABLE, "habeas.toml"))
        return init_settings, env_settings, toml
