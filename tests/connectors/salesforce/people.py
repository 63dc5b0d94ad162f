"""Ann, whom it is about, Bob, and what they have in Salesforce; and settings to reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.vendors.salesforce import Salesforce
from tests.vendors.salesforce.store import Row

ANN, ANN_OLD, ANN_HOME = "ann@example.org", "ann.old@example.net", "ann@home.example"
BOB, BOB_OLD = "bob@example.org", "bob.old@example.net"
LAW = {"law": "Bookkeeping Act", "years": 5}
CV = b"%PDF-1.4 the life of Ann Arla"
NAMES = (
    *("Contact", "Lead", "Account", "Individual", "Opportunity", "Case", "Task", "Event", "EmailMessage"),
    *("EmailMessageRelation", "CaseComment", "CampaignMember", "OpportunityContactRole", "ContentDocument"),
    *("ContentDocumentLink", "ContactPointEmail", "Loyalty_Card__c", "Referral__c"),
)
_NEVER_ANONYMOUS = (
    *("EmailMessage", "EmailMessageRelation", "CampaignMember", "OpportunityContactRole"),
    *("ContentDocument", "ContentDocumentLink"),
)


@dataclass
class People:
    """What is in the org."""

    ann: Row
    bob: Row
    lead: Row
    home: Row
    """Ann's person account."""
    case: Row
    referral: Row
    """Bob's as well."""
    own: list[Row] = field(default_factory=list)
    """Everything that is Ann's alone."""

    @property
    def hers(self) -> set[str]:
        """Ids of what is Ann's alone."""
        return {one.id for one in self.own}


def seed(org: Salesforce) -> People:
    """Fill a fresh org, in which somebody works."""
    org.add("User", LastName="Arla", FirstName="Ada", Username="ada", Email="ada@firm.example", IsActive=True)
    ann, lead, home, person = _ann(org)
    bob = _bob(org)
    firm = org.add("Account", Name="Firm")
    deal = org.add("Opportunity", Name="Big deal", AccountId=firm.id)
    campaign = org.add("Campaign", Name="Spring")
    case = org.add("Case", ContactId=ann.id, Subject="Where is it?", Description="Ann Arla asks", Status="Closed")
    mail = org.add("EmailMessage", ParentId=case.id, FromAddress=ANN, ToAddress="help@firm.example", TextBody="I, Ann")
    alone = org.add("EmailMessage", FromAddress="sales@firm.example", ToAddress=ANN, TextBody="Dear Ann")
    both = org.add("EmailMessage", FromAddress="sales@firm.example", ToAddress=f"{ANN}; {BOB}", TextBody="Dear all")
    relations = [
        org.add("EmailMessageRelation", EmailMessageId=one.id, RelationId=who.id, RelationType="ToAddress")
        for one, who in ((alone, ann), (both, ann), (both, bob))
    ]
    referral = org.add("Referral__c", Name="R-1", Referrer__c=ann.id, Referred__c=bob.id, Remark__c="Bob was told")
    people = People(ann, bob, lead, home, case, referral)
    document = org.add_file("cv.pdf", CV, case)
    brochure = org.add_file("brochure.pdf", b"%PDF-1.4 all we sell", ann, bob)
    links = org.store.pointing_at(brochure.id, "ContentDocumentLink", "ContentDocumentId")
    people.own += [
        *(ann, lead, home, org.store.rows[home.values["PersonContactId"]], person, case, mail, alone, document),
        *(*relations[:2], links[0]),
        *org.store.pointing_at(document.id, "ContentVersion", "ContentDocumentId"),
        *org.store.pointing_at(document.id, "ContentDocumentLink", "ContentDocumentId"),
        org.add("CaseComment", ParentId=case.id, CommentBody="Ann called again"),
        org.add("Task", WhoId=ann.id, Subject="Call Ann"),
        org.add("Task", WhoId=lead.id, Subject="Call Ann, who may become a customer"),
        org.add("Event", WhatId=case.id, Subject="Meet Ann"),
        org.add("CampaignMember", CampaignId=campaign.id, ContactId=ann.id),
        org.add("OpportunityContactRole", OpportunityId=deal.id, ContactId=ann.id, Role="Buyer"),
        org.add("ContactPointEmail", ParentId=person.id, EmailAddress=ANN),
        org.add("Loyalty_Card__c", Name="L-1", Holder__c=ann.id, Motto__c="Ann first"),
        org.add("Opportunity", Name="Ann's order", AccountId=home.id, StageName="Prospecting", CloseDate="2026-01-15"),
    ]
    org.add("Task", WhoId=bob.id, Subject="Call Bob")
    org.add("Case", ContactId=bob.id, Subject="Bob's", Status="New")
    return people


def in_her_case(org: Salesforce, people: People) -> list[Row]:
    """What somebody else has in Ann's case: Bob's and a stranger's mails, Bob's comment and task."""
    case, bob = people.case, people.bob
    mail = org.add("EmailMessage", ParentId=case.id, FromAddress=BOB, Incoming=True, TextBody="I, Bob, am ill")
    his = org.add("EmailMessageRelation", EmailMessageId=mail.id, RelationId=bob.id, RelationType="FromAddress")
    carls = org.add(
        "EmailMessage", ParentId=case.id, FromAddress="carl@private.example", Incoming=True, TextBody="I, too"
    )
    portal = org.add("User", LastName="Berg", Username=f"bob{len(org.store.rows)}", ContactId=bob.id, IsActive=True)
    comment = org.add("CaseComment", ParentId=case.id, CommentBody="Bob agrees", CreatedById=portal.id)
    task = org.add("Task", WhatId=case.id, WhoId=bob.id, Subject="Call Bob about it")
    return [mail, his, carls, comment, task]


def _ann(org: Salesforce) -> tuple[Row, Row, Row, Row]:
    person = org.add("Individual", FirstName="Ann", LastName="Arla")
    lead = org.add("Lead", FirstName="Ann", LastName="Arla", Company="Arla", Email=ANN_OLD, IndividualId=person.id)
    ann = org.convert(lead)
    ann.values |= {"Email": "Ann@Example.org", "Phone": "+45 12 34 56 78", "MailingCity": "Aarhus"}
    ann.values |= {"Customer_Number__c": "C-1001", "Description": "prefers mail"}
    org.store.update(ann, {"Phone": "+45 12 34 56 79"}, org.user_id)
    home = org.add_person_account(
        FirstName="Ann", LastName="Arla", PersonEmail=ANN_HOME, PersonIndividualId=person.id, Description="at home"
    )
    return ann, lead, home, person


def _bob(org: Salesforce) -> Row:
    bob = org.add("Contact", FirstName="Bob", LastName="Berg", Email=BOB, Customer_Number__c="C-2002")
    lead = org.add("Lead", LastName="Berg", Company="Berg", Email=BOB_OLD, IsConverted=True)
    lead.values["ConvertedContactId"] = bob.id
    return bob


def settings(url: str, org: Salesforce, **more: Any) -> dict[str, Any]:
    """As a controller writes them: all goes that can."""
    app = org.sessions.app
    marks = ["Contact.HasOptedOutOfEmail", "Account.PersonHasOptedOutOfEmail"]
    return {
        "url": url,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "collections": collections(),
        "bin": "accept",
        "history": "accept",
        "identifiers": {"customer": ["Contact.Customer_Number__c"]},
        "restriction": ["Individual.HasOptedOutProcessing"],
        "purposes": {"newsletter": marks, "profiling": ["Individual.HasOptedOutProfiling"]},
        "rate": 1000,
        "timeout": 5,
        **more,
    }


def collections(**changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All deleted, but for what is changed."""
    made: dict[str, dict[str, Any]] = {name: {"category": "crm", "treatment": "delete"} for name in NAMES}
    return made | {name: {"category": "crm", **how} for name, how in changed.items()}


def anonymised() -> dict[str, dict[str, Any]]:
    """What can be emptied is; a converted lead cannot be changed."""
    names = [name for name in NAMES if name not in (*_NEVER_ANONYMOUS, "Lead")]
    return collections(**{name: {"treatment": "anonymise"} for name in names})
