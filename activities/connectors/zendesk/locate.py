"""Finding users: a search that finds too much, then each of their addresses compared exactly; staff, marked as such."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from activities.connectors.api.identifiers import usable
from activities.connectors.zendesk.keys import key_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.rest import Rest, Row, number, text
from activities.connectors.zendesk.stored import deleted_softly, is_staff, user_with_identities
from habeas.connector import Located, Match
from habeas.errors import Quarantine
from habeas.model import Identifier, normalise
from habeas.written import ways

__all__ = ["author_of", "emails_of", "locate", "same_email"]

_MOST = 50
_KINDS = {"email": "email", "phone_number": "phone"}


async def locate(
    rest: Rest, identifiers: tuple[Identifier, ...], external_kind: str | None, region: str | None = None
) -> Located:
    """Every user who bears one of these, and every suspended ticket whose author has one of their addresses.

    By a staff account's further addresses, and by such as nobody has verified, nobody's suspended tickets are found.

    Raises:
        Quarantine: there are too many.
    """
    asked = [one for one in dict.fromkeys(identifiers) if one.kind in ("email", external_kind)]
    users: dict[int, tuple[Row, list[Row]]] = {}
    by: dict[int, list[Identifier]] = {}
    for identifier in asked:
        async for user_id, user, identities in _bearing(rest, identifier):
            users[user_id] = user, identities
            by.setdefault(user_id, []).append(identifier)
        _not_too_many(rest, len(users))
    async for identifier, user in _deleted(rest, [one for one in asked if one.kind == "email"]):
        users[number(user)] = user, []
        by.setdefault(number(user), []).append(identifier)
    _not_too_many(rest, len(users))
    matches = [_match(user_id, *users[user_id], tuple(by[user_id]), external_kind, region) for user_id in sorted(users)]
    addresses = {
        identifier: {
            *([identifier.value] if identifier.kind == "email" else []),
            *(
                one
                for user_id, found_by in by.items()
                if identifier in found_by and not is_staff(users[user_id][0])
                for one in emails_of(_verified(users[user_id][1]))
            ),
        }
        for identifier in asked
    }
    if asked:
        async for suspended in rest.pages("suspended_tickets", "suspended_tickets"):
            found_by = tuple(one for one, own in addresses.items() if author_of(suspended) in own)
            if found_by:
                key = key_of(number(suspended))
                matches.append(Match(collection=Kind.SUSPENDED, key=key, found_by=found_by, account=False))
    _not_too_many(rest, len(matches))
    return Located(matches=tuple(matches))


def same_email(value: str) -> str | None:
    """An address in the form that is compared: Zendesk knows no case. None if it is none."""
    try:
        return normalise("email", value)
    except ValueError:
        return None


def emails_of(identities: Iterable[Row]) -> set[str]:
    """A user's addresses."""
    found = (same_email(text(one, "value")) for one in identities if one.get("type") == "email")
    return {one for one in found if one}


def author_of(suspended: Row) -> str | None:
    """Who wrote a suspended ticket."""
    author = suspended.get("author")
    return same_email(text(author, "email")) if isinstance(author, dict) else None


async def _bearing(rest: Rest, identifier: Identifier) -> AsyncIterator[tuple[int, Row, list[Row]]]:
    if identifier.kind == "email":
        found = []
        for written in ways("email", identifier.value):
            words = written.replace('"', " ").replace("\\", " ")
            found += await rest.search_users(query=f'email:"{words}"')
    else:
        found = await rest.search_users(external_id=identifier.value)
    for user_id in dict.fromkeys(number(one) for one in found):
        whole = await user_with_identities(rest, user_id)
        if whole is not None and _bears(*whole, identifier):
            yield user_id, *whole


async def _deleted(rest: Rest, asked: list[Identifier]) -> AsyncIterator[tuple[Identifier, Row]]:
    """Users who were deleted softly, where Zendesk still says what their address was.

    No search knows them, and there is no filter (``ListDeletedUsers``: those who were deleted for good are in it too).
    """
    if not asked:
        return
    async for listed in rest.pages("deleted_users", "deleted_users"):
        for identifier in asked:
            if same_email(text(listed, "email")) == identifier.value:
                user = await deleted_softly(rest, number(listed))
                if user is not None:
                    yield identifier, user


def _bears(user: Row, identities: list[Row], identifier: Identifier) -> bool:
    if identifier.kind == "email":
        return identifier.value in emails_of(identities) | {same_email(text(user, "email"))}
    return _external(user, identifier.kind) == identifier


def _external(user: Row, kind: str) -> Identifier | None:
    try:
        return Identifier(kind=kind, value=text(user, "external_id"))
    except ValueError:
        return None


def _match(
    user_id: int,
    user: Row,
    identities: list[Row],
    by: tuple[Identifier, ...],
    external_kind: str | None,
    region: str | None,
) -> Match:
    yields = [*_told(identities, region)]
    external = _external(user, external_kind) if external_kind else None
    sure = {*_told(_verified(identities), region), *([external] if external else [])}
    yields += [external] if external else []
    return Match(
        collection=Kind.USERS,
        key=key_of(user_id),
        found_by=by,
        yields=tuple(dict.fromkeys(yields)),
        unproven=tuple(one for one in dict.fromkeys(yields) if one not in sure),
        name=text(user, "name").strip() or None,
        staff=is_staff(user),
    )


def _told(identities: Iterable[Row], region: str | None) -> Iterator[Identifier]:
    for one in identities:
        kind = _KINDS.get(text(one, "type"))
        if kind:
            yield from usable(kind, (text(one, "value"),), region)


def _verified(identities: Sequence[Row]) -> list[Row]:
    """Those that are known to be the user's.

    Verified end users add addresses and numbers to their own profile, "verified" or not (``CreateEndUserIdentity``,
    https://developer.zendesk.com/api-reference/ticketing/users/user_identities/); further ones that an agent adds are
    verified at once (https://support.zendesk.com/hc/en-us/articles/4408822763546). Who has only ever written by mail
    need not verify that address: where it is all that Zendesk knows them by, numbers aside, it counts.
    """
    kinds = [one.get("type") for one in identities if one.get("type") != "phone_number"]
    return [one for one in identities if one.get("verified") is True or (kinds == ["email"] == [one.get("type")])]


def _not_too_many(rest: Rest, count: int) -> None:
    if count > _MOST:
        raise Quarantine(f"More than {_MOST} records of {rest.system} bear these identifiers.", system=rest.system)
