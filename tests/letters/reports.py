"""Delivery reports as mail servers write them (RFC 3464)."""

from __future__ import annotations


def report(
    message_id: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    to: str = "gone@person.example",
    envelope: str | None = None,
    returned: str = "message/rfc822",
    form: str = "message/delivery-status",
) -> bytes:
    """A report about one letter."""
    env = f"Original-Envelope-Id: {envelope}\r\n" if envelope else ""
    original = f"From: privacy@nordlys.example\r\nTo: {to}\r\nSubject: secret\r\nMessage-ID: {message_id}\r\n"
    return (
        "From: MAILER-DAEMON@mail.example\r\nTo: privacy@nordlys.example\r\nSubject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\r\n\r\n'
        f"--=_b\r\nContent-Type: text/plain\r\n\r\nI could not deliver to <{to}>.\r\n"
        f"--=_b\r\nContent-Type: {form}\r\n\r\n"
        f"Reporting-MTA: dns; mail.example\r\n{env}\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--=_b\r\nContent-Type: {returned}\r\n\r\n{original}\r\n--=_b--\r\n"
    ).encode()
