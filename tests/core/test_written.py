"""Spellings of one identifier: what is the same, what must never be, and what is looked for."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from habeas.model import Identifier
from habeas.written import normalise, phone_in, phone_ways, spellings, ways


@pytest.mark.parametrize(
    ("kind", "written", "form"),
    [
        ("phone", "+44 (0)20 7946 0018", "+442079460018"),
        ("phone", "+44 020 7946 0018", "+442079460018"),
        ("phone", "0044 (0) 20-7946-0018", "+442079460018"),
        ("phone", "(+44) 20 7946 0018", "+442079460018"),
        ("phone", "+39 06 6981 2345", "+390669812345"),
        ("phone", "+39 347 123 4567", "+393471234567"),
        ("phone", "+45 (0) 12 34 56 78", "+4512345678"),
        ("phone", "12 34 56 78", "12345678"),
        ("phone", "(451) 234-5678", "4512345678"),
        ("email", "ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("email", "ann@xn--a.example", "ann@xn--a.example"),
        ("email", unicodedata.normalize("NFD", "José@Bücher.example"), "josé@bücher.example"),
    ],
)
def test_two_spellings_have_one_form(kind: str, written: str, form: str) -> None:
    assert normalise(kind, written) == form
    assert Identifier(kind=kind, value=form).value == form, "it is its own form"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+4512345678", "(451) 234-5678"),
        ("+4512345678", "4512345678"),
        ("+4512345678", "12345678"),
        ("+390669812345", "+39669812345"),
        ("+442079460018", "020 7946 0018"),
    ],
)
def test_a_number_is_never_that_of_another_country(one: str, other: str) -> None:
    assert normalise("phone", one) != normalise("phone", other)


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("12 34 56 78", "DK", "+4512345678"),
        ("4512345678", "DK", "4512345678"),
        ("1 202 555 0123", "US", "+12025550123"),
        ("(451) 234-5678", "US", "+14512345678"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+45 12 34 56 78", "US", "+4512345678"),
        ("12345678", None, "12345678"),
    ],
)
def test_where_the_country_is_known_a_number_of_it_has_its_code(written: str, region: str | None, number: str) -> None:
    assert phone_in(written, region) == number


def test_what_is_looked_for_means_nobody_else() -> None:
    assert phone_ways("+4512345678") == ("+4512345678",)
    assert set(phone_ways("+442079460018")) == {"+442079460018", "+4402079460018"}
    assert set(phone_ways("+442079460018", "GB")) == {*("+442079460018", "+4402079460018", "2079460018", "02079460018")}
    assert set(phone_ways("+4512345678", "DK")) == {"+4512345678", "12345678"}
    assert phone_ways("+4512345678", "US") == ("+4512345678",)
    assert phone_ways("12345678") == ("12345678",)
    assert "+4512345678" in phone_ways("12345678", "DK")
    assert "+39669812345" not in phone_ways("+390669812345", "IT")


def test_a_number_is_looked_for_as_it_is_usually_written() -> None:
    found = spellings("+442079460018")
    assert {"+44 20 7946 0018", "+44-20-7946-0018", "00442079460018", "+44 (0)20 7946 0018"} <= {*found}
    assert {normalise("phone", one) for one in found} == {"+442079460018"}
    assert {"+1 (415) 555-2671", "+1 415 555 2671", "+1.415.555.2671", "+1(415)555-2671"} <= {
        *spellings("+14155552671")
    }
    assert spellings("12345678") == ("12345678",)
    assert not [one for one in spellings("+390669812345") if "(0)6" in one]


def test_an_address_is_looked_for_in_letters_and_in_punycode_composed_and_not() -> None:
    assert ways("email", "ann@example.org") == ("ann@example.org",)
    found = ways("email", "josé@bücher.example")
    assert found[0] == "josé@bücher.example"
    assert {unicodedata.normalize("NFD", found[0]), "josé@xn--bcher-kva.example"} <= {*found}
    assert ways("phone", "+4512345678") == ("+4512345678", "004512345678")


@given(st.from_regex(r"\+?[0-9]{5,15}", fullmatch=True), st.sampled_from([None, "DK", "US"]))
@example("+310000000", None)
def test_whatever_number_it_is_has_its_ways(number: str, region: str | None) -> None:
    try:
        value = normalise("phone", number)
    except ValueError:
        return
    assert normalise("phone", value) == value
    assert value in ways("phone", value)
    assert value in spellings(value)
    assert phone_ways(value, region)


def test_a_country_s_code_that_no_country_has_is_searched_by_as_it_is() -> None:
    assert phone_ways("+99012345678901") == ("+99012345678901",)
    assert spellings("+99012345678901") == ("+99012345678901",)
