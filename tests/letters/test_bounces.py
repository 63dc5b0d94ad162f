"""Delivery reports: which letter, failed or not; what is no report, or not ours, is refused and not repeated."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes
from importlib.resources import files

import pytest
from flufl.bounce import all_failures

from activities.bounces import LARGEST, Fate, read_report
from habeas.errors import BadInput
from tests.letters.reports import report

SAMPLES = {
    sample.name: sample.read_bytes()
    for sample in files("flufl.bounce.tests.data").iterdir()
    if sample.name.startswith(("dsn", "exim", "postfix", "qmail", "yahoo", "microsoft", "sendmail", "groupwise"))
}
"""Reports as servers really wrote them, which the detectors come with."""

LETTER = "0b7c7c0e-1111-5222-8333-444455556666"
ID = f"<{LETTER}@nordlys.example>"


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_a_letter_is_known_by_its_message_id(returned: str) -> None:
    assert read_report(report(ID, returned=returned)) == (LETTER, Fate.FAILED, "5.1.1")


def test_the_international_form_is_read_too() -> None:
    said = report(ID, to="å@person.example", form="message/global-delivery-status", returned="message/global-headers")
    assert read_report(said) == (LETTER, Fate.FAILED, "5.1.1")


def test_a_letter_is_known_by_the_envelope_id_alone() -> None:
    assert read_report(report("<else@mail.example>", envelope=LETTER)).letter_id == LETTER


def test_a_message_id_in_another_case_is_the_same() -> None:
    assert read_report(report(ID.upper())).letter_id == LETTER


@pytest.mark.parametrize(
    ("action", "fate"),
    [("failed", Fate.FAILED), ("FAILED", Fate.FAILED), ("delayed", Fate.DELAYED), ("delivered", Fate.DELIVERED),
     ("relayed", Fate.DELIVERED)],
)  # fmt: skip
def test_only_a_failure_is_one(action: str, fate: Fate) -> None:
    assert read_report(report(ID, action=action, status="4.4.1")).fate is fate


@pytest.mark.parametrize(
    ("action", "status", "fate"),
    [("failure", "553 too large", Fate.FAILED), ("failed (no such user)", "5.1.1", Fate.FAILED),
     ("error", "5.0.0", Fate.FAILED), ("", "5.1.1", Fate.FAILED), ("", "4.4.1", Fate.DELAYED)],
)  # fmt: skip
def test_words_that_no_standard_knows_are_not_taken_for_an_arrival(action: str, status: str, fate: Fate) -> None:
    assert read_report(report(ID, action=action, status=status)).fate is fate


def _about_ours(name: str) -> bytes:
    """A sample as if it were about our letter; of some of them the letter's own words were taken out."""
    whole = SAMPLES[name].replace(b"Message removed", f"Message-ID: {ID}\n\nsecret".encode())
    return re.sub(rb"(?im)^([>|\s]*message-id:\s*)<[^>]+>", rb"\1" + ID.encode(), whole)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_reports_of_real_servers_are_read_or_left_in_the_mailbox(name: str) -> None:
    """Whichever is read says what Mailman's detectors say; what does not name the letter is refused, never guessed."""
    ours = _about_ours(name)
    failed = all_failures(message_from_bytes(ours))[1]
    if LETTER not in ours.partition(b"\n\n")[2].decode("ascii", "replace"):
        with pytest.raises(BadInput):
            read_report(ours)
        return
    assert read_report(ours)[:2] == (LETTER, Fate.FAILED if failed else Fate.DELAYED)


@pytest.mark.parametrize("name", ["dsn_03.txt", "exim_01.txt", "postfix_01.txt", "qmail_01.txt", "yahoo_13.txt"])
def test_the_great_families_of_servers_are_read(name: str) -> None:
    ours = _about_ours(name)
    assert read_report(ours)[:2] == (LETTER, Fate.FAILED)


def test_a_relay_that_gives_its_own_message_id_is_seen_through() -> None:
    header = f"X-Habeas-Letter: {LETTER}\r\nMessage-ID:".encode()
    said = report("<0100abcd-000000@email.amazonses.com>")
    assert read_report(said.replace(b"Message-ID:", header)).letter_id == LETTER


def test_gmail_names_it_in_the_report() -> None:
    said = report("<x@mail.example>").replace(
        b"Final-Recipient", f"X-Original-Message-ID: {ID}\r\nFinal-Recipient".encode()
    )
    assert read_report(said).letter_id == LETTER


def test_parts_that_a_server_encoded_are_opened() -> None:
    def encoded(part: re.Match[bytes]) -> bytes:
        return part[1] + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(part[2]) + b"\r\n--=_b"

    pattern = rb"(Content-Type: message/[-a-z0-9]+\r\n)\r\n(.*?)\r\n--=_b"
    said = re.sub(pattern, encoded, report(ID), flags=re.DOTALL)
    assert b"Final-Recipient" not in said
    assert read_report(said) == (LETTER, Fate.FAILED, "5.1.1")


def test_an_answer_that_quotes_the_letter_is_no_report() -> None:
    away = f"From: a@person.example\r\nSubject: Away\r\n\r\nI am away until Monday.\r\n> Message-ID: {ID}\r\n"
    with pytest.raises(BadInput, match="not a delivery report"):
        read_report(away.encode())


@pytest.mark.parametrize("status", ["", "no", "9.9.9", "5.1"])
def test_a_status_that_is_none_is_left_out(status: str) -> None:
    assert read_report(report(ID, status=status)).status is None


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: gone@person.example\r\nSubject: Out of office\r\n\r\nI am away.\r\n",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n--x--",
        report("<somebody-elses@mail.example>"),
        report(ID).replace(b"message/delivery-status", b"text/plain"),
        report(ID)[:400],
        b"x" * (LARGEST + 1),
    ],
    ids=["empty", "bytes", "away", "hollow", "not ours", "no status", "cut off", "huge"],
)
def test_what_is_no_report_on_a_letter_of_ours_is_refused_without_its_words(mail: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        read_report(mail)
    assert "gone@" not in str(caught.value)
    assert "secret" not in str(caught.value)
