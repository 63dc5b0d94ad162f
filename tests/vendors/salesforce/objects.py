"""The objects of the org.

Fields, types and lengths: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
(sforce_api_objects_contact.htm and its siblings). Of each object only the fields that say something of a person, or
that lead to one, are here.
"""

from tests.vendors.salesforce.definitions import (
    Field,
    Object,
    area,
    email,
    flags,
    lookup,
    phones,
    picked,
    text,
    texts,
)

_ADDRESS = ("Street", "City", "PostalCode", "Country")
SYSTEM = (
    Field("Id", "id", 18, required=True).read_only(),
    Field("IsDeleted", "boolean", required=True).read_only(),
    Field("CreatedDate", "datetime", required=True).read_only(),
    lookup("CreatedById", "User").read_only(),
    Field("LastModifiedDate", "datetime", required=True).read_only(),
    lookup("LastModifiedById", "User").read_only(),
    Field("SystemModstamp", "datetime", required=True).read_only(),
)
_OWNER = lookup("OwnerId", "User")
_MASTER = lookup("MasterRecordId", "Contact", relationship="MasterRecord").read_only()
_NAME = Field("Name", "string", 121, required=True).read_only()
CONSENT = flags(
    "HasOptedOutTracking",
    "HasOptedOutProfiling",
    "HasOptedOutProcessing",
    "HasOptedOutSolicit",
    "HasOptedOutGeoTracking",
    "ShouldForget",
    "SendIndividualData",
    "CanStorePiiElsewhere",
)


def _history(parent: str) -> Object:
    key = "ContactId" if parent == "Contact" else f"{parent}Id"
    fields = (
        *SYSTEM[:4],
        lookup(key, parent).read_only(),
        Field("Field", "picklist", 255, required=True).read_only(),
        Field("DataType", "picklist", 40).read_only(),
        Field("OldValue", "anyType", filterable=False).read_only(),
        Field("NewValue", "anyType", filterable=False).read_only(),
    )
    return Object(f"{parent}History", "017", fields, createable=False, updateable=False, deletable=False)


_LISTED: tuple[Object, ...] = (
    Object(
        "Account",
        "001",
        (
            *SYSTEM,
            text("Name", required=True),
            Field("IsPersonAccount", "boolean", required=True).read_only(),
            lookup("PersonContactId", "Contact").read_only(),
            lookup("PersonIndividualId", "Individual"),
            lookup("MasterRecordId", "Account").read_only(),
            text("FirstName", 40),
            text("LastName", 80),
            email("PersonEmail"),
            Field("PersonBirthdate", "date"),
            *phones("Phone", "PersonMobilePhone"),
            *texts(*(f"Billing{part}" for part in _ADDRESS), *(f"PersonMailing{part}" for part in _ADDRESS)),
            *flags("PersonHasOptedOutOfEmail"),
            area("Description"),
            _OWNER,
        ),
        ("Name", "Phone", "PersonEmail"),
    ),
    Object(
        "Contact",
        "003",
        (
            *SYSTEM,
            _NAME,
            _MASTER,
            Field("IsPersonAccount", "boolean", required=True).read_only(),
            lookup("AccountId", "Account"),
            lookup("IndividualId", "Individual"),
            lookup("ReportsToId", "Contact"),
            text("Salutation", 40),
            text("FirstName", 40),
            text("LastName", 80, required=True),
            email("Email"),
            *phones("Phone", "MobilePhone", "HomePhone", "OtherPhone", "Fax"),
            Field("Birthdate", "date"),
            *texts("Title", "Department", length=128),
            *texts(*(f"Mailing{part}" for part in _ADDRESS), *(f"Other{part}" for part in _ADDRESS)),
            *flags("HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"),
            picked("LeadSource", "Web", "Phone Inquiry", "Other"),
            text("Customer_Number__c", 20),
            area("Description"),
            _OWNER,
        ),
        ("Name", "Email", "Phone"),
    ),
    Object(
        "Lead",
        "00Q",
        (
            *SYSTEM,
            _NAME,
            lookup("MasterRecordId", "Lead").read_only(),
            text("FirstName", 40),
            text("LastName", 80, required=True),
            text("Company", required=True),
            email("Email"),
            *phones("Phone", "MobilePhone", "Fax"),
            picked("Status", "Open - Not Contacted", "Working - Contacted", "Closed - Converted"),
            lookup("IndividualId", "Individual"),
            Field("IsConverted", "boolean", required=True).read_only(),
            lookup("ConvertedContactId", "Contact").read_only(),
            lookup("ConvertedAccountId", "Account").read_only(),
            *texts(*_ADDRESS),
            *flags("HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"),
            area("Description"),
            _OWNER,
        ),
        ("Email", "Phone"),
    ),
    Object(
        "Individual",
        "0PK",
        (
            *SYSTEM,
            _NAME,
            text("FirstName", 40),
            text("LastName", 80, required=True),
            Field("BirthDate", "date"),
            *CONSENT,
            _OWNER,
        ),
    ),
    Object(
        "ContactPointEmail",
        "9Vl",
        (*SYSTEM, _NAME, lookup("ParentId", "Individual", "Account"), email("EmailAddress"), _OWNER),
    ),
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
            *texts("SuppliedName", "SuppliedCompany", length=80),
            email("SuppliedEmail"),
            text("SuppliedPhone", 40),
            _OWNER,
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
            _OWNER,
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
            _OWNER,
        ),
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
            _OWNER,
        ),
    ),
    Object(
        "OpportunityContactRole",
        "00K",
        (*SYSTEM, lookup("OpportunityId", "Opportunity"), lookup("ContactId", "Contact"), text("Role", 40)),
    ),
    Object("Campaign", "701", (*SYSTEM, text("Name", 80, required=True), *flags("IsActive"), _OWNER)),
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
            _OWNER,
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
            lookup("LinkedEntityId", "Account", "Contact", "Lead", "Case", "EmailMessage", "User"),
            picked("ShareType", "V", "C", "I"),
            picked("Visibility", "AllUsers", "InternalUsers", "SharedUsers"),
        ),
    ),
    Object(
        "User",
        "005",
        (
            *SYSTEM[:1],
            *SYSTEM[2:],
            _NAME,
            *texts("FirstName", "LastName", "Username", length=80),
            email("Email"),
            *flags("IsActive"),
        ),
        deletable=False,
    ),
    Object(
        "PrivacyPolicyDefinition",
        "0j7",
        (*SYSTEM, text("DeveloperName", 80), text("MasterLabel", 80)),
        createable=False,
        needs="ManagePrivacyCenterPolicies",
    ),
    # https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_privacyrtbfrequest.htm
    Object(
        "PrivacyRTBFRequest",
        "0jy",
        (
            *SYSTEM,
            Field("Name", "string", 255, required=True).read_only(),
            text("Description"),
            text("JobRecord", required=True),
            lookup("PolicyNameId", "PrivacyPolicyDefinition"),
            picked("Status", "Cancelled", "Complete", "Error", "Pending", "Scheduled"),
            _OWNER,
        ),
        needs="ManagePrivacyCenterPolicies",
    ),
    *(_history(parent) for parent in ("Account", "Contact", "Lead", "Case")),
)
OBJECTS: dict[str, Object] = {each.name: each for each in _LISTED}

# What becomes of the records that point at a record which is deleted; of others, the reference becomes null.
# https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_delete.htm (cascading deletes)
RESTRICT: tuple[tuple[str, str, str], ...] = (
    ("Account", "Case", "AccountId"),
    ("Contact", "Case", "ContactId"),
)
CASCADE: tuple[tuple[str, str, str], ...] = (
    ("Account", "Contact", "AccountId"),
    ("Account", "Opportunity", "AccountId"),
    ("Account", "Task", "WhatId"),
    ("Account", "Event", "WhatId"),
    ("Contact", "Task", "WhoId"),
    ("Contact", "Event", "WhoId"),
    ("Contact", "CampaignMember", "ContactId"),
    ("Contact", "OpportunityContactRole", "ContactId"),
    ("Contact", "ContentDocumentLink", "LinkedEntityId"),
    ("Lead", "Task", "WhoId"),
    ("Lead", "CampaignMember", "LeadId"),
    ("Case", "CaseComment", "ParentId"),
    ("Case", "EmailMessage", "ParentId"),
    ("Case", "Task", "WhatId"),
    ("Campaign", "CampaignMember", "CampaignId"),
    ("Opportunity", "OpportunityContactRole", "OpportunityId"),
    ("Individual", "ContactPointEmail", "ParentId"),
    ("ContentDocument", "ContentVersion", "ContentDocumentId"),
    ("ContentDocument", "ContentDocumentLink", "ContentDocumentId"),
)
# Which field of a person account is which of its contact.
PERSON_FIELDS: dict[str, str] = {
    "FirstName": "FirstName",
    "LastName": "LastName",
    "PersonEmail": "Email",
    "PersonBirthdate": "Birthdate",
    "Phone": "Phone",
    "PersonMobilePhone": "MobilePhone",
    "PersonIndividualId": "IndividualId",
    "PersonHasOptedOutOfEmail": "HasOptedOutOfEmail",
    "PersonMailingStreet": "MailingStreet",
    "PersonMailingCity": "MailingCity",
    "PersonMailingPostalCode": "MailingPostalCode",
    "PersonMailingCountry": "MailingCountry",
}
