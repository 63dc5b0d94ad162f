"""What a help desk holds, and how a test puts it there: these records are both the seeds and the state."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from tests.vendors.shared.clock import START

Role = Literal["end-user", "agent", "admin"]
Status = Literal["new", "open", "pending", "hold", "solved", "closed"]
IdentityType = Literal["email", "phone_number", "twitter", "facebook", "google"]
GONE = "Permanently Deleted User"
_LONG_AGO = START - timedelta(days=300)


@dataclass
class Identity:
    """One way to reach or know a user."""

    type: IdentityType
    value: str
    primary: bool = False
    verified: bool = True
    id: int = 0


@dataclass
class Attachment:
    """A file at a comment."""

    file_name: str
    content: bytes
    content_type: str = "text/plain"
    id: int = 0
    token: str = ""


@dataclass
class User:
    """An end user, or one of the staff. The first of ``emails`` is the primary one."""

    name: str
    emails: tuple[str, ...] = ()
    role: Role = "end-user"
    phone: str | None = None
    notes: str = ""
    details: str = ""
    external_id: str | None = None
    tags: list[str] = field(default_factory=list)
    fields: dict[str, str | None] = field(default_factory=dict)
    photo: Attachment | None = None
    suspended: bool = False
    is_owner: bool = False
    may_delete_users: bool = False
    may_delete_tickets: bool = True
    id: int = 0
    identities: list[Identity] = field(default_factory=list)
    created_at: datetime = _LONG_AGO
    updated_at: datetime = _LONG_AGO
    deleted_at: datetime | None = None
    purge_asked_at: datetime | None = None
    purged_by: int | None = None

    @property
    def email(self) -> str | None:
        """The primary address."""
        return next((one.value for one in self.identities if one.type == "email" and one.primary), None)


@dataclass
class Comment:
    """One message of a ticket."""

    author_id: int
    body: str
    html_body: str = ""
    public: bool = True
    attachments: list[Attachment] = field(default_factory=list)
    channel: str = "email"
    ip_address: str | None = None
    id: int = 0
    created_at: datetime = _LONG_AGO


@dataclass
class Ticket:
    """A conversation; its first comment is its description."""

    requester_id: int
    subject: str
    comments: list[Comment]
    status: Status = "closed"
    cc_ids: list[int] = field(default_factory=list)
    assignee_id: int | None = None
    tags: list[str] = field(default_factory=list)
    fields: dict[int, str | None] = field(default_factory=dict)
    """Custom fields by their ids."""
    external_id: str | None = None
    id: int = 0
    created_at: datetime = _LONG_AGO
    updated_at: datetime = _LONG_AGO
    deleted_at: datetime | None = None
    deleted_by: int | None = None


@dataclass
class Rating:
    """What a requester thought of an answer."""

    ticket_id: int
    requester_id: int
    score: Literal["offered", "good", "bad"] = "good"
    comment: str | None = None
    id: int = 0
    created_at: datetime = _LONG_AGO


@dataclass
class Suspended:
    """A message that was taken for spam and became no ticket."""

    author_name: str
    author_email: str
    subject: str
    content: str
    cause: str = "Detected as spam"
    attachments: list[Attachment] = field(default_factory=list)
    id: int = 0
    created_at: datetime = _LONG_AGO
