"""Keys: the master keys of the installation, and one data key for each request.

Everything personal is sealed under its request's own key (AES-256-GCM), and that key is stored wrapped by a master key.
Destroying the one wrapped key makes all of a request's personal data unreadable, in backups of the ledger too as far as
they are younger than the key's end. Bytes of keys never show in ``repr``, in messages or in pickles.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from habeas.errors import ConfigurationError, SealBroken

if TYPE_CHECKING:
    from activities.key_service import KeyService

__all__ = ["KEY_BYTES", "KeyLine", "RequestKey", "Vault", "WrappedKey", "key_line", "key_lines", "read_private"]

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
SEGMENT_BYTES = 256 * 1024

_SEALED = b"\x01"
_STREAM = b"HBS\x01"
_SALT_BYTES = 32
_SMALLEST_SEGMENT, _LARGEST_SEGMENT = 4, 20  # powers of two
_HEADER_BYTES = len(_STREAM) + 1 + _SALT_BYTES
_SEALED_LINE = "sealed:"
_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _derive(key: bytes, info: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A request's key as it is stored: opens only with the named master key and only for its own request."""

    request_id: str
    master_key_id: str
    wrapped: bytes = field(repr=False)


class RequestKey:
    """What seals and opens one request's personal data. Separate keys for separate uses are derived from it."""

    __slots__ = ("_digests", "_root", "_seals")

    def __init__(self, root: bytes) -> None:
        if len(root) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._root = root
        self._seals = AESGCM(_derive(root, b"habeas/seal/1"))
        self._digests = _derive(root, b"habeas/digest/1")

    def __repr__(self) -> str:
        return "RequestKey(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled")

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt and authenticate; what comes out opens only with the same context (AES-256-GCM, context as AAD)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return _SEALED + nonce + self._seals.encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Give back what `seal` was given.

        Raises:
            SealBroken: the bytes were changed, or belong to another request or another context.
        """
        if len(sealed) < 1 + NONCE_BYTES + TAG_BYTES or sealed[:1] != _SEALED:
            raise SealBroken
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._seals.decrypt(nonce, body, context.encode())
        except InvalidTag:
            raise SealBroken from None

    def digest(self, text: str) -> str:
        """A name for a text (HMAC-SHA256, hex) that says nothing without this key, and nothing once it is destroyed."""
        return hmac.new(self._digests, text.encode(), hashlib.sha256).hexdigest()

    def encrypt(
        self, source: AsyncIterable[bytes], context: str, *, segment: int = SEGMENT_BYTES
    ) -> AsyncGenerator[bytes, None]:
        """Encrypt a stream in bounded memory (the STREAM construction over AES-256-GCM).

        Each stream has its own key (HKDF with a random salt and the context); each segment's nonce is its number and
        whether it is the last, so that cutting, reordering, repeating and joining are all found.

        Args:
            source: chunks of any size.
            context: what must be said again to decrypt.
            segment: plaintext bytes per segment, a power of two from 16 to 1 MiB.
        """
        power = segment.bit_length() - 1
        if not _SMALLEST_SEGMENT <= power <= _LARGEST_SEGMENT or segment != 1 << power:
            raise ValueError("a segment is a power of two from 16 bytes to 1 MiB")
        header = _STREAM + bytes([power]) + secrets.token_bytes(_SALT_BYTES)
        return self._encrypted(source, header, context, segment)

    async def _encrypted(
        self, source: AsyncIterable[bytes], header: bytes, context: str, segment: int
    ) -> AsyncGenerator[bytes, None]:
        cipher = self._stream_cipher(header, context)
        yield header
        count, waiting = 0, bytearray()
        async for chunk in source:
            waiting += chunk
            # Strictly more than a segment: the last one must be known as such, and is empty only in an empty stream.
            while len(waiting) > segment:
                yield cipher.encrypt(_nonce(count, last=False), bytes(waiting[:segment]), header)
                del waiting[:segment]
                count += 1
        yield cipher.encrypt(_nonce(count, last=True), bytes(waiting), header)

    async def decrypt(self, source: AsyncIterable[bytes], context: str) -> AsyncGenerator[bytes, None]:
        """Decrypt what `encrypt` made, segment by segment, in bounded memory.

        What has been yielded is authentic, but only a stream that ends without an error is whole: whoever acts on all
        of it must wait for the end.

        Raises:
            SealBroken: the stream was cut, changed, reordered or belongs to another request or context.
        """
        waiting, cipher, header, whole, count = bytearray(), None, b"", 0, 0
        async for chunk in source:
            waiting += chunk
            if cipher is None:
                if len(waiting) < _HEADER_BYTES:
                    continue
                header, whole = _read_header(waiting)
                cipher = self._stream_cipher(header, context)
            while len(waiting) > whole:
                yield _opened(cipher, _nonce(count, last=False), bytes(waiting[:whole]), header)
                del waiting[:whole]
                count += 1
        if cipher is None:
            raise SealBroken
        yield _opened(cipher, _nonce(count, last=True), bytes(waiting), header)

    def _stream_cipher(self, header: bytes, context: str) -> AESGCM:
        return AESGCM(_derive(self._root, b"habeas/stream/1\0" + context.encode(), header[-_SALT_BYTES:]))


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(NONCE_BYTES - 1, "big") + (b"\x01" if last else b"\x00")


def _read_header(waiting: bytearray) -> tuple[bytes, int]:
    """Take the header off; returns it with the bytes of a whole encrypted segment."""
    header = bytes(waiting[:_HEADER_BYTES])
    del waiting[:_HEADER_BYTES]
    power = header[len(_STREAM)]
    if not header.startswith(_STREAM) or not _SMALLEST_SEGMENT <= power <= _LARGEST_SEGMENT:
        raise SealBroken
    return header, (1 << power) + TAG_BYTES


def _opened(cipher: AESGCM, nonce: bytes, segment: bytes, header: bytes) -> bytes:
    if len(segment) < TAG_BYTES:
        raise SealBroken
    try:
        return cipher.decrypt(nonce, segment, header)
    except InvalidTag:
        raise SealBroken from None


class Vault:
    """The master keys. The last one wraps new keys; all of them open old ones; the first one makes fingerprints."""

    __slots__ = ("_active", "_fingerprints", "_keys")

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Hold ``(key id, 32 bytes)`` pairs, oldest first."""
        self._keys = dict(keys)
        if not self._keys or any(len(key) != KEY_BYTES for key in self._keys.values()):
            raise ValueError(f"at least one master key, each of {KEY_BYTES} bytes")
        self._active = list(self._keys)[-1]
        self._fingerprints = _derive(next(iter(self._keys.values())), b"habeas/fingerprint/1")

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._keys)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("master keys are not pickled")

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all its master keys."""
        return frozenset(self._keys)

    @property
    def active_key_id(self) -> str:
        """The master key that wraps new keys."""
        return self._active

    @classmethod
    def from_file(cls, path: Path, service: KeyService | None = None) -> Vault:
        """Read master keys from a file; see `from_text`.

        Raises:
            ConfigurationError: missing, open to other users, empty or malformed. Never repeats what a line holds.
        """
        return cls.from_text(read_private(path), str(path), service)

    @classmethod
    def from_text(cls, text: str, where: str, service: KeyService | None = None) -> Vault:
        """Read master keys: lines of ``key-id:base64`` (32 bytes each), oldest first; ``#`` begins a comment line.

        Where a service seals them each is ``key-id:sealed:base64``, and none stands in the clear.

        Raises:
            ConfigurationError: empty or malformed, or sealed and there is no service, or the other way about.
            KeysUnavailable: the service does not answer.
        """
        lines = key_lines(text, where)
        if not lines:
            raise ConfigurationError(f"The master key file {where} holds no key.")
        for line in lines:
            if service is not None and not line.sealed:
                raise ConfigurationError(
                    f"{line.where}: with `keys.kms` no key stands in the clear: `habeas keys seal` seals them."
                )
        return cls([(line.id, line.key(service)) for line in lines])

    @staticmethod
    def create_file(path: Path) -> bool:
        """Make a key file with one new key, mode 0600; whole or not at all, and never over another one.

        Returns:
            True if it was made, False if there was one already (which is left as it is).

        Raises:
            ConfigurationError: the folder cannot be written to.
        """
        line = b"%s:%s\n" % (f"m{secrets.token_hex(4)}".encode(), base64.b64encode(secrets.token_bytes(KEY_BYTES)))
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            # A hard link, not a rename: it refuses to replace a key file that another process has just made.
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise ConfigurationError(f"The master key file {path} cannot be made: {error.strerror}.") from None
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()
        return True

    def new_key(self, request_id: str = "") -> tuple[WrappedKey, RequestKey]:
        """A new key for a request: as it is to be stored, and ready for use."""
        root, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        body = AESGCM(self._wrapping(self._active)).encrypt(nonce, root, _wrap_context(request_id, self._active))
        return WrappedKey(request_id, self._active, nonce + body), RequestKey(root)

    def unwrap(self, key: WrappedKey) -> RequestKey:
        """Open a stored key.

        Raises:
            ConfigurationError: its master key is not in the key file.
            SealBroken: it was changed, or belongs to another request.
        """
        nonce, body = key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:]
        cipher = AESGCM(self._wrapping(key.master_key_id))
        try:
            return RequestKey(cipher.decrypt(nonce, body, _wrap_context(key.request_id, key.master_key_id)))
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def house_key(self, master_key_id: str | None = None) -> RequestKey:
        """A key for what belongs to no request (errors before there is one), derived from a master key."""
        return RequestKey(_derive(self._master(master_key_id or self._active), b"habeas/house/1"))

    def codec_key(self, master_key_id: str) -> bytes:
        """The key under which Temporal's payloads are sealed, derived from a master key.

        Raises:
            ConfigurationError: that one is not in the key file.
        """
        return _derive(self._master(master_key_id), b"habeas/codec/1")

    def sign_evidence(self, message: bytes) -> str:
        """Sign with the key of the active master key (Ed25519, RFC 8032); the signature in hex."""
        return self._signs(self._active).sign(message).hex()

    def evidence_keys(self) -> tuple[str, ...]:
        """The public keys by which signatures are checked, in hex: that of the active master key first."""
        return tuple(self._signs(name).public_key().public_bytes_raw().hex() for name in reversed(self._keys))

    def _signs(self, key_id: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_derive(self._master(key_id), b"habeas/evidence/1"))

    def fingerprint(self, purpose: str, text: str) -> str:
        """A name for a text (HMAC-SHA256, hex), the same for every request, that says nothing without the master key.

        Made under the oldest master key, so that it stays the same when a new one is added; two purposes never share
        a fingerprint.
        """
        return hmac.new(self._fingerprints, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def _wrapping(self, key_id: str) -> bytes:
        return _derive(self._master(key_id), b"habeas/wrap/1")

    def _master(self, key_id: str) -> bytes:
        try:
            return self._keys[key_id]
        except KeyError:
            raise ConfigurationError(
                f"The master key '{key_id}', which wraps stored keys, is not in the key file."
            ) from None


def _wrap_context(request_id: str, key_id: str) -> bytes:
    return f"habeas/wrap/1\0{request_id}\0{key_id}".encode()


@dataclass(frozen=True)
class KeyLine:
    """One line of a key file."""

    id: str
    sealed: bool
    content: bytes = field(repr=False)
    where: str
    """File and line, for messages."""

    def key(self, service: KeyService | None) -> bytes:
        """The master key itself.

        Raises:
            ConfigurationError: it is sealed, and there is no service, or not the one that sealed it.
            KeysUnavailable: the service does not answer.
        """
        if not self.sealed:
            return self.content
        if service is None:
            raise ConfigurationError(f"{self.where}: the key is sealed; `keys.kms` says by what.")
        key = service.open(self.id, self.content)
        if len(key) != KEY_BYTES:
            raise ConfigurationError(f"{self.where}: what was sealed is not {KEY_BYTES} bytes.")
        return key


def key_lines(text: str, where: str) -> list[KeyLine]:
    """The lines that hold keys.

    Raises:
        ConfigurationError: one is malformed, or an id is there twice. Never repeats what a line holds.
    """
    found: dict[str, KeyLine] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("#"):
            one = _read_line(line, f"{where}, line {number}")
            if one.id in found:
                raise ConfigurationError(f"{one.where}: this key id is there twice.")
            found[one.id] = one
    return list(found.values())


def key_line(key_id: str, key: bytes, service: KeyService | None) -> str:
    """How a key stands in the file."""
    if service is None:
        return f"{key_id}:{base64.b64encode(key).decode()}"
    return f"{key_id}:{_SEALED_LINE}{base64.b64encode(service.seal(key_id, key)).decode()}"


def read_private(path: Path) -> str:
    """The text of a file that nobody else may read.

    Raises:
        ConfigurationError: it is missing, or open to other users.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise ConfigurationError(
                    f"The master key file {path} is open to other users (mode {mode:04o}): chmod 600 it."
                )
            return file.read().decode("ascii", "replace")
    except OSError as error:
        raise ConfigurationError(f"The master key file {path} cannot be read: {error.strerror}.") from None


def _read_line(line: str, where: str) -> KeyLine:
    name, colon, text = line.strip().partition(":")
    if not colon or not _KEY_ID.fullmatch(name):
        raise ConfigurationError(f"{where}: write key-id:base64.")
    sealed = text.startswith(_SEALED_LINE)
    try:
        content = base64.b64decode(text.removeprefix(_SEALED_LINE).strip(), validate=True)
    except ValueError:
        content = b""
    if not sealed and len(content) != KEY_BYTES:
        raise ConfigurationError(f"{where}: the key is not {KEY_BYTES} bytes in base64.")
    if not content:
        raise ConfigurationError(f"{where}: what is sealed is not base64.")
    return KeyLine(name, sealed, content, where)
