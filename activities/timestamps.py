"""Time stamps of an authority over an anchor (RFC 3161): that it was there at a time, by somebody else's signature.

What the authority answers is kept as it came. Its signature is checked by whoever needs it, with OpenSSL and the
authority's own certificates (``openssl ts -verify``); here only that it is about what was asked.
"""

from __future__ import annotations

import secrets

import httpx2

from activities.anchor_places import PlaceUnavailable

__all__ = ["request_of", "stamped", "timestamp"]

TIMEOUT = 30.0
"""Seconds for one time stamp."""
_MOST = 256 * 1024
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
"""Its AlgorithmIdentifier, in DER."""
_GRANTED = (b"\x02\x01\x00", b"\x02\x01\x01")


def request_of(digest: bytes, nonce: int) -> bytes:
    """A TimeStampReq over a SHA-256 digest, in DER; the answer is to hold the authority's certificate."""
    imprint = _tlv(0x30, _SHA256 + _tlv(0x04, digest))
    return _tlv(0x30, _integer(1) + imprint + _integer(nonce) + b"\x01\x01\xff")


def stamped(answer: bytes, digest: bytes, nonce: int) -> bytes:
    """The answer, if it grants a stamp over this digest for this question.

    Raises:
        PlaceUnavailable: it does not.
    """
    status = _inner(_inner(answer))
    if not status.startswith(_GRANTED):
        raise PlaceUnavailable("The time-stamping authority grants none.")
    if _tlv(0x04, digest) not in answer or _integer(nonce) not in answer:
        raise PlaceUnavailable("The time-stamping authority answered something else.")
    return answer


async def timestamp(url: str, digest: bytes) -> bytes:
    """Have a SHA-256 digest stamped; the TimeStampResp, in DER.

    Raises:
        PlaceUnavailable: the authority does not answer, or not so.
    """
    nonce = secrets.randbits(63) | 1
    headers = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
    # Its answer is signed: that it came by plain HTTP, as many authorities have it, gives nobody anything.
    async with httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        try:
            async with client.stream("POST", url, content=request_of(digest, nonce), headers=headers) as response:
                answer = b""
                async for chunk in response.aiter_bytes():
                    answer += chunk
                    if len(answer) > _MOST:
                        raise PlaceUnavailable("The time-stamping authority's answer has no end.")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise PlaceUnavailable(f"The time-stamping authority does not answer: {type(error).__name__}.") from None
    if response.status_code != httpx2.codes.OK:
        raise PlaceUnavailable(f"The time-stamping authority answers {response.status_code}.")
    return stamped(answer, digest, nonce)


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _inner(der: bytes) -> bytes:
    """What a SEQUENCE begins with; empty where it is none."""
    if len(der) < 2 or der[0] != 0x30:
        return b""
    return der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :]
