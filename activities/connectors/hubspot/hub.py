"""Calls to HubSpot's API, one method for each; what they answer as plain values.

Rate limits: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines. An answer 429 names the
limit; no Retry-After is documented for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, TypeAdapter

from activities.connectors.api import Answer, ApiClient
from activities.connectors.api.chunks import chunks
from activities.connectors.api.paging import refuse_same_page
from activities.connectors.api.retry_after import retry_after
from activities.connectors.api.shapes import shaped
from activities.connectors.hubspot import shapes
from habeas.errors import Quarantine, Transient

__all__ = ["Hub", "Property", "Row"]

Row = Mapping[str, Any]
"""An object as HubSpot writes it: ``id``, ``properties`` and so on."""

_MOST_READ, _MOST_LINKED, _SEARCH_PAGE, _OWNERS_PAGE = 100, 1000, 200, 500
_NOT_THERE, _LOCKED, _LIMITED = 404, 423, 429
_LOCK_LASTS = 2.0
"""Seconds (https://developers.hubspot.com/docs/api-reference/error-handling). An account that is being moved between
data centres answers 477 there, and says itself when to come back."""
_PATIENCE: Mapping[str, float] = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0, "DAILY": 3600.0}
"""Seconds to wait for a limit to be over. The day's ends at midnight in the account's time zone."""
_CONTACT = "0-1"
"""How contacts are named where kinds of object are: https://developers.hubspot.com/docs/guides/crm/understanding-the-crm."""


@dataclass(frozen=True)
class Property:
    """A property that the account defines."""

    name: str
    type: str
    checkbox: bool
    writable: bool
    custom: bool
    """Made by the account's administrators, not by HubSpot."""

    @property
    def text(self) -> bool:
        """It holds whatever somebody wrote."""
        return self.type in ("string", "phone_number")


class Hub:
    """One account."""

    def __init__(self, system: str, api: ApiClient) -> None:
        self.system = system
        self._api = api

    async def properties(self, kind: str, sensitivity: str) -> list[Property]:
        """https://developers.hubspot.com/docs/guides/api/crm/properties: not paged, sensitive ones apart."""
        found = await self.json(
            "GET", f"crm/v3/properties/{kind}", shapes.PROPERTIES, params={"dataSensitivity": sensitivity}
        )
        return [
            Property(
                name=each["name"],
                type=each["type"],
                checkbox=each.get("fieldType") == "booleancheckbox",
                writable=not (each.get("modificationMetadata") or {}).get("readOnlyValue", False),
                custom=each.get("hubspotDefined") is not True,
            )
            for each in found["results"]
        ]

    async def read(
        self,
        kind: str,
        ids: Iterable[str],
        properties: Collection[str],
        *,
        archived: bool = False,
        by: str | None = None,
        history: bool = False,
    ) -> list[Row]:
        """Objects by id, or by a unique property; those that are not there are left out.

        https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/guide ("batch"): at most 100, 50
        with their history. The id of a contact that was merged gives the one that it became, with another id.
        """
        rows: list[Row] = []
        for some in chunks(sorted(set(ids)), _MOST_READ // 2 if history else _MOST_READ):
            body: dict[str, JsonValue] = {
                "inputs": [{"id": one} for one in some],
                "properties": [*sorted(properties)],
                "propertiesWithHistory": [*sorted(properties)] if history else [],
                **({"idProperty": by} if by else {}),
            }
            params = {"archived": "true" if archived else "false"}
            found = await self.json("POST", f"crm/v3/objects/{kind}/batch/read", shapes.ROWS, params=params, json=body)
            self.only_missing(found)
            rows += found["results"]
        return rows

    async def search(self, groups: Sequence[JsonValue], most: int) -> list[str]:
        """Ids of contacts that one of at most five groups of filters lets through, as the index has them.

        https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm

        Raises:
            Quarantine: there are more than ``most``.
        """
        ids: list[str] = []
        after = "0"
        while True:
            body: dict[str, JsonValue] = {
                "filterGroups": list(groups),
                "properties": ["hs_object_id"],
                "sorts": [],
                "limit": _SEARCH_PAGE,
                "after": after,
            }
            found = await self.json("POST", "crm/v3/objects/contacts/search", shapes.FOUND, json=body)
            ids += [str(each["id"]) for each in found["results"]]
            if len(ids) > most:
                raise Quarantine(f"{self.system} finds more than {most} contacts.", system=self.system)
            before, after = after, _next(found) or ""
            if not after:
                return ids
            refuse_same_page(self.system, before, after)

    async def associated(self, kind: str, ids: Iterable[str], to: str) -> dict[str, set[str]]:
        """For each object that has some: the ids of the objects of another kind associated with it.

        https://developers.hubspot.com/docs/guides/api/crm/associations/associations-v4: each result pages on its own;
        objects without an association come as errors.
        """
        linked: dict[str, set[str]] = {}
        inputs: list[JsonValue] = [{"id": one} for one in sorted(set(ids))]
        while inputs:
            some, inputs = inputs[:_MOST_LINKED], inputs[_MOST_LINKED:]
            found = await self.json(
                "POST", f"crm/v4/associations/{kind}/{to}/batch/read", shapes.LINKS, json={"inputs": some}
            )
            self.only_missing(found)
            for each in found["results"]:
                one = str(each["from"]["id"])
                linked.setdefault(one, set()).update(str(link["toObjectId"]) for link in each["to"])
                after = _next(each)
                if after:
                    inputs.append({"id": one, "after": after})
        return linked

    async def disassociate(self, kind: str, one: str, to: str, other: str) -> None:
        """All associations between two objects go, whatever their labels; again does no harm.

        https://developers.hubspot.com/docs/api-reference/2026-03/crm/associations/associate-records/delete-association
        """
        path = f"crm/v4/objects/{kind}/{one}/associations/{to}/{other}"
        await self.call("DELETE", path, also=(_NOT_THERE,))

    async def erase_contact(self, one: str) -> None:
        """For good, by id and by nothing else: an address that HubSpot does not find goes on its block list.

        https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/gdpr/gdpr-delete-contact. Not
        verified: that contacts in the bin can be deleted so, and that an unknown id is a 404.
        """
        body: dict[str, JsonValue] = {"objectId": one}
        await self.call("POST", "crm/v3/objects/contacts/gdpr-delete", json=body, also=(_NOT_THERE,))

    async def archive(self, kind: str, one: str) -> None:
        """Into the bin, for 90 days: https://knowledge.hubspot.com/records/restore-deleted-records."""
        await self.call("DELETE", f"crm/v3/objects/{kind}/{one}", also=(_NOT_THERE,))

    async def update(self, kind: str, one: str, values: Mapping[str, str]) -> None:
        """Change properties; an empty value clears one. What was there before stays in its history.

        https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/guide ("update")

        Raises:
            Refused: 400 for a value that does not fit, 404 for no such object, 409 for an address that is taken.
        """
        await self.call("PATCH", f"crm/v3/objects/{kind}/{one}", json={"properties": dict(values)})

    async def staff(self) -> frozenset[str]:
        """The addresses of the account's users, also of former ones, in their normal form. None is asked for by name.

        https://developers.hubspot.com/docs/api-reference/crm-crm-owners-v3/guide: every user is an owner.
        """
        found: set[str] = set()
        for archived in ("false", "true"):
            after: str | None = None
            while True:
                params = {"limit": _OWNERS_PAGE, "archived": archived, **({"after": after} if after else {})}
                page = await self.json("GET", "crm/v3/owners", shapes.OWNERS, params=params)
                found |= {str(each.get("email") or "").strip().casefold() for each in page["results"]}
                before, after = after, _next(page)
                if not after:
                    break
                refuse_same_page(self.system, before, after)
        return frozenset(found - {""})

    async def custom_objects(self) -> list[str]:
        """The names of the account's own kinds of object that contacts can be associated with.

        https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/schemas/get-schemas
        """
        found = await self.json("GET", "crm-object-schemas/v3/schemas", shapes.SCHEMAS)
        return sorted(
            str(each["name"])
            for each in found["results"]
            if any(_CONTACT in (one["fromObjectTypeId"], one["toObjectTypeId"]) for one in each["associations"])
        )

    async def scopes(self, token: str) -> frozenset[str] | None:
        """What the token may do; None if it is not a private app's.

        https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview
        """
        path = "oauth/v2/private-apps/get/access-token-info"
        answer = await self.call("POST", path, json={"tokenKey": token}, also=(_NOT_THERE,))
        return None if answer.status == _NOT_THERE else frozenset(shaped(answer.json, shapes.SCOPES)["scopes"])

    async def json(self, method: str, path: str, shape: TypeAdapter[Any], **more: Any) -> Any:
        """One call whose answer has this shape, one of `shapes`."""
        return shaped((await self.call(method, path, **more)).json, shape)

    async def call(self, method: str, path: str, *, also: Collection[int] = (), **more: Any) -> Answer:
        """One call, as `ApiClient.call`; HubSpot's limits are waited for by their names."""
        answer = await self._api.call(method, path, also=(*also, _LIMITED, _LOCKED), **more)
        if answer.status == _LIMITED:
            raise self._limited(answer)
        if answer.status == _LOCKED:
            wait = retry_after(answer.headers) or _LOCK_LASTS
            raise Transient(f"{self.system} is locked for a moment.", retry_after=wait, system=self.system)
        return answer

    def _limited(self, answer: Answer) -> Transient:
        try:
            said = answer.json
        except Transient:
            said = None
        policy = said.get("policyName") if isinstance(said, dict) else None
        known = policy if isinstance(policy, str) and policy in _PATIENCE else "a limit"
        wait = retry_after(answer.headers) or _PATIENCE.get(known)
        return Transient(f"{self.system} is busy ({known}).", retry_after=wait, system=self.system)

    def only_missing(self, found: Mapping[str, Any]) -> None:
        """Some were not there: that is an answer. Anything else is none, and must not be taken for "nothing"."""
        if any(each.get("category") != "OBJECT_NOT_FOUND" for each in found.get("errors") or ()):
            raise Transient(f"{self.system} could not answer for all.", system=self.system)


def _next(page: Mapping[str, Any]) -> str | None:
    after: str | None = ((page.get("paging") or {}).get("next") or {}).get("after")
    return after
