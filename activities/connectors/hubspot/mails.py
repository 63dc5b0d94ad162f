"""Whose an e-mail is: who sent it, or whom it was sent to, is often nobody's contact, and then no association says so.

HubSpot fills in who sent an e-mail and who got it from its headers, and associates it with the contacts among them and
with what it was logged on: https://developers.hubspot.com/docs/api-reference/legacy/crm/activities/emails/guide
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from activities.connectors.hubspot.hub import Hub, Row
from activities.connectors.hubspot.kinds import EMAILS
from activities.connectors.hubspot.records import Records, values
from habeas.model import normalise

__all__ = ["Mails"]

_DIRECTION = "hs_email_direction"
_SENT = "EMAIL"
"""Sent from HubSpot, or logged there as it went out: whoever sent it works here."""
_SENDERS = ("hs_email_from_email", "hs_email_sender_email")
_RECIPIENTS = ("hs_email_to_email", "hs_email_cc_email", "hs_email_bcc_email")
_LOGGING = ".hubspot.com"
"""Addresses that e-mails are sent to so that HubSpot logs them
(https://knowledge.hubspot.com/email/log-email-in-your-crm-with-the-bcc-or-forwarding-address)."""


class Mails:
    """One account's e-mails, for one act."""

    def __init__(self, hub: Hub, records: Records) -> None:
        self._hub = hub
        self._records = records

    async def of_strangers(self, mails: Collection[str], own: Collection[str]) -> set[str]:
        """Those of these e-mails that somebody else wrote to the company, or that it sent to somebody else alone.

        What the person wrote, or got from the company, is theirs, whoever else got it; so is what passed among
        colleagues only, and what says nothing of who sent it.

        Args:
            mails: their ids.
            own: the person's addresses, in their normal form. None are known: nothing can be said.
        """
        if not (mails and own):
            return set()
        asked = (_DIRECTION, *_SENDERS, *_RECIPIENTS)
        names = [name for name in asked if name in await self._records.defined(EMAILS)]
        rows = {str(row["id"]): row for row in await self._hub.read(EMAILS, mails, names)}
        if not any(_counterparts(row, frozenset()).difference(own) for row in rows.values()):
            return set()
        staff = await self._hub.staff()
        sides = {one: _counterparts(row, staff) for one, row in rows.items()}
        return {one for one, others in sides.items() if others and others.isdisjoint(own)}


def _counterparts(row: Row, staff: Collection[str]) -> set[str]:
    """Whom it is from or, where the company sent it, to."""
    held = values(row)
    senders = _outside(held, _SENDERS, staff)
    sent = held.get(_DIRECTION) == _SENT
    return _outside(held, _RECIPIENTS, staff) if sent or not senders else senders


def _outside(held: Mapping[str, str], names: Iterable[str], staff: Collection[str]) -> set[str]:
    found = set()
    for written in (one for name in names for one in held.get(name, "").split(";")):
        try:
            address = normalise("email", written)
        except ValueError:
            continue
        if address.casefold() not in staff and not address.casefold().endswith(_LOGGING):
            found.add(address)
    return found
