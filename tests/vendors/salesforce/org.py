"""What the routes know of the org.

Its records, the running user's rights, and how a call's object and record are found.
"""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from starlette.responses import Response

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.definitions import Field, Object
from tests.vendors.salesforce.errors import deleted, not_found, refusal, unparsable
from tests.vendors.salesforce.jobs import Jobs
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.salesforce.policies import Privacy
from tests.vendors.salesforce.store import Row, Store
from tests.vendors.shared.calls import Call, Json
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.window import Window

ALL_PERMISSIONS = frozenset(
    {
        *("ApiEnabled", "BulkApiHardDelete", "ManagePrivacyCenterPolicies", "PrivacyDataAccess", "ViewAllData"),
        *("DeleteFromFieldHistory", "ModifyAllData", "QueryAllFiles", "ViewSetup"),
    }
)


@dataclass
class Rights:
    """What the integration user may: permissions, and what is taken away of objects and fields."""

    permissions: set[str] = field(default_factory=lambda: set(ALL_PERMISSIONS))
    no_read: set[str] = field(default_factory=set)
    no_edit: set[str] = field(default_factory=set)
    no_delete: set[str] = field(default_factory=set)
    hidden_fields: set[tuple[str, str]] = field(default_factory=set)
    read_only_fields: set[tuple[str, str]] = field(default_factory=set)

    def sees(self, kind: Object) -> bool:
        """Whether the object is there at all for the user."""
        return kind.name not in self.no_read and (kind.needs is None or kind.needs in self.permissions)

    def fields(self, kind: Object) -> tuple[Field, ...]:
        """The fields that the user sees."""
        return tuple(each for each in kind.fields if (kind.name, each.name) not in self.hidden_fields)

    def field(self, kind: Object, name: str) -> Field | None:
        """The field, if the user sees it."""
        found = kind.field(name)
        return found if found and (kind.name, found.name) not in self.hidden_fields else None


@dataclass(frozen=True)
class Cursor:
    """The records of a query, for those who come back for more."""

    records: list[Json]
    size: int
    made_at: datetime


class Org(ABC):
    """An org, without its being a server."""

    clock: Clock
    base_url: str
    store: Store
    rights: Rights
    user_id: str
    daily: Window
    duplicate_rules: set[str]
    cursors: dict[str, Cursor]
    smallest_batch: int | None
    """A batch has no more records than this, whatever is asked for: "the runtime chooses a batch size"."""
    jobs: Jobs
    privacy: Privacy

    @abstractmethod
    def enter(self, token: str | None) -> None:
        """Count a call in the session; 401 when it is over, 403 when the user may not call or has called too often."""

    @abstractmethod
    def respond(self, call: Call) -> Response:
        """Do what a call asks for, within another one: it counts as none."""

    def kind(self, call: Call) -> Object:
        """The object that the path names; 404 for another, and for one that the user does not see."""
        kind = find_object(call.params["sobject"])
        if kind is None or not self.rights.sees(kind):
            raise not_found()
        return kind

    def row(self, call: Call, kind: Object) -> Row:
        """The live record that the path names; 404 otherwise, with the code that tells why."""
        row = self.store.find(call.params["id"], kind.name)
        if row is None:
            if ids.long_form(call.params["id"]):
                raise not_found()
            message = f"Provided external ID field does not exist or is not accessible: {call.params['id']}"
            raise refusal(404, "NOT_FOUND", message)
        if row.deleted_at:
            raise deleted().refusal()
        return row

    def link(self, call: Call, row: Row) -> str:
        """The record's address, in the version that was called."""
        return f"{version_path(call)}/sobjects/{row.object.name}/{row.id}"


def find_object(name: str) -> Object | None:
    """The object, whatever the case of its name."""
    return next((each for key, each in OBJECTS.items() if key.lower() == name.lower()), None)


def version_path(call: Call) -> str:
    """``/services/data/v67.0``, of the version that was called."""
    return f"/services/data/{call.params['version']}"


def body(call: Call) -> Json:
    """The call's body, an object."""
    try:
        made = json.loads(call.body)
    except ValueError as broken:
        raise unparsable("Unexpected character or end of input at [line:1, column:1]") from broken
    if not isinstance(made, dict):
        raise unparsable("The JSON input must be an object at [line:1, column:1]")
    return made
