"""Calls to one bucket: written and read by Amazon's own description of its protocol, sent by our own client.

So there is one way out of the house, bounded and paced and to the bucket's own address only, and nobody here wrote XML.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from activities.connectors.api import Answer, ApiClient
from activities.connectors.api.paging import refuse_same_page
from activities.connectors.files.s3.settings import BucketSettings
from activities.connectors.files.s3.sign import Signature, missing
from habeas.errors import Transient

__all__ = ["Bucket", "Row"]

Row = Mapping[str, Any]
_PAGE = 1000
_ROOTS = {
    "ListObjectsV2": b"<ListBucketResult",
    "ListObjectVersions": b"<ListVersionsResult",
    "ListMultipartUploads": b"<ListMultipartUploadsResult",
}
_HEAD = 300
_LISTED = ("Contents", "Versions", "DeleteMarkers", "Uploads", "CommonPrefixes")
_MARKERS = {
    "ListObjectsV2": {"ContinuationToken": "NextContinuationToken"},
    "ListObjectVersions": {"KeyMarker": "NextKeyMarker", "VersionIdMarker": "NextVersionIdMarker"},
    "ListMultipartUploads": {"KeyMarker": "NextKeyMarker", "UploadIdMarker": "NextUploadIdMarker"},
}
"""What a list's next page is asked with, and where the page before says it."""
_URL_ENCODED = ("NextKeyMarker",)


class Bucket:
    """One bucket.

    Raises:
        ConfigurationError: Amazon's library is missing, or the address is neither https nor loopback.
    """

    def __init__(self, system: str, settings: BucketSettings) -> None:
        try:
            from botocore import loaders, model, parsers, serialize
        except ImportError:
            raise missing(system) from None
        self._system = system
        self._name = settings.bucket
        self._base = settings.base_url.rstrip("/")
        self._model = model.ServiceModel(loaders.Loader().load_service_model("s3", "service-2"), "s3")
        self._serialiser = serialize.create_serializer("rest-xml")
        self._parser = parsers.create_parser("rest-xml")
        self._unreadable = parsers.ResponseParserError
        self._api = ApiClient(system, settings.base_url, settings, auth=Signature(system, settings))

    async def call(self, operation: str, values: Row | None = None, also: Collection[int] = ()) -> tuple[Answer, Row]:
        """One operation of the S3 API (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html).

        Args:
            operation: by its name.
            values: its parameters by their names; the bucket is known.
            also: statuses outside 200-299 that the caller expects too; of those nothing is read.

        Raises:
            Refused: it answers with another status.
            Transient: it does not answer, or not as S3 does.
        """
        from botocore.utils import percent_encode_sequence

        described = self._model.operation_model(operation)
        written = self._serialiser.serialize_to_request({"Bucket": self._name, **(values or {})}, described)
        path = written["url_path"].removeprefix(f"/{self._name}")
        query = percent_encode_sequence(written["query_string"])
        address = self._base + path + (("&" if "?" in path else "?") + query if query else "")
        content = written["body"] if values and "Body" in values else None
        answer = await self._api.call(
            written["method"], address, content=content, headers=written["headers"], also=also
        )
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer, {}
        return answer, self._read(answer, described)

    async def pages(self, operation: str, values: Row, most: int | None = None) -> AsyncIterator[Row]:
        """A list page by page, names as they are.

        Raises:
            Transient: as `call`; a page is none of this list: a server may take a list it does not know for another.
            Quarantine: a page leads to itself.
        """
        size = "MaxUploads" if operation == "ListMultipartUploads" else "MaxKeys"
        after: dict[str, object] = {}
        while True:
            answer, page = await self.call(operation, {"EncodingType": "url", size: most or _PAGE, **values, **after})
            if "IsTruncated" not in page or _ROOTS[operation] not in answer.content[:_HEAD]:
                raise self._strange()
            decode = page.get("EncodingType") == "url"
            yield _decoded(page) if decode else page
            if not page["IsTruncated"]:
                return
            told = {name: page.get(key) for name, key in _MARKERS[operation].items()}
            before = after
            after = {
                name: unquote_plus(str(value)) if decode and _MARKERS[operation][name] in _URL_ENCODED else value
                for name, value in told.items()
                if value
            }
            if not after:
                raise self._strange()
            refuse_same_page(self._system, before, after)

    async def aclose(self) -> None:
        """Give back connections."""
        await self._api.aclose()

    def _read(self, answer: Answer, described: Any) -> Row:
        raw = {"status_code": answer.status, "headers": _Headers(answer.headers), "body": answer.content}
        output = described.output_shape
        if output is None:
            return {}
        try:
            if described.has_streaming_output:
                raw["body"] = b""
            parsed: Row = self._parser.parse(raw, output)
        except (self._unreadable, ValueError):
            raise self._strange() from None
        return parsed

    def _strange(self) -> Transient:
        return Transient(f"{self._system} answered something that is not S3's.", system=self._system)


class _Headers(dict[str, str]):
    """Headers as the parser wants them: found in any case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        return super().__getitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return super().__contains__(str(key).lower())


def _decoded(page: Row) -> Row:
    """Names are asked for in the form of URLs, as XML 1.0 cannot hold every letter that a name can."""

    def row(one: Row) -> Row:
        return {name: unquote_plus(value) if name in ("Key", "Prefix") else value for name, value in one.items()}

    return {name: [row(one) for one in value] if name in _LISTED else value for name, value in page.items()}
