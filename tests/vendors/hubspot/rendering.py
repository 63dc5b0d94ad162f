"""Records as HubSpot writes them."""

from tests.vendors.hubspot.crm import Link, Record, type_id
from tests.vendors.hubspot.portal import Portal
from tests.vendors.shared.calls import Json
from tests.vendors.shared.clock import millisecond_stamp


def simple(record: Record, properties: list[str], portal: Portal, values: dict[str, str] | None = None) -> Json:
    """``SimplePublicObject``: the properties asked for (none: the defaults) beside those that always come.

    A property that the account does not define is left out without a word; one without a value is null.
    """
    values = record.properties if values is None else values
    always = ("hs_object_id", record.kind.created, record.kind.modified)
    defined = portal.crm.schema.of(record.kind.name)
    wanted = [name for name in (*always, *properties) if name in defined] if properties else record.kind.defaults
    made: Json = {
        "id": record.id,
        "properties": {name: values.get(name) for name in sorted(set(wanted))},
        "createdAt": millisecond_stamp(record.created_at),
        "updatedAt": millisecond_stamp(record.updated_at),
        "archived": record.archived_at is not None,
    }
    if record.archived_at:
        made["archivedAt"] = millisecond_stamp(record.archived_at)
    return made


def with_history(made: Json, record: Record, names: list[str]) -> Json:
    """Add ``propertiesWithHistory``, newest first."""
    if names:
        made["propertiesWithHistory"] = {
            name: [
                {"value": version.value, "timestamp": millisecond_stamp(version.at), "sourceType": version.source}
                for version in reversed(record.history.get(name, []))
            ]
            for name in names
        }
    return made


def associated(link: Link) -> Json:
    """``MultiAssociatedObjectWithLabel``, as the OpenAPI file has it.

    HubSpot's examples differ: there ``toObjectId`` is a number, and a missing ``label`` is null.
    """
    types: list[Json] = [{"category": "HUBSPOT_DEFINED", "typeId": type_id(link.from_kind, link.to_kind)}]
    if link.label:
        types.append({"category": "USER_DEFINED", "typeId": 1, "label": link.label})
    return {"toObjectId": link.to_id, "associationTypes": types}
