"""Delivery reports: which letter, failed or not; what is no report, or not ours, is refused and not repeated."""

from __future__ import annotations

import pytest

from activities.bounces import LARGEST, Fate, read_report
from habeas.errors import BadInput
from tests.letters.reports import report

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
