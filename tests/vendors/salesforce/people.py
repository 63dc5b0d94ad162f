"""The objects that are people: accounts (of persons too), contacts, leads, individuals, users.

Fields, types and lengths: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
(sforce_api_objects_contact.htm and its siblings). Of each object only the fields that say something of a person, or
that lead to one, are here.
"""

from tests.vendors.salesforce.definitions import (
    NAME,
    OWNER,
    SYSTEM,
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
_MASTER = lookup("MasterRecordId", "Contact", relationship="MasterRecord").read_only()
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
PEOPLE: tuple[Object, ...] = (
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
            OWNER,
        ),
        ("Name", "Phone", "PersonEmail"),
    ),
    Object(
        "Contact",
        "003",
        (
            *SYSTEM,
            NAME,
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
            OWNER,
        ),
        ("Name", "Email", "Phone"),
    ),
    Object(
        "Lead",
        "00Q",
        (
            *SYSTEM,
            NAME,
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
            OWNER,
        ),
        ("Email", "Phone"),
    ),
    Object(
        "Individual",
        "0PK",
        (
            *SYSTEM,
            NAME,
            text("FirstName", 40),
            text("LastName", 80, required=True),
            Field("BirthDate", "date"),
            *CONSENT,
            OWNER,
        ),
    ),
    Object(
        "ContactPointEmail",
        "9Vl",
        (*SYSTEM, NAME, lookup("ParentId", "Individual", "Account"), email("EmailAddress"), OWNER),
    ),
    Object(
        "User",
        "005",
        (
            *SYSTEM[:1],
            *SYSTEM[2:],
            NAME,
            *texts("FirstName", "LastName", "Username", length=80),
            email("Email"),
            *flags("IsActive"),
            # Only where Experience Cloud is on: who signs in from outside. Null for staff.
            lookup("ContactId", "Contact"),
        ),
        deletable=False,
    ),
)
