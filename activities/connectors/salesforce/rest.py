"""Salesforce's API as the other rooms call it: descriptions, queries, records, files, and what only SOAP can.

What a person is searched by is in the body of a composite call, so that no address in a log tells it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import orjson
from pydantic import JsonValue

from activities.connectors.api.chunks import chunks
from activities.connectors.api.errors import error_codes
from activities.connectors.api.shapes import shaped
from activities.connectors.salesforce import shapes
from activities.connectors.salesforce.session import Session
from activities.connectors.salesforce.soql import Query, is_id
from habeas.errors import Quarantine, Terminal, Transient

__all__ = ["Described", "Field", "Rest", "Row"]

Row = Mapping[str, Any]
"""A record, by field."""
_TOGETHER, _QUERIES, _READ, _SOAP = 25, 5, 500, 200
"""At most 25 parts and 5 queries in a composite call, 2,000 records in one read, 200 in a SOAP call."""
_GONE, _REFUSED, _FORBIDDEN, _FAULT = 404, 400, 403, 500
_FAULT_CODE = re.compile(rb"<faultcode>(?:\w+:)?(\w{1,60})</faultcode>")
_SAVE_DUPLICATES = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
"""The REST guide, headers_duplicaterules.htm: emptied records are like one another."""


@dataclass(frozen=True)
class Field:
    """A field that the credentials see."""

    name: str
    type: str
    writable: bool
    nillable: bool
    to: tuple[str, ...]
    """If it is a reference: the objects it may lead to."""
    custom: bool
    """Made by the org's administrators, not by Salesforce."""
    numbered: bool
    """Salesforce counts it up by itself."""


@dataclass(frozen=True)
class Described:
    """An object that the credentials see."""

    name: str
    fields: Mapping[str, Field]
    children: tuple[tuple[str, str], ...]
    """Objects that point at it, and the field by which each does."""
    updateable: bool
    deletable: bool


class Rest:
    """One org."""

    def __init__(self, session: Session, version: str) -> None:
        self.system = session.system
        self._session = session
        self._version = version
        self._base = f"services/data/v{version}"

    async def describe(self, sobjects: Iterable[str]) -> dict[str, Described | None]:
        """Objects by name; None for one that is not there, or not for us.

        The REST guide, resources_sobject_describe.htm: fields that field-level security hides are not in it.
        """
        described: dict[str, Described | None] = {}
        for some in chunks(sobjects, _TOGETHER):
            paths = [f"{self._base}/sobjects/{one}/describe" for one in some]
            for name, found in zip(some, await self._together(paths, also=(_GONE,)), strict=True):
                described[name] = None if found is None else _described(name, found)
        return described

    async def find(self, queries: Iterable[Query]) -> list[Row]:
        """All records that these queries find, in their order.

        The REST guide, resources_query.htm and resources_queryall.htm: a page says where the next one is.

        Raises:
            Refused: a query is refused, by its code.
        """
        rows: list[Row] = []
        for some in chunks(queries, _QUERIES):
            pages = await self._together([one.path(self._base) for one in some])
            for query, found in zip(some, pages, strict=True):
                mine = await self._pages(found)
                if any(name not in row for row in mine for name in query.fields):
                    raise Transient(f"{self.system} left out what it was asked for.", system=self.system)
                rows += mine
        return rows

    async def read(self, sobject: str, ids: Iterable[str], fields: Collection[str]) -> dict[str, Row]:
        """Live records by id; those that are not there are left out.

        The REST guide, resources_composite_sobjects_collections_retrieve.htm: ids and fields are in the body, null
        for a record that is not there.
        """
        rows: dict[str, Row] = {}
        for some in chunks(sorted(set(ids)), _READ):
            body: JsonValue = {"ids": [*some], "fields": [*sorted({"Id", *fields})]}
            answer = await self._session.call("POST", f"{self._base}/composite/sobjects/{sobject}", json=body)
            rows |= {one["Id"]: one for one in shaped(answer.json, shapes.RECORDS) if one is not None}
        return rows

    async def update(
        self, sobject: str, one: str, values: Mapping[str, JsonValue], *, duplicates: bool = False
    ) -> str | None:
        """Change fields (the REST guide, dome_update_fields.htm). None if it is done or gone, else Salesforce's code.

        ``duplicates``: also where the record would be like another one.
        """
        path, headers = f"{self._base}/sobjects/{sobject}/{one}", _SAVE_DUPLICATES if duplicates else {}
        also = (_REFUSED, _FORBIDDEN, _GONE)
        answer = await self._session.call("PATCH", path, json=dict(values), headers=headers, also=also)
        return next(error_codes(answer.content), "refused") if answer.status in (_REFUSED, _FORBIDDEN) else None

    async def delete(self, sobject: str, one: str) -> str | None:
        """Into the recycle bin (the REST guide, dome_delete_record.htm). None if it is done or gone, else the code."""
        path = f"{self._base}/sobjects/{sobject}/{one}"
        answer = await self._session.call("DELETE", path, also=(_REFUSED, _FORBIDDEN, _GONE))
        return next(error_codes(answer.content), "refused") if answer.status in (_REFUSED, _FORBIDDEN) else None

    async def content(self, version_id: str) -> bytes | None:
        """A file's bytes; None if it is gone (the REST guide, resources_sobject_blob_retrieve.htm)."""
        path = f"{self._base}/sobjects/ContentVersion/{version_id}/VersionData"
        answer = await self._session.call("GET", path, also=(_GONE,))
        return None if answer.status == _GONE else answer.content

    async def empty_bin(self, ids: Iterable[str]) -> None:
        """Take records out of the recycle bin for good: there is no REST resource that does.

        https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_emptyrecyclebin.htm: 200 at
        once, from our user's own bin, or from everybody's with "Modify All Data". Which ones it refused the second
        look tells.
        """
        await self._soap("emptyRecycleBin", ids)

    async def delete_history(self, ids: Iterable[str]) -> None:
        """Delete entries of field history, "using Apex or SOAP".

        https://developer.salesforce.com/docs/atlas.en-us.field_history_retention.meta/field_history_retention/field_history_delete.htm
        """
        await self._soap("delete", ids)

    async def _soap(self, call: str, ids: Iterable[str]) -> None:
        for some in chunks(sorted({one for one in ids if is_id(one)}), _SOAP):
            listed = "".join(f"<urn:ids>{one}</urn:ids>" for one in some)
            token = await self._session.token()
            body = _ENVELOPE.format(token=escape(token), call=call, ids=listed).encode()
            headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
            path = f"services/Soap/u/{self._version}"
            answer = await self._session.call("POST", path, content=body, headers=headers, also=(_FAULT,))
            if answer.status == _FAULT:
                await self._fault(answer.content, token)

    async def _fault(self, content: bytes, token: str) -> None:
        """A session that is over is answered so here, not with 401."""
        found = _FAULT_CODE.search(content)
        code = found[1].decode() if found else "no code"
        if found is None or code == "INVALID_SESSION_ID":
            await self._session.token(instead_of=token)
            raise Transient(f"{self.system} is busy or broken (SOAP: {code}).", system=self.system)
        raise Terminal(f"{self.system} refused the call (SOAP: {code}).", system=self.system)

    async def _together(self, paths: Sequence[str], also: Collection[int] = ()) -> list[Any]:
        """What these resources answer, in one call; None for a status of ``also``.

        The REST guide, resources_composite_composite_post.htm: 25 at once, 5 of them queries.
        """
        parts: list[JsonValue] = [
            {"method": "GET", "url": f"/{one}", "referenceId": f"part{number}"} for number, one in enumerate(paths)
        ]
        body: JsonValue = {"allOrNone": False, "compositeRequest": parts}
        whole = await self._session.call("POST", f"{self._base}/composite", json=body)
        answers = shaped(whole.json, shapes.PARTS)["compositeResponse"]
        if len(answers) != len(paths) or any(one["body"] is None for one in answers):
            raise Transient(f"{self.system} did not answer all that it was asked.", system=self.system)
        for one in answers:
            if one["httpStatusCode"] >= _REFUSED and one["httpStatusCode"] not in also:
                raise self._session.refusal(one["httpStatusCode"], orjson.dumps(one["body"]))
        return [None if one["httpStatusCode"] in also else one["body"] for one in answers]

    async def _pages(self, found: JsonValue) -> list[Row]:
        rows: list[Row] = []
        seen: set[str] = set()
        while True:
            page = shaped(found, shapes.PAGE)
            rows += page["records"]
            following = page.get("nextRecordsUrl")
            if not following:
                return rows
            if following in seen:
                raise Quarantine(f"{self.system} gives the same page again and again.", system=self.system)
            seen.add(following)
            found = (await self._session.call("GET", following)).json


_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:urn="urn:partner.soap.sforce.com">'
    "<soapenv:Header><urn:SessionHeader><urn:sessionId>{token}</urn:sessionId></urn:SessionHeader></soapenv:Header>"
    "<soapenv:Body><urn:{call}>{ids}</urn:{call}></soapenv:Body></soapenv:Envelope>"
)


def _described(name: str, answered: JsonValue) -> Described:
    found = shaped(answered, shapes.DESCRIBED)
    return Described(
        name=name,
        fields={one["name"]: _field(one) for one in found["fields"]},
        children=tuple((one["childSObject"], one["field"]) for one in found["childRelationships"] if one.get("field")),
        updateable=found.get("updateable") is True,
        deletable=found.get("deletable") is True,
    )


def _field(one: Row) -> Field:
    return Field(
        name=one["name"],
        type=one["type"],
        writable=one.get("updateable") is True,
        nillable=one.get("nillable") is True,
        to=tuple(one.get("referenceTo") or ()),
        custom=one.get("custom") is not False,
        numbered=one.get("autoNumber") is True,
    )
