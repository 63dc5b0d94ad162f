"""What hangs on what when a record is deleted, and what a person account shares with its contact."""

# What becomes of the records that point at a record which is deleted; of others, the reference becomes null.
# https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_delete.htm (cascading deletes)
RESTRICT: tuple[tuple[str, str, str], ...] = (
    ("Account", "Case", "AccountId"),
    ("Contact", "Case", "ContactId"),
    # Not verified in Salesforce's documentation: administrators' forums say so.
    ("Contact", "User", "ContactId"),
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
    ("Task", "TaskRelation", "TaskId"),
    ("Event", "EventRelation", "EventId"),
    *((of, f"{name}Relation", "RelationId") for of in ("Contact", "Lead") for name in ("Task", "Event")),
    ("Lead", "Task", "WhoId"),
    ("Lead", "CampaignMember", "LeadId"),
    ("Case", "CaseComment", "ParentId"),
    ("Case", "EmailMessage", "ParentId"),
    ("Case", "Task", "WhatId"),
    ("Campaign", "CampaignMember", "CampaignId"),
    ("Opportunity", "OpportunityContactRole", "OpportunityId"),
    ("Individual", "ContactPointEmail", "ParentId"),
    ("EmailMessage", "EmailMessageRelation", "EmailMessageId"),
    ("Contact", "Loyalty_Card__c", "Holder__c"),
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
