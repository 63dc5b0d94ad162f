"""Who lives in the samples: each person once, with the mess that the three stores will make of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from workers.samples.dice import Dice, at_noon
from workers.samples.lands import Land, Pool, Texts, texts
from workers.samples.people import UNKNOWN_TO_CRM, SamplePerson

__all__ = ["YEARS", "Person", "Trait", "World"]

YEARS = 9
"""How far back the stores go."""


class Trait(StrEnum):
    """What is odd about a person's data."""

    SHARES_MAILBOX = "shares_mailbox"
    """With the person before: same family name, address and street."""
    UNKNOWN_TO_CRM = "unknown_to_crm"
    SUPPORT_ONLY = "support_only"
    CRM_ONLY = "crm_only"
    NO_EMAIL = "no_email"
    PLACEHOLDER = "placeholder"
    """Staff had to fill in something: ``n/a``."""
    DUPLICATE = "duplicate"
    """Two contacts for one person, each with another address."""
    TWO_ACCOUNTS = "two_accounts"
    """In support, one account for each address."""
    SECOND_IN_SUPPORT = "second_in_support"
    """Support has the second address only."""
    PLUS = "plus"
    """Billing has a plus-address."""
    MIXED_CASE = "mixed_case"
    SHOUTED = "shouted"
    PADDED = "padded"
    """Blanks around the address."""
    GARBLED = "garbled"
    """UTF-8 once read as Latin-1."""
    SOFT_DELETED = "soft_deleted"
    LOST_NUMBER = "lost_number"
    """The CRM's customer number leads nowhere."""
    NO_NUMBER = "no_number"
    """The CRM does not know the customer number: only the address leads on."""
    LONG_WINDED = "long_winded"
    CROSS_YEAR = "cross_year"
    """An invoice of one year, paid in the next: their terms end a year apart."""
    ALSO_AGENT = "also_agent"
    """Works in support and is a customer too, with one address for both."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person, as they are; what the stores write of them is up to the stores."""

    number: int
    land: Land
    given: str
    family: str
    email: str
    second: str | None
    phone: str
    street: str
    postal_code: str
    city: str
    traits: frozenset[Trait]
    company: int | None = None
    sample: SamplePerson | None = None
    partner: bool = False
    """The second of two with one mailbox."""

    @property
    def name(self) -> str:
        """The full name in the order of the land."""
        return f"{self.family} {self.given}" if self.land.family_first else f"{self.given} {self.family}"

    @property
    def customer_no(self) -> str:
        """The number that billing would give."""
        return f"K{100_000 + self.number}"

    @property
    def texts(self) -> Texts:
        """What people of their language write."""
        return texts(self.land.language)

    def has(self, *traits: Trait) -> bool:
        """Whether any of these holds."""
        return not self.traits.isdisjoint(traits)

    @property
    def in_crm(self) -> bool:
        """Whether the CRM has a contact."""
        return not self.has(Trait.UNKNOWN_TO_CRM, Trait.SUPPORT_ONLY)

    @property
    def in_billing(self) -> bool:
        """Whether billing has a customer."""
        if self.sample:
            return not self.partner
        return not self.has(Trait.SUPPORT_ONLY, Trait.CRM_ONLY) and self.number % 9 != 5

    @property
    def in_support(self) -> bool:
        """Whether support has an account."""
        if self.partner or self.sample is UNKNOWN_TO_CRM:
            return False
        return bool(self.sample) or (not self.has(Trait.CRM_ONLY) and self.number % 8 != 6)


@dataclass(frozen=True)
class World:
    """The people, the companies and the calendar that all three stores are written from."""

    seed: int
    as_of: date
    persons: tuple[Person, ...]
    companies: tuple[tuple[str, Land], ...]
    pools: dict[str, Pool] = field(repr=False)

    @cached_property
    def now(self) -> datetime:
        """Noon of the base date in UTC; nothing in the stores is later."""
        return at_noon(self.as_of)

    @cached_property
    def start(self) -> datetime:
        """The oldest moment in the stores."""
        return self.now - timedelta(days=round(YEARS * 365.25))

    def joined(self, person: Person) -> datetime:
        """When the stores first heard of a person."""
        early = person.sample or person.has(Trait.CROSS_YEAR)
        days = (self.now - self.start).days - 1200
        return self.dice("joined", person.number).moment(
            self.start, self.start + timedelta(days=days // 4 if early else days)
        )

    def dice(self, store: str, number: int) -> Dice:
        """A person's own chances in a store, whatever comes before or after them."""
        return Dice(f"{self.seed}/{store}/{number}")

    def other(self, dice: Dice, person: Person) -> tuple[str, str]:
        """Somebody else to be named in a text, and their address; for a sample person nobody who has rows."""
        neighbour = self.persons[(person.number * 7 + dice.between(1, 5)) % len(self.persons)]
        if person.sample or neighbour.sample or neighbour.number == person.number:
            names = self.pools[person.land.locale]
            given, family = dice.pick(names.given), dice.pick(names.family)
            name = f"{family[0]} {given[0]}" if person.land.family_first else f"{given[0]} {family[0]}"
            return name, f"{given[1]}.{family[1]}@elsewhere.example"
        return neighbour.name, neighbour.email
