"""The settings of a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from activities.connectors.api import ApiSettings
from activities.connectors.files.settings import FilesSettings

__all__ = ["BucketSettings", "S3Settings", "without_credentials"]

_SECRETS = ("access_key_id", "secret_access_key", "session_token", "credentials")


class BucketSettings(ApiSettings):
    """Which bucket, and who signs."""

    bucket: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")]
    region: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    url: str | None = None
    """Where the server is, if it is not Amazon's."""
    access_key_id: str | None = Field(default=None, min_length=1, repr=False)
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    credentials: Literal["settings", "ambient"] = "settings"
    """``ambient``: those that this machine has: of its environment, its role, its service account."""
    rate: float = Field(default=50.0, gt=0, le=1000, description="calls a second, at most, of one worker")

    @model_validator(mode="after")
    def _signs(self) -> Self:
        given = self.access_key_id is not None and self.secret_access_key is not None
        if given == (self.credentials == "ambient"):
            raise ValueError("give access_key_id and secret_access_key, or credentials = 'ambient' alone")
        return self

    @property
    def base_url(self) -> str:
        """The bucket's address, ending in a slash.

        Amazon's buckets have hosts of their own, but for those with a dot in their name, which no certificate fits:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
        """
        if self.url is not None:
            return f"{self.url.rstrip('/')}/{self.bucket}/"
        if "." in self.bucket:
            return f"https://s3.{self.region}.amazonaws.com/{self.bucket}/"
        return f"https://{self.bucket}.s3.{self.region}.amazonaws.com/"


class S3Settings(BucketSettings, FilesSettings):
    """One bucket's table in the settings."""

    versions: bool = True
    """False where the server knows no versions (nothing is listed by them then)."""
    uploads: bool = True
    """False where the server cannot list unfinished uploads."""


def without_credentials(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings, for a process that calls nothing."""
    return {key: value for key, value in settings.items() if key not in _SECRETS} | {"credentials": "ambient"}
