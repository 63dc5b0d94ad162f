"""What a test puts into the account before it begins."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.vendors.hubspot.crm import Crm, Record
from tests.vendors.hubspot.kinds import kind_named
from tests.vendors.shared.calls import Json
from tests.vendors.shared.clock import START, millisecond_stamp


@dataclass(frozen=True)
class Contact:
    """A contact; ``more`` sets further properties."""

    email: str | None = None
    firstname: str = ""
    lastname: str = ""
    additional_emails: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    created_at: datetime = START - timedelta(days=400)

    def properties(self) -> dict[str, str]:
        """As HubSpot keeps them; what is empty is absent."""
        named = {
            "email": self.email or "",
            "firstname": self.firstname,
            "lastname": self.lastname,
            "hs_additional_emails": ";".join(self.additional_emails),
            **self.more,
        }
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Thing:
    """A company, deal, ticket, note, e-mail, call, meeting or task, by the plural of its kind."""

    kind: str
    properties: dict[str, str]
    created_at: datetime = START - timedelta(days=100)


@dataclass(frozen=True)
class Owner:
    """A user of the account: staff, even when a contact has the same address."""

    email: str
    first_name: str
    last_name: str
    id: int
    user_id: int
    super_admin: bool = False
    archived: bool = False
    created_at: datetime = START - timedelta(days=700)

    def as_owner(self) -> Json:
        """``PublicOwner``."""
        stamp = millisecond_stamp(self.created_at)
        return {
            "id": str(self.id),
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": self.user_id,
            "userIdIncludingInactive": self.user_id,
            "createdAt": stamp,
            "updatedAt": stamp,
            "archived": self.archived,
        }

    def as_user(self) -> Json:
        """``PublicUser``."""
        return {
            "id": str(self.user_id),
            "email": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "roleIds": [],
            "superAdmin": self.super_admin,
        }


@dataclass(frozen=True)
class Subscription:
    """A kind of newsletter to which people are subscribed."""

    id: int
    name: str
    description: str = ""
    is_internal: bool = False
    created_at: datetime = START - timedelta(days=900)


def plant(crm: Crm, seed: Contact | Thing) -> Record:
    """Put it into the CRM, where searches see it at once."""
    kind = kind_named("contacts" if isinstance(seed, Contact) else seed.kind)
    if kind is None:
        raise ValueError("HubSpot has no such kind of object")
    properties = seed.properties() if isinstance(seed, Contact) else dict(seed.properties)
    undefined = properties.keys() - crm.schema.of(kind.name).keys()
    if undefined:
        raise ValueError(f"{kind.name} have no property {sorted(undefined)}")
    return crm.add(Record(kind, crm.new_id(), properties, seed.created_at, seed.created_at))
