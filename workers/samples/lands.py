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
    places: tuple[tuple[str, str], ...]
    """Postal code and town, as they belong together."""
    family_first: bool = False


_PLACES = {
    "da_DK": (
        "1050|København K; 2100|København Ø; 2800|Kongens Lyngby; 3000|Helsingør; 4000|Roskilde; "
        "4600|Køge; 5000|Odense C; 5700|Svendborg; 6000|Kolding; 6700|Esbjerg; "
        "7100|Vejle; 8000|Aarhus C; 8600|Silkeborg; 9000|Aalborg; 9990|Skagen"
    ),
    "en_GB": (
        "LS1 4DY|Leeds; BS1 5TR|Bristol; EH1 1YZ|Edinburgh; M2 5DB|Manchester; "
        "NE1 7RU|Newcastle upon Tyne; CF10 1EP|Cardiff; YO1 7HH|York; NR2 1TF|Norwich; EX1 1GF|Exeter"
    ),
    "de_DE": (
        "10115|Berlin; 20095|Hamburg; 24103|Kiel; 04109|Leipzig; "
        "28195|Bremen; 50667|Köln; 80331|München; 99084|Erfurt; 24937|Flensburg"
    ),
    "fr_FR": (
        "75011|Paris; 69002|Lyon; 33000|Bordeaux; 44000|Nantes; "
        "67000|Strasbourg; 59800|Lille; 35000|Rennes; 38000|Grenoble"
    ),
    "no_NO": (
        "0150|Oslo; 5003|Bergen; 7010|Trondheim; 4005|Stavanger; "
        "9008|Tromsø; 8005|Bodø; 6003|Ålesund; 4610|Kristiansand"
    ),
    "en_CA": (
        "K1P 5M7|Ottawa; M5V 2T6|Toronto; B3J 1S9|Halifax; V6B 4Y8|Vancouver; H2Y 1C6|Montréal; T5J 2R7|Edmonton"
    ),
    "ja_JP": (
        "100-0005|東京都千代田区; 530-0001|大阪市北区; 600-8216|京都市下京区; "
        "980-0811|仙台市青葉区; 060-0001|札幌市中央区; 810-0001|福岡市中央区"
    ),
}


def _places(locale: str) -> tuple[tuple[str, str], ...]:
    """Postal code and town: Faker's do not belong together, and in some locales are of no country at all."""
    pairs = (place.split("|") for place in _PLACES[locale].split("; "))
    return tuple((postal_code, town) for postal_code, town in pairs)


LANDS = (
    Land("da_DK", "da", "DK", "DKK", "Europe/Copenhagen", "+45 31 2# ## ##", 38, _places("da_DK")),
    Land("en_GB", "en", "GB", "GBP", "Europe/London", "+44 7700 1#####", 14, _places("en_GB")),
    Land("de_DE", "de", "DE", "EUR", "Europe/Berlin", "+49 171 39 #####", 14, _places("de_DE")),
    Land("fr_FR", "fr", "FR", "EUR", "Europe/Paris", "+33 6 39 1# ## ##", 10, _places("fr_FR")),
    Land("no_NO", "nb", "NO", "NOK", "Europe/Oslo", "+47 41 3# ## ##", 12, _places("no_NO")),
    Land("en_CA", "en", "CA", "CAD", "America/Toronto", "+1 514 55# ####", 6, _places("en_CA")),
    Land("ja_JP", "ja", "JP", "JPY", "Asia/Tokyo", "+81 90 000# ####", 6, _places("ja_JP"), family_first=True),
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
    """Names of one land, drawn from Faker once. Names: as written, and as in an address."""

    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
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
