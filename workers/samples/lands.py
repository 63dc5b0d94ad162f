"""Where the people of the samples come from, and the words and names of each place."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from habeas.errors import ConfigurationError
from habeas.model import Frozen

if TYPE_CHECKING:
    from faker import Faker

T = TypeVar("T")

__all__ = ["LANDS", "Land", "Pool", "Talk", "Texts", "pool", "romanise", "texts"]


@dataclass(frozen=True, slots=True)
class Land:
    """One locale. ``phone`` has a ``#`` for each digit of a person's own number."""

    locale: str
    language: str
    country: str
    currency: str
    time_zone: str
    phone: str
    share: int
    """Of a hundred people, how many."""
    family_first: bool = False


LANDS = (
    Land("da_DK", "da", "DK", "DKK", "Europe/Copenhagen", "+45 31 2# ## ##", 38),
    Land("en_GB", "en", "GB", "GBP", "Europe/London", "+44 7700 1#####", 14),
    Land("de_DE", "de", "DE", "EUR", "Europe/Berlin", "+49 171 39 #####", 14),
    Land("fr_FR", "fr", "FR", "EUR", "Europe/Paris", "+33 6 39 1# ## ##", 10),
    Land("no_NO", "nb", "NO", "NOK", "Europe/Oslo", "+47 41 3# ## ##", 12),
    Land("en_CA", "en", "CA", "CAD", "America/Toronto", "+1 41# 555 ####", 6),
    Land("ja_JP", "ja", "JP", "JPY", "Asia/Tokyo", "+81 90 000# ####", 6, family_first=True),
)

_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "œ": "oe"})


def romanise(name: str) -> str:
    """A Latin name as people write it in an address: ``Jørgen Weiß`` -> ``joergen-weiss``."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in plain if not unicodedata.combining(c))
    return "-".join(part for part in kept.split("-") if part)


class Talk(Frozen):
    """A short conversation with support: the person and the agent by turns, and the agent's own note."""

    subject: str
    messages: tuple[str, ...] = Field(min_length=2)
    internal: str


class Texts(Frozen):
    """What people of one language write. Placeholders: name, given, other, agent, product, day."""

    salutations: tuple[str, ...]
    titles: tuple[str, ...]
    signature: str
    quoted: str
    thanks: tuple[str, ...]
    memo: tuple[str, ...]
    wording: str
    notes: tuple[str, ...]
    subjects: tuple[str, ...]
    tickets: tuple[Talk, ...]


@cache
def texts(language: str) -> Texts:
    """The texts of a language, from the file beside this one."""
    source = resources.files(__package__).joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    return Texts.model_validate(tomllib.loads(source))


@dataclass(frozen=True, slots=True)
class Pool:
    """Names and places of one land, drawn from Faker once. Names: as written, and as in an address."""

    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    """Postal code and town."""
    companies: tuple[str, ...]


def pool(land: Land, seed: int) -> Pool:
    """Draw the pool of a land.

    Raises:
        ConfigurationError: Faker is not installed.
    """
    try:
        from faker import Faker  # only the samples need it: it is in the extra, not in what workers install
    except ImportError as error:
        raise ConfigurationError(
            "The samples need Faker: install the extra, `pip install habeas[embedded]`."
        ) from error
    fake = Faker(land.locale)
    fake.seed_instance(seed)
    return Pool(
        given=_names(fake, land, "first"),
        family=_names(fake, land, "last"),
        streets=_distinct(_street(fake, land) for _ in range(90)),
        places=_distinct((fake.postcode(), fake.city()) for _ in range(60)),
        companies=_distinct(fake.company() for _ in range(60)),
    )


def _distinct(drawn: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(drawn))


def _names(fake: Faker, land: Land, which: str) -> tuple[tuple[str, str], ...]:
    if land.family_first:
        pairs = (getattr(fake, f"{which}_name_pair")() for _ in range(120))
        return _distinct((written, latin.lower()) for written, _, latin in pairs)
    drawn = (getattr(fake, f"{which}_name")() for _ in range(160))
    return _distinct((name, romanise(name)) for name in drawn)


def _street(fake: Faker, land: Land) -> str:
    if land.country == "JP":
        return f"{fake.town()}{fake.chome()}{fake.ban()}{fake.gou()}"
    return str(fake.street_address()).replace("\n", ", ")
