"""One complete set of facts per kind of letter, for one law at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pydantic import SecretStr

from activities.letters import (
    SEALED,
    Acknowledgement,
    Attention,
    Authority,
    BinnedGroup,
    CodeLetter,
    CodeReminder,
    CompletionAccess,
    CompletionErasure,
    Controller,
    DelayLetter,
    ErasedGroup,
    Extension,
    Ground,
    KeptEnded,
    KeptGroup,
    Kind,
    LetterFacts,
    MissingSystem,
    NothingFound,
    Refusal,
    StaffAlarm,
    StaffAttention,
    StaffReminder,
    Unverified,
    VisitCodeLetter,
    Withdrawal,
    WithheldGroup,
)
from activities.letters.exists import default_right
from activities.letters.samples import sample
from habeas.model import Right

REQUEST = "HB-7K3M-9Q2X-4TDW"


def base(**changes: Any) -> dict[str, Any]:
    common: dict[str, Any] = {
        "request_id": REQUEST,
        "controller": Controller(
            name="Nordlys ApS", contact="privacy@nordlys.example", address="Havnegade 1\n8000 Aarhus"
        ),
        "right": Right.ACCESS,
        "regime": "EU-GDPR",
        "jurisdiction": "DK",
        "received_on": date(2026, 3, 2),
        "today": date(2026, 3, 3),
        "timezone": "Europe/Copenhagen",
        "person_name": "Åse Bjørk O’Neill-Łuk",
        "status_url": "https://privacy.nordlys.example/r/HB-7K3M-9Q2X-4TDW",
        "appeal": "appeals@nordlys.example",
        "complain_within": "30 days",
        "authorities": (Authority(name="Datatilsynet", url="https://www.datatilsynet.dk/"),),
    }
    return common | changes


def everything(**changes: Any) -> tuple[LetterFacts, ...]:
    """Every kind of letter, with all it can say."""
    at = datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
    erasure = base(**({"right": Right.ERASURE} | changes))
    common = base(**changes)
    code: dict[str, Any] = {
        "code": SecretStr("493027"),
        "expires_at": at,
        "confirm_url": "https://privacy.nordlys.example/c/1",
    }
    gone = ErasedGroup(system="Customer relations", category="contact", count=12)
    missing = (MissingSystem(title="Phone system", reason="it is being repaired"),)
    provision = "GDPR Article 17(3)(b)"
    return (
        Acknowledgement(**common, due_on=date(2026, 4, 2)),
        CodeLetter(**common, **code),
        Acknowledgement(**common, due_on=date(2026, 4, 2), identity="both", correction_consents="GDPR 18(2)"),
        CodeLetter(**common, **code, second_proof=True),
        CodeReminder(**common, **code, closes_on=date(2026, 3, 17)),
        CodeReminder(**common, **code, term_over=True, closes_on=date(2026, 3, 17)),
        VisitCodeLetter(**common, code=code["code"], expires_at=at),
        Extension(
            **common,
            due_on=date(2026, 4, 2),
            new_due_on=date(2026, 6, 2),
            grounds=(Ground(code="complexity"), Ground(explanation="An archive of 1998 has to be read by hand.")),
            provision="GDPR Article 12(3)",
        ),
        CompletionAccess(
            **common,
            link_url="https://privacy.nordlys.example/d/9f",
            link_expires_at=at,
            records=1234,
            systems=("Customer relations", "Billing"),
            withheld=(WithheldGroup(what="password hash", reason="security of the account (GDPR 32)"),),
            missing=missing,
        ),
        CompletionErasure(
            **erasure,
            erased=(gone,),
            anonymised=(ErasedGroup(system="Support", category="communication", count=1),),
            binned=(BinnedGroup(system="Customer relations", until=date(2026, 5, 31)), BinnedGroup(system="Support")),
            kept=(
                KeptGroup(
                    system="Billing",
                    category="transactions",
                    count=8,
                    law="Danish Bookkeeping Act § 12",
                    until=date(2031, 12, 31),
                ),
            ),
            missing=missing,
            recipients_told=("Post A/S", "Bank A/S"),
            record_kept_until=date(2029, 3, 2),
        ),
        KeptEnded(
            **erasure,
            told_on=date(2025, 3, 2),
            erased=(gone,),
            anonymised=(ErasedGroup(system="Support", category="communication", count=1),),
            kept=(KeptGroup(system="Billing", category="transactions", count=1, law="GDPR 17(3)(e)"),),
            missing=missing,
            recipients_told=("Post A/S",),
            record_kept_until=date(2029, 3, 2),
        ),
        NothingFound(**common, systems=("Customer relations", "Billing"), searched_by=("email", "phone")),
        Refusal(
            **erasure,
            grounds=(Ground(code="legal_obligation", provision=provision),),
            in_part=True,
            done=(gone,),
        ),
        Withdrawal(**erasure, done=(gone,)),
        Unverified(**common),
        Unverified(**common, code_given=True),
        Unverified(**common, code_sent=False),
        DelayLetter(
            **common, known="systems", systems=("Billing", "Support"), expected_on=date(2026, 4, 2), day="by_law"
        ),
        DelayLetter(**common, known="review", expected_on=date(2026, 4, 16), day="again", again=True),
        StaffReminder(**common, stage="reviewing", due_on=date(2026, 3, 10), blocked_on=("billing",)),
        StaffAlarm(**common, stage="reviewing", due_on=date(2026, 3, 2), desk_url="http://127.0.0.1:8470/r/1"),
        StaffAttention(**common, stage="locating", about=Attention.AMBIGUOUS_MATCH, system="crm", correlation="c-1"),
        *(_made_up(kind, changes) for kind in SEALED),
    )


def _made_up(kind: Kind, changes: dict[str, Any]) -> LetterFacts:
    """A letter with facts of its own, as previews show it, about the person of these examples."""
    common = base(**({"right": default_right(kind)} | changes))
    made = sample(
        kind,
        controller=common["controller"],
        regime=common["regime"],
        jurisdiction=common["jurisdiction"],
        right=common["right"],
    )
    named = {"appeal": common["appeal"], "authorities": common["authorities"], "person_name": common["person_name"]}
    return made.model_copy(update=named)
