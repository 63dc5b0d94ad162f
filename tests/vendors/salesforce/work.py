"""The objects that people leave behind: cases, activities, e-mails, opportunities, campaigns, files.

Fields as in ``people``.
"""

from dataclasses import replace

from tests.vendors.salesforce.definitions import (
    OWNER,
    SYSTEM,
    Field,
    Object,
    area,
    email,
    flags,
    lookup,
    picked,
    text,
    texts,
)

WORK: tuple[Object, ...] = (
    Object(
        "Case",
        "500",
        (
            *SYSTEM,
            Field("CaseNumber", "string", 30, required=True).read_only(),
            lookup("ContactId", "Contact"),
            lookup("AccountId", "Account"),
            text("Subject"),
            area("Description"),
            picked("Status", "New", "Working", "Escalated", "Closed"),
            Field("IsClosed", "boolean", required=True).read_only(),
            Field("ClosedDate", "datetime").read_only(),
            *texts("SuppliedName", "SuppliedCompany", length=80),
            email("SuppliedEmail"),
            text("SuppliedPhone", 40),
            OWNER,
        ),
        ("Status", "ContactId"),
    ),
    Object(
        "CaseComment",
        "00a",
        (
            *SYSTEM,
            lookup("ParentId", "Case"),
            Field("CommentBody", "textarea", 4000, filterable=False),
            *flags("IsPublished"),
        ),
    ),
    Object(
        "Task",
        "00T",
        (
            *SYSTEM,
            lookup("WhoId", "Contact", "Lead"),
            lookup("WhatId", "Account", "Case", "Opportunity"),
            text("Subject"),
            area("Description"),
            Field("ActivityDate", "date"),
            picked("Status", "Not Started", "In Progress", "Completed"),
            OWNER,
        ),
    ),
    Object(
        "Event",
        "00U",
        (
            *SYSTEM,
            lookup("WhoId", "Contact", "Lead"),
            lookup("WhatId", "Account", "Case", "Opportunity"),
            *texts("Subject", "Location"),
            area("Description"),
            Field("StartDateTime", "datetime"),
            OWNER,
        ),
    ),
    # https://developer.salesforce.com/docs/platform/object-reference/references/standard-objects/object-taskrelation.html
    *(
        Object(
            f"{name}Relation",
            prefix,
            (
                *SYSTEM[:3],
                *SYSTEM[6:],
                replace(lookup(f"{name}Id", name), updateable=False),
                replace(lookup("RelationId", "Contact", "Lead", "User", "Account", "Case"), updateable=False),
                *flags("IsWhat"),
            ),
        )
        for name, prefix in (("Task", "0RT"), ("Event", "0RE"))
    ),
    Object(
        "EmailMessage",
        "02s",
        (
            *SYSTEM,
            lookup("ParentId", "Case"),
            lookup("RelatedToId", "Account", "Case", "Opportunity"),
            text("FromName", 1000),
            email("FromAddress"),
            *texts("ToAddress", "CcAddress", "BccAddress", length=4000),
            text("Subject", 3000),
            area("TextBody"),
            area("HtmlBody", 131_072),
            Field("Headers", "textarea", 32_000, filterable=False).read_only(),
            *flags("Incoming"),
            picked("Status", "0", "1", "2", "3", "5"),
            Field("MessageDate", "datetime"),
        ),
    ),
    # https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_emailmessagerelation.htm
    Object(
        "EmailMessageRelation",
        "0RJ",
        (
            *SYSTEM[:3],
            *SYSTEM[6:],
            replace(lookup("EmailMessageId", "EmailMessage"), updateable=False),
            lookup("RelationId", "Contact", "Lead", "User"),
            replace(picked("RelationType", "FromAddress", "ToAddress", "CcAddress", "BccAddress"), updateable=False),
            replace(text("RelationAddress"), updateable=False),
        ),
    ),
    Object(
        "Opportunity",
        "006",
        (
            *SYSTEM,
            text("Name", 120, required=True),
            lookup("AccountId", "Account"),
            picked("StageName", "Prospecting", "Closed Won", "Closed Lost"),
            Field("IsWon", "boolean", required=True).read_only(),
            Field("CloseDate", "date"),
            Field("Amount", "double"),
            area("Description"),
            OWNER,
        ),
    ),
    Object(
        "OpportunityContactRole",
        "00K",
        (*SYSTEM, lookup("OpportunityId", "Opportunity"), lookup("ContactId", "Contact"), text("Role", 40)),
    ),
    Object("Campaign", "701", (*SYSTEM, text("Name", 80, required=True), *flags("IsActive"), OWNER)),
    Object(
        "CampaignMember",
        "00v",
        (
            *SYSTEM,
            lookup("CampaignId", "Campaign"),
            lookup("ContactId", "Contact"),
            lookup("LeadId", "Lead"),
            text("Status", 40),
            Field("HasResponded", "boolean", required=True).read_only(),
        ),
    ),
    Object(
        "ContentDocument",
        "069",
        (
            *SYSTEM,
            text("Title", required=True),
            Field("FileType", "string", 20).read_only(),
            lookup("LatestPublishedVersionId", "ContentVersion").read_only(),
            OWNER,
        ),
        createable=False,
    ),
    Object(
        "ContentVersion",
        "068",
        (
            *SYSTEM,
            lookup("ContentDocumentId", "ContentDocument"),
            text("Title", required=True),
            text("PathOnClient", 500),
            Field("ContentSize", "int").read_only(),
            Field("IsLatest", "boolean", required=True).read_only(),
            Field("VersionData", "base64", filterable=False),
        ),
        deletable=False,
    ),
    Object(
        "ContentDocumentLink",
        "06A",
        (
            *SYSTEM[:2],
            lookup("ContentDocumentId", "ContentDocument"),
            lookup(
                "LinkedEntityId", "Account", "Contact", "Lead", "Case", "EmailMessage", "Opportunity", "Task", "User"
            ),
            picked("ShareType", "V", "C", "I"),
            picked("Visibility", "AllUsers", "InternalUsers", "SharedUsers"),
        ),
    ),
)
