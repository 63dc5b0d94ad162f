"""Finding users by address: exactly, in any case as RT does, disabled ones too; staff, marked as such."""

from __future__ import annotations

from itertools import product

from activities.connectors.api.identifiers import usable
from activities.connectors.rt import stored
from activities.connectors.rt.rest import Rest, is_
from activities.connectors.rt.settings import USERS
from activities.connectors.rt.words import addresses
from habeas.connector import Located, Match
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.written import ways

__all__ = ["locate"]

_MOST = 50
_PHONES = ("HomePhone", "WorkPhone", "MobilePhone", "PagerPhone")


async def locate(system: str, rest: Rest, identifiers: tuple[Identifier, ...], region: str | None = None) -> Located:
    """Every user who bears one of these addresses.

    A user's name counts where it is an address: RT makes it so, and it stays when the address changes.

    Raises:
        Quarantine: there are too many.
    """
    found: dict[int, list[Identifier]] = {}
    for identifier in dict.fromkeys(one for one in identifiers if one.kind == "email"):
        for number in await _bearing(rest, identifier.value):
            found.setdefault(number, []).append(identifier)
        if len(found) > _MOST:
            raise Quarantine(f"More than {_MOST} users of {system} bear these identifiers.", system=system)
    matches = []
    for number, by in sorted(found.items()):
        account = await stored.user(rest, number)
        if account is not None:
            matches.append(_match(number, account, tuple(by), region))
    return Located(matches=tuple(matches))


async def _bearing(rest: Rest, address: str) -> set[int]:
    found = set()
    for field, written in product(("EmailAddress", "Name"), ways("email", address)):
        # The list says of everybody that they are neither disabled nor privileged: the record itself is asked later.
        for row in await rest.users(is_(field, written), ("EmailAddress", "Name")):
            if address in addresses(row):
                found.add(int(row["id"]))
    return found


def _match(number: int, account: stored.User, by: tuple[Identifier, ...], region: str | None) -> Match:
    row = account.at.row
    yields = [Identifier(kind="email", value=one) for one in addresses(row)]
    yields += usable("phone", [row.get(field) for field in _PHONES], region)
    name = str(row.get("RealName") or "").strip() or None
    return Match(
        collection=USERS,
        key=f"[{number}]",
        found_by=by,
        yields=tuple(dict.fromkeys(yields)),
        name=name,
        staff=account.staff,
    )
