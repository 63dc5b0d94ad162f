"""Deleting: what stops it, and what goes with it.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_delete.htm
"""

from tests.vendors.salesforce.errors import Fault, deleted, insufficient_access
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.salesforce.org import Org
from tests.vendors.salesforce.relations import CASCADE, RESTRICT
from tests.vendors.salesforce.store import Row


def delete(org: Org, row: Row) -> list[Row]:
    """Put the record, and what hangs on it, into the recycle bin; a Fault, and nothing done, when it may not be."""
    if row.deleted_at:
        raise deleted()
    if not row.object.deletable:
        message = f"entity type {row.object.name} does not support delete"
        raise Fault("INSUFFICIENT_ACCESS_OR_READONLY", message)
    if row.object.name in org.rights.no_delete:
        raise insufficient_access()
    if row.object.name == "Contact" and row.values["IsPersonAccount"]:
        raise Fault("DELETE_FAILED", "You can't delete a person account's contact; delete the account instead.")
    doomed = _with_children(org, row)
    for one in doomed:
        _check_dependents(org, one, row)
    for one in doomed:
        org.store.delete(one)
        one.deleted_with = None if one is row else row.id
        _forget_references(org, one)
    _promote(org, row)
    return doomed


def _promote(org: Org, row: Row) -> None:
    """In the place of a primary contact who is no longer in an activity comes the next.

    https://help.salesforce.com/s/articleView?id=sales.activities_shared_considerations.htm
    """
    name = row.object.name.removesuffix("Relation")
    if name not in ("Task", "Event") or name == row.object.name:
        return
    activity = org.store.find(str(row.values[f"{name}Id"]))
    if activity is not None and activity.values["WhoId"] == row.values["RelationId"]:
        left = org.store.pointing_at(activity.id, row.object.name, f"{name}Id")
        activity.values["WhoId"] = left[0].values["RelationId"] if left else None


def _with_children(org: Org, row: Row) -> list[Row]:
    doomed = [row]
    for one in doomed:
        for parent, child, field in CASCADE:
            if parent == one.object.name:
                doomed += [each for each in org.store.pointing_at(one.id, child, field) if each not in doomed]
    return doomed


def _check_dependents(org: Org, one: Row, asked: Row) -> None:
    """The sentence names the records, by number: nobody else's data, but not nothing either."""
    for parent, child, field in RESTRICT:
        if parent == one.object.name:
            blocking = org.store.pointing_at(one.id, child, field)
            if blocking:
                numbers = ", ".join(str(each.values.get("CaseNumber") or each.values["Name"]) for each in blocking)
                named = "cases" if child == "Case" else "portal users"
                raise Fault(
                    "DELETE_FAILED",
                    f"Your attempt to delete {asked.values.get('Name')} could not be completed because it is "
                    f"associated with the following {named}.: {numbers}\n",
                )
    if one.object.name == "Opportunity" and one.values["IsWon"] and one is not asked:
        raise Fault(
            "DELETE_FAILED",
            f"Your attempt to delete {asked.values.get('Name')} could not be completed because some opportunities in "
            f"this account were closed won.: {one.values['Name']}\n",
        )


def _forget_references(org: Org, row: Row) -> None:
    kept = {(child, field) for parent, child, field in CASCADE if parent == row.object.name}
    for kind in OBJECTS.values():
        for each in kind.fields:
            if row.object.name in each.reference_to and (kind.name, each.name) not in kept and each.updateable:
                for other in org.store.pointing_at(row.id, kind.name, each.name):
                    other.values[each.name] = None
