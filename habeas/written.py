"""How identifiers are written: the one form by which spellings are compared, and the others that a system may hold.

A match is never a likeness: a spelling counts only where it can mean nobody else. A number without its country's code
means somebody else in every country, so it is one with a country's code only where it is known which country it is in.
Countries' rules for numbers are libphonenumber's (https://github.com/daviddrysdale/python-phonenumbers).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import idna
import phonenumbers
from phonenumbers import PhoneNumberFormat

__all__ = [
    "REGIONS",
    "local_number",
    "normalise",
    "phone_in",
    "phone_ways",
    "same_words",
    "spellings",
    "untagged",
    "ways",
]

REGIONS: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Countries whose numbers are known, by their ISO code."""

_EMAIL = re.compile(r"[^@\s<>\"(),:;\\]+@[^@\s<>\"(),:;\\]+\.[^@\s<>\"(),:;\\.]{2,}")
_EXIT = "00"
"""What is dialled before a country's code where no + is written."""
_NANP = "1"
"""North America's code, which is dialled inside of it as well."""
_TRUNK = re.compile(r"^(\+\d{1,3})\(0\)")
"""The 0 that is dialled inside a country only: ``+44 (0)20``."""


def untagged(address: str) -> str:
    """An e-mail address without its tag: ``ann+shop@`` is one mailbox with ``ann@`` where the mail server says so."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def same_words(text: str) -> str:
    """A form by which texts are compared that differ in capitals and spaces only."""
    return " ".join(text.split()).casefold()


def normalise(kind: str, value: str) -> str:
    """The one written form of an identifier by which two spellings are compared.

    Args:
        kind: ``email``, ``phone`` or any other kind a connector declares.
        value: as the person, or a system's row, wrote it.

    Returns:
        E-mail in NFKC and lower case, its domain in letters and not in punycode (plus-tags kept: whether they matter is
        the system's to say). A phone number with its country's code as E.164 has it, ``+442079460018``; without one as
        its digits. Anything else stripped and in NFKC.

    Raises:
        ValueError: the value is empty or malformed for its kind. The message never repeats the value.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if not text or len(text) > 320 or any(unicodedata.category(c) == "Cc" for c in text):
        raise ValueError(f"not a usable {kind}: empty, too long or with control characters")
    if kind == "email":
        text = text.lower()
        if not _EMAIL.fullmatch(text):
            raise ValueError("not an e-mail address: write it as name@domain.tld")
        local, _, domain = text.rpartition("@")
        return f"{local}@{_in_letters(domain)}"
    return _phone(text) if kind == "phone" else text


def ways(kind: str, value: str) -> tuple[str, ...]:
    """The spellings that mean exactly this identifier and that a system may hold, its normal form first.

    Letters with their accents apart, domains in punycode, ``00`` for ``+`` and the 0 of ``+44 (0)20``. For a system
    that looks only for what it is asked; blanks and the like in numbers are its own to ignore.

    Args:
        kind: of the identifier.
        value: in its normal form.
    """
    if kind == "phone":
        plain = phone_ways(value)
        found: Iterable[str] = (*plain, *(_EXIT + one[1:] for one in plain if one.startswith("+")))
    elif kind == "email" and not value.isascii():
        local, _, domain = value.rpartition("@")
        domains = (*_composed(domain), _in_punycode(domain))
        found = [f"{one}@{of}" for one in _composed(local) for of in domains]
    else:
        found = _composed(value)
    return tuple(dict.fromkeys((value, *found)))


def phone_in(value: str, region: str | None) -> str:
    """A number's normal form, where one without a country's code is of this country.

    Args:
        value: as somebody wrote it.
        region: ISO code, one of `REGIONS`; None: not known, and what has no country's code stays without.

    Raises:
        ValueError: see `normalise`.
    """
    text = normalise("phone", value)
    if region is None or text.startswith("+"):
        return text
    found = _e164(text, region)
    # libphonenumber takes 4512345678 for a Danish number that lacks its +; in a store it may be one of anywhere.
    lacks_plus = found == f"+{text}" and not found.startswith(f"+{_NANP}")
    return text if found is None or lacks_plus else found


def phone_ways(value: str, region: str | None = None) -> tuple[str, ...]:
    """The digits, with a leading ``+`` where they begin with a country's code, that mean exactly this number.

    Args:
        value: in its normal form.
        region: the country of numbers without a country's code there; None: not known, so those mean none that has one.
    """
    number = phone_in(value, region)
    if not number.startswith("+"):
        return (number,)
    parsed = _parsed(number)
    if parsed is None:
        return (number,)
    national = phonenumbers.national_significant_number(parsed)
    code = str(parsed.country_code)
    within = re.sub(r"\D", "", phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    possible = [number, f"+{code}{within}", f"+{code}0{national}"]
    if region is not None:
        possible += [national, within, f"0{national}", f"{_NANP}{national}"]
    return tuple(dict.fromkeys(one for one in possible if _means(one, region, number)))


def local_number(value: str, region: str | None = None) -> str:
    """A number without its country's code: area and subscriber, in digits; the digits of one that has no such code.

    Args:
        value: in its normal form.
        region: as in `phone_in`.
    """
    number = phone_in(value, region)
    parsed = _parsed(number) if number.startswith("+") else None
    return re.sub(r"\D", "", number) if parsed is None else phonenumbers.national_significant_number(parsed)


def spellings(value: str) -> tuple[str, ...]:
    """How a number is usually written, for a system that compares texts: `ways`, in groups, with brackets, with (0).

    Args:
        value: in its normal form. One without a country's code is looked for as its digits alone.
    """
    parsed = _parsed(value) if value.startswith("+") else None
    if parsed is None:
        return (value,)
    grouped = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    code, _, rest = grouped.partition(" ")
    groups = re.split(r"[ -]", rest)
    found = [grouped, _EXIT + grouped[1:], f"{code} {''.join(groups)}"]
    for between in " -.":
        found.append(between.join((code, *groups)))
        found += [f"{code} ({groups[0]}) {between.join(groups[1:])}", f"{code}({groups[0]}){between.join(groups[1:])}"]
    found += [f"{code} {'-'.join(groups)}", f"{code} {' '.join(groups)}"]
    trunk = (f"{code} (0){rest}", f"{code} (0) {rest}", f"{code}(0){''.join(groups)}")
    same = (one for one in (*found, *trunk) if _means(one, None, value))
    return tuple(dict.fromkeys((*ways("phone", value), *same)))


def _means(written: str, region: str | None, number: str) -> bool:
    try:
        return phone_in(written, region) == number
    except ValueError:
        return False


def _phone(text: str) -> str:
    packed = re.sub(r"[\s.\-/]", "", text)
    digits = re.sub(r"[()]", "", packed)
    if digits.startswith(_EXIT):
        packed, digits = "+" + packed.lstrip("(")[2:], "+" + digits[2:]
    if not re.fullmatch(r"\+?\d{5,15}", digits):
        raise ValueError("not a phone number: 5 to 15 digits, with or without a leading +")
    if not digits.startswith("+"):
        return digits
    return _e164(digits) or _e164(_TRUNK.sub(r"\1", packed.lstrip("("))) or digits


def _e164(text: str, region: str | None = None) -> str | None:
    """As E.164 has it; None where there is no such number."""
    number = _parsed(text, region)
    found: str | None = None
    # libphonenumber takes a leading 0 away each time that it reads a number: read until it stays as it is.
    while number is not None and phonenumbers.is_possible_number(number):
        again = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if again == found:
            break
        found, number = again, _parsed(again)
    return found


def _parsed(text: str, region: str | None = None) -> phonenumbers.PhoneNumber | None:
    """None for what is no number, as one with a country's code that no country has."""
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _composed(text: str) -> tuple[str, str]:
    return unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)


def _in_letters(domain: str) -> str:
    if not any(label.startswith("xn--") for label in domain.split(".")):
        return domain
    try:
        letters = idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain
    return letters if _in_punycode(letters) == domain else domain


def _in_punycode(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain
