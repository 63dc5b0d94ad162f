"""A user's two deletions, and what tells that the second one was done."""

from __future__ import annotations

from collections.abc import Iterable

from activities.connectors.zendesk.rest import GONE, INVALID, Rest, text
from activities.connectors.zendesk.stored import CLOSED, deleted_softly, is_staff

__all__ = ["delete_user", "is_deleted_everywhere", "is_purged", "is_soft_deleted"]


async def is_purged(rest: Rest, user_id: int) -> bool:
    """Whether the permanent deletion was asked for, or there is no such user.

    A missing address proves nothing: deleted users have none as soon as they are deleted softly. What is deleted only
    softly is still shown by ``ShowDeletedUser`` ("users that have been deleted but not permanently yet").
    """
    user = await rest.get(f"users/{user_id}", "user")
    if user is not None and user.get("active") is not False:
        return False
    return not await is_soft_deleted(rest, user_id)


async def is_soft_deleted(rest: Rest, user_id: int) -> bool:
    """Deleted, and can still be brought back."""
    return await deleted_softly(rest, user_id) is not None


async def delete_user(rest: Rest, user_id: int) -> str | None:
    """Softly, then for good; safe to repeat. None if it was asked for, else the reason why not.

    ``DeleteUser`` refuses the requester of tickets that are not closed
    (https://support.zendesk.com/hc/en-us/articles/4408836530586). ``PermanentlyDeleteUser`` answers 422 where it was
    asked before ("Only one deletion request needed per user",
    https://support.zendesk.com/hc/en-us/community/posts/7638499688730), and takes 700 in ten minutes.
    """
    user = await rest.get(f"users/{user_id}", "user")
    if user is not None and user.get("active") is not False:
        if is_staff(user):
            return "staff"
        answer = await rest.delete(f"users/{user_id}", also=(GONE, INVALID))
        if answer.status == INVALID:
            tickets = rest.pages(f"users/{user_id}/tickets/requested", "tickets")
            unfinished = [one async for one in tickets if one.get("status") != CLOSED]
            return "open_ticket" if unfinished else "refused_by_system"
    await rest.delete(f"deleted_users/{user_id}", also=(GONE, INVALID))
    return None if await is_purged(rest, user_id) else "still_there"


async def is_deleted_everywhere(rest: Rest, user_id: int, applications: Iterable[str]) -> bool:
    """Whether every one of these products, and every other that began, says that it has deleted the user.

    ``ShowUserComplianceDeletionStatuses``: the deletion is asked for of "all"; each product starts and completes on
    its own, hours apart. 404 for a user who is not in the account.
    """
    path = f"users/{user_id}/compliance_deletion_statuses"
    if (await rest.raw(f"api/v2/{path}", also=(GONE,))).status == GONE:
        return True
    said = [
        (text(one, "application"), text(one, "action"))
        async for one in rest.pages(path, "compliance_deletion_statuses")
    ]
    begun = {application for application, action in said if action == "started"}
    done = {application for application, action in said if action.startswith("complete")}
    return {*applications, *begun} <= done
