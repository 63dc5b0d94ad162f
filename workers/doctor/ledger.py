"""The doctor on the ledger: its form, its clock, its role, its keys, and what waits in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

from activities.anchor_places import AnchorsDiffer, line_of, place_at
from activities.auditing import all_anchors
from activities.ledger import REVISIONS, Backlog, Ledger, LedgerBehind, RoleRights
from activities.vault import Vault
from workers.doctor.findings import Finding, ago, fine, not_looked, odd, wrong
from workers.settings import EvidenceSettings, Settings
from workers.wiring import open_ledger

__all__ = ["look_at_ledger"]

SKEW = timedelta(seconds=5)
UNSTARTED = timedelta(minutes=5)
"""Workers look for requests to start every half minute."""
UNSENT = timedelta(hours=1)
UNDELIVERED = timedelta(minutes=15)


async def look_at_ledger(settings: Settings) -> AsyncIterator[Finding]:
    """Look at all of it.

    Raises:
        LedgerUnavailable, ConfigurationError: it cannot be looked at.
    """
    async with open_ledger(settings, check=False) as ledger:
        async with ledger.begin() as tx:
            before = datetime.now(UTC)
            there, revision = await tx.now(), await tx.revision()
        yield _form(revision)
        yield _clock(there - before)
        if revision != REVISIONS[-1]:
            yield not_looked("outbox", "the ledger has another form than this version's")
            return
        async with ledger.begin() as tx:
            rights, keys, backlog = await tx.role_rights(), await tx.master_keys(), await tx.backlog(there)
        yield _rights(rights)
        yield _keys(ledger.vault, keys)
        for finding in _outbox(backlog, there):
            yield finding
        yield await _anchors(ledger, settings.evidence, backlog, there)


def _form(revision: str | None) -> Finding:
    newest = REVISIONS[-1]
    if revision == newest:
        return fine("ledger", f"answers; its tables are at {newest}")
    if revision is not None and revision not in REVISIONS:
        said = f"its tables are at {revision}, which a newer version made; this one knows {newest}"
        return odd("ledger", said, "Run the doctor of that version.")
    return wrong("ledger", f"its tables are at {revision or 'nothing'}, and {newest} is needed", LedgerBehind.remedy)


def _clock(skew: timedelta) -> Finding:
    seconds = f"{abs(skew.total_seconds()):.1f} seconds"
    if abs(skew) < SKEW:
        return fine("clock", f"this machine and the ledger's differ by {seconds}")
    return wrong("clock", f"this machine and the ledger's differ by {seconds}", "Have both keep time by NTP.")


def _rights(rights: RoleRights) -> Finding:
    grant = f"`habeas bootstrap --grant-to {rights.name}` as the tables' owner grants what it needs."
    if rights.missing and not rights.owner:
        return wrong("rights", f"{rights.name} lacks {', '.join(rights.missing)}", grant)
    if rights.owner:
        said = f"{rights.name} owns the tables, and could change evidence"
        return odd("rights", said, "Have processes sign in as a role of their own (docs/deploy-it.md, least rights).")
    if rights.too_many:
        said = f"{rights.name} may change evidence: {', '.join(rights.too_many)}"
        return wrong("rights", said, f"REVOKE these rights from {rights.name}, as the tables' owner.")
    return fine("rights", f"{rights.name} has what it needs, and cannot change evidence")


def _keys(vault: Vault, needed: dict[str, int]) -> Finding:
    missing = {key: count for key, count in needed.items() if key not in vault.key_ids}
    if missing:
        said = ", ".join(f"{key} (which {count} requests need)" for key, count in sorted(missing.items()))
        return wrong(
            "master key", f"its file lacks {said}", "Add these lines of a backup to it: nothing they sealed opens."
        )
    return fine("master key", f"opens every request; new ones are sealed by {vault.active_key_id}")


def _outbox(backlog: Backlog, now: datetime) -> Iterator[Finding]:
    minutes = ago(backlog.unstarted_since, now)
    if minutes > UNSTARTED:
        said = f"{backlog.unstarted} requests were written down and not started, the oldest {_long(minutes)} ago"
        yield wrong("unstarted requests", said, "Look at the findings on Temporal and workers: one of them starts it.")
    else:
        yield fine("unstarted requests", f"{backlog.unstarted}")
    unsent = ago(backlog.letters_since, now)
    if unsent > UNSENT:
        said = f"{backlog.letters} letters wait, the oldest for {_long(unsent)}"
        yield wrong("letters", said, "Look at the finding on mail; they go out by themselves once it is mended.")
    else:
        yield fine("letters", f"{backlog.letters} on their way")
    late = ago(backlog.deliveries_since, now)
    if backlog.webhooks_off or late > UNDELIVERED:
        said = f"{backlog.webhooks_off} are sent nothing any more; {backlog.deliveries} events are due"
        yield odd("webhooks", said, "`habeas webhook list` says which and why; `habeas webhook enable ID` goes on.")
    else:
        yield fine("webhooks", f"{backlog.deliveries} events are due")


async def _anchors(ledger: Ledger, settings: EvidenceSettings, backlog: Backlog, now: datetime) -> Finding:
    late = ago(backlog.unanchored_since, now)
    if late > 2 * timedelta(minutes=settings.every_minutes) + UNSTARTED:
        said = f"evidence of {_long(late)} ago is covered by no anchor"
        return wrong("anchors", said, "A worker that serves the engine's queue makes them: look at its log.")
    if settings.anchors is None:
        said = "all evidence is covered, and its anchors are kept nowhere but in the ledger"
        return odd("anchors", said, "Set `evidence.anchors` to a place outside of it (docs/evidence.md).")
    place = place_at(settings.anchors, timedelta(days=settings.lock_days))
    try:
        known = await place.known([line_of(one) for one in await all_anchors(ledger)])
    except AnchorsDiffer as error:
        return wrong("anchors", str(error), error.remedy)
    finally:
        await place.aclose()
    return fine("anchors", f"all evidence is covered; {known} anchors are kept outside")


def _long(time: timedelta) -> str:
    return f"{time.days} days" if time.days else f"{int(time.total_seconds() // 60)} minutes"
