"""Whose a ticket is: one at which another end user reads along, or in which one wrote, is not its requester's alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from activities.connectors.zendesk.people import is_soft_deleted
from activities.connectors.zendesk.rest import Rest, Row, number
from activities.connectors.zendesk.stored import is_staff
from activities.connectors.zendesk.tickets import copied

__all__ = ["Others"]


class Others:
    """The end users of an account who are not the person; each is asked for once.

    Args:
        rest: the account.
        own: ids of the person's users.
    """

    def __init__(self, rest: Rest, own: Collection[int]) -> None:
        self._rest = rest
        self._own = own
        self._are: dict[int, bool] = {0: False}

    async def share(self, ticket: Row, comments: Iterable[Row]) -> bool:
        """Whether one of them is in a ticket. Agents answer it, and are nobody's part in it."""
        in_it = copied(ticket) | {number(one, "author_id") for one in comments}
        for one in sorted(in_it.difference(self._own)):
            if one not in self._are:
                self._are[one] = await self._is_end_user(one)
            if self._are[one]:
                return True
        return False

    async def _is_end_user(self, user_id: int) -> bool:
        """What nobody has any more, or Zendesk wrote itself (``-1``), is nobody's."""
        user = await self._rest.get(f"users/{user_id}", "user")
        if user is None or is_staff(user):
            return False
        return user.get("active") is not False or await is_soft_deleted(self._rest, user_id)
