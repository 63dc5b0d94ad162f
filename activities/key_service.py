"""A key management service that seals the master keys: their file alone opens nothing.

The interface is small, so that another service is one class: it seals 32 bytes, bound to the master key's id, and gives
them back. It is asked when a process starts, and never for a request: keys of requests are wrapped by the master keys.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import time
from typing import Any, ClassVar, Protocol

import httpx2

from habeas.errors import ConfigurationError, KeysUnavailable

__all__ = ["AwsKms", "KeyService", "key_service"]

TIMEOUT = 10.0  # seconds
PAUSES = (0.0, 0.2, 0.4)  # seconds before each try
_AWS = "aws-kms:"
_CONTEXT = "habeas-master-key"

# It writes what it signs at DEBUG.
logging.getLogger("botocore").setLevel(logging.WARNING)


class KeyService(Protocol):
    """What seals master keys."""

    def seal(self, key_id: str, key: bytes) -> bytes:
        """Seal a master key, bound to its id.

        Raises:
            KeysUnavailable: it does not answer.
            ConfigurationError: it refuses.
        """
        ...

    def open(self, key_id: str, sealed: bytes) -> bytes:
        """Give back what was sealed under this id.

        Raises:
            KeysUnavailable: it does not answer.
            ConfigurationError: it refuses, or it was sealed otherwise.
        """
        ...


def key_service(setting: str | None) -> KeyService | None:
    """The service that a setting names (``aws-kms:KEY``); None for none.

    Raises:
        ConfigurationError: there is no such service, or what it needs is missing.
    """
    if setting is None:
        return None
    if setting.startswith(_AWS) and len(setting) > len(_AWS):
        return AwsKms(setting.removeprefix(_AWS))
    raise ConfigurationError("`keys.kms`: write aws-kms: and a key's id, ARN or alias.")


class AwsKms:
    """AWS KMS, by AWS's own variables: ``AWS_REGION``, ``AWS_ENDPOINT_URL_KMS`` and those of credentials.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and API_Decrypt.html: the master key's id is
    the encryption context, so that what was sealed for one opens for no other, and stands in CloudTrail.

    Args:
        key: its id, ARN or alias.

    Raises:
        ConfigurationError: Amazon's library is missing.
    """

    _REFUSED: ClassVar[frozenset[str]] = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})

    def __init__(self, key: str) -> None:
        try:
            from botocore.session import Session
        except ImportError:
            raise ConfigurationError("`keys.kms`: AWS KMS needs `pip install 'habeas[s3]'`.") from None
        self._key = key
        self._region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        own = os.environ.get("AWS_ENDPOINT_URL_KMS") or os.environ.get("AWS_ENDPOINT_URL")
        self._url = f"{(own or f'https://kms.{self._region}.amazonaws.com').rstrip('/')}/"
        self._session = Session()

    def seal(self, key_id: str, key: bytes) -> bytes:
        """As `KeyService.seal`."""
        said = self._call("Encrypt", key_id, {"Plaintext": base64.b64encode(key).decode()})
        return self._bytes(said, "CiphertextBlob")

    def open(self, key_id: str, sealed: bytes) -> bytes:
        """As `KeyService.open`."""
        said = self._call("Decrypt", key_id, {"CiphertextBlob": base64.b64encode(sealed).decode()})
        return self._bytes(said, "Plaintext")

    def _call(self, operation: str, key_id: str, values: dict[str, str]) -> dict[str, Any]:
        body = json.dumps({"KeyId": self._key, "EncryptionContext": {_CONTEXT: key_id}, **values}).encode()
        for pause in PAUSES:
            time.sleep(pause)  # a process that starts has nothing else to do
            answer = self._send(operation, body)
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                break
        else:
            raise KeysUnavailable(f"AWS KMS in {self._region}.")
        said = _object(answer)
        if answer.status_code != httpx2.codes.OK:
            why = str(said.get("__type", answer.status_code)).rpartition("#")[2]
            told = "it was sealed by another key, or for another id" if why in self._REFUSED else why
            raise ConfigurationError(f"AWS KMS refuses the master key '{key_id}': {told}.")
        return said

    def _send(self, operation: str, body: bytes) -> httpx2.Response | None:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"TrentService.{operation}"}
        try:
            with httpx2.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
                return client.post(self._url, content=body, headers=self._signed(headers, body))
        except httpx2.HTTPError:
            return None

    def _signed(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        try:
            found = self._session.get_credentials()
            credentials = found.get_frozen_credentials() if found is not None else None
        except BotoCoreError as error:
            raise ConfigurationError(f"`keys.kms`: this machine's credentials: {type(error).__name__}.") from None
        if credentials is None:
            raise ConfigurationError("`keys.kms`: this machine has no credentials for AWS.")
        request = AWSRequest("POST", self._url, headers=headers, data=body)
        SigV4Auth(credentials, "kms", self._region).add_auth(request)
        return dict(request.headers.items())

    def _bytes(self, said: dict[str, Any], name: str) -> bytes:
        try:
            return base64.b64decode(str(said[name]), validate=True)
        except (KeyError, binascii.Error):
            raise KeysUnavailable("It answered something else.") from None


def _object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
