"""The objects of Salesforce that may be a person's: what leads to each, and what may become of it.

Names, fields and supported calls: the object reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from habeas.connector import Treatment

__all__ = [
    "ACCOUNT",
    "ACTIVITIES",
    "CASE",
    "COMMENT",
    "CONTACT",
    "DOCUMENT",
    "DOCUMENT_LINK",
    "EMAIL",
    "EMAIL_LINK",
    "INDIVIDUAL",
    "INDIVIDUALS",
    "KINDS",
    "LEAD",
    "OPPORTUNITY",
    "OWN_KIND",
    "PEOPLE",
    "PHONES",
    "STAFF",
    "USER",
    "Kind",
    "is_technical",
]

CONTACT, LEAD, ACCOUNT, INDIVIDUAL = "Contact", "Lead", "Account", "Individual"
CASE, OPPORTUNITY, EMAIL, DOCUMENT = "Case", "Opportunity", "EmailMessage", "ContentDocument"
COMMENT, ACTIVITIES = "CaseComment", ("Task", "Event")
EMAIL_LINK, DOCUMENT_LINK = "EmailMessageRelation", "ContentDocumentLink"
USER = "User"
STAFF = "005"
"""How the ids of users begin."""
PEOPLE = (CONTACT, LEAD, ACCOUNT)
"""What a person is found as; of accounts only those of persons."""
INDIVIDUALS: Mapping[str, str] = {CONTACT: "IndividualId", LEAD: "IndividualId", ACCOUNT: "PersonIndividualId"}
PHONES: Mapping[str, tuple[str, ...]] = {
    CONTACT: ("Phone", "MobilePhone", "HomePhone", "OtherPhone"),
    LEAD: ("Phone", "MobilePhone"),
    ACCOUNT: ("Phone", "PersonMobilePhone", "PersonHomePhone", "PersonOtherPhone"),
}
"""Their own: an assistant's number is somebody else's."""
_ANY = (Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN)
_GOES_OR_STAYS = (Treatment.DELETE, Treatment.RETAIN)
_POSTAL = ("Street", "City", "PostalCode", "Country")


@dataclass(frozen=True)
class Kind:
    """One object."""

    name: str
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields -> the objects whose ids make it theirs."""
    possible: tuple[Treatment, ...] = _ANY
    anchor: str = "CreatedDate"
    """The field that a retention runs from."""
    free_text: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    """Fields of every org: one that is not described is hidden from us by field-level security."""


_WHAT = (ACCOUNT, CASE, OPPORTUNITY)
_ACTIVITY: Mapping[str, tuple[str, ...]] = {"WhoId": (CONTACT, LEAD), "WhatId": _WHAT}
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            CONTACT,
            free_text=("Description",),
            expects=(
                *("FirstName", "LastName", "Email", "Phone", "MobilePhone", "HomePhone", "OtherPhone", "Birthdate"),
                *("Title", "Department", "Description", "MasterRecordId", *(f"Mailing{part}" for part in _POSTAL)),
            ),
        ),
        Kind(
            LEAD,
            free_text=("Description",),
            expects=(
                *("FirstName", "LastName", "Company", "Email", "Phone", "MobilePhone", "Description", *_POSTAL),
                *("IsConverted", "ConvertedContactId", "MasterRecordId"),
            ),
        ),
        Kind(ACCOUNT, free_text=("Description",), expects=("Name", "Phone", "Description", "MasterRecordId")),
        Kind(INDIVIDUAL, expects=("FirstName", "LastName", "HasOptedOutProcessing", "ShouldForget")),
        Kind(
            OPPORTUNITY,
            {"AccountId": (ACCOUNT,)},
            anchor="CloseDate",
            free_text=("Name", "Description"),
            expects=("Name", "Description", "CloseDate", "AccountId"),
        ),
        Kind(
            CASE,
            {"ContactId": (CONTACT,), "AccountId": (ACCOUNT,)},
            anchor="ClosedDate",
            free_text=("Subject", "Description"),
            expects=(
                *("Subject", "Description", "IsClosed", "ClosedDate", "ContactId", "AccountId"),
                *("SuppliedName", "SuppliedEmail", "SuppliedPhone"),
            ),
        ),
        Kind("Task", _ACTIVITY, free_text=("Subject", "Description"), expects=("Subject", "Description", *_ACTIVITY)),
        Kind("Event", _ACTIVITY, free_text=("Subject", "Description"), expects=("Subject", "Description", *_ACTIVITY)),
        # One that was sent cannot be changed any more.
        Kind(
            EMAIL,
            {"ParentId": (CASE,), "RelatedToId": _WHAT},
            _GOES_OR_STAYS,
            anchor="MessageDate",
            free_text=(
                *("Subject", "TextBody", "HtmlBody", "Headers"),
                *("FromName", "FromAddress", "ToAddress", "CcAddress", "BccAddress"),
            ),
            expects=(
                *("Subject", "TextBody", "HtmlBody", "FromAddress", "ToAddress", "CcAddress"),
                *("ParentId", "Incoming"),
            ),
        ),
        Kind(
            EMAIL_LINK, {}, _GOES_OR_STAYS, expects=("EmailMessageId", "RelationId", "RelationAddress", "RelationType")
        ),
        Kind(COMMENT, {"ParentId": (CASE,)}, free_text=("CommentBody",), expects=("CommentBody", "ParentId")),
        Kind(
            "CampaignMember",
            {"ContactId": (CONTACT,), "LeadId": (LEAD,)},
            _GOES_OR_STAYS,
            expects=("ContactId", "LeadId", "CampaignId"),
        ),
        Kind(
            "OpportunityContactRole",
            {"ContactId": (CONTACT,)},
            _GOES_OR_STAYS,
            expects=("ContactId", "OpportunityId", "Role"),
        ),
        Kind(DOCUMENT, {}, _GOES_OR_STAYS, free_text=("Title",), expects=("Title",)),
        Kind(DOCUMENT_LINK, {}, _GOES_OR_STAYS, anchor="SystemModstamp", expects=("ContentDocumentId",)),
    )
}
OWN_KIND = Kind("")
"""As administrators' own objects are treated, and further ones of Salesforce's that the settings name."""

_ENDINGS = ("History", "Feed", "Share", "ChangeEvent", "Tag")
_TECHNICAL = frozenset(
    {
        *("ActivityHistory", "OpenActivity", "AttachedContentDocument", "CombinedAttachment", "NoteAndAttachment"),
        *("ContentVersion", "EntitySubscription", "TopicAssignment", "DuplicateRecordItem", "ProcessInstance"),
        *("ProcessException", "RecordAction", "FlowRecordRelation", "NetworkActivityAudit", "MatchingInformation"),
        *("AcceptedEventRelation", "DeclinedEventRelation", "UndecidedEventRelation", "TaskWhoRelation"),
        *("TaskRelation", "EventRelation"),
        *("EventWhoRelation", "OutgoingEmail", "OutgoingEmailRelation", "UserEmailPreferredPerson"),
        *(
            "RecordActionHistory",
            "AIInsightValue",
            "AIRecordInsight",
            "EmailStatus",
            "User",
            "NetworkUserHistoryRecent",
        ),
    }
)


def is_technical(name: str) -> bool:
    """Views of other objects, and what Salesforce writes beside a record and deletes with it.

    Portal users (``User``) stand in the way instead: they cannot be deleted.
    """
    return name in _TECHNICAL or name.endswith(_ENDINGS)
