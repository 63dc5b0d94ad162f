"""Who lives in the samples: each person once, with the mess that the three stores will make of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from habeas.errors import BadInput
from workers.samples.dice import Dice, at_noon
from workers.samples.lands import LANDS, Land, Pool, Texts, pool, romanise, texts
from workers.samples.people import ACCESS, ERASURE, SAMPLES, SHARED_MAILBOX, TWO_ADDRESSES, UNKNOWN_TO_CRM, SamplePerson

__all__ = ["FEWEST", "YEARS", "Person", "Trait", "World", "populate"]

YEARS = 9
"""How far back the stores go."""
FEWEST = 20
"""With fewer people some of the mess would be missing."""
_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.example")


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


# What a person's place in every fifty brings, so that even a small population has the mess in it.
_BY_PLACE: dict[int, tuple[Trait, ...]] = {
    8: (Trait.SHARES_MAILBOX,),
    9: (Trait.UNKNOWN_TO_CRM,),
    10: (Trait.SECOND_IN_SUPPORT, Trait.MIXED_CASE),
    11: (Trait.NO_EMAIL,),
    12: (Trait.DUPLICATE,),
    13: (Trait.CROSS_YEAR, Trait.LONG_WINDED),
    14: (Trait.PLACEHOLDER,),
    15: (Trait.PLUS,),
    16: (Trait.SUPPORT_ONLY,),
    17: (Trait.SOFT_DELETED, Trait.SHOUTED),
    18: (Trait.LOST_NUMBER, Trait.GARBLED),
    19: (Trait.PADDED,),
    24: (Trait.TWO_ACCOUNTS,),
    28: (Trait.SHARES_MAILBOX,),
    31: (Trait.UNKNOWN_TO_CRM,),
    33: (Trait.CRM_ONLY,),
    37: (Trait.DUPLICATE, Trait.SHOUTED),
    44: (Trait.SUPPORT_ONLY,),
    47: (Trait.UNKNOWN_TO_CRM, Trait.PADDED),
}
_NEEDS_SECOND = {Trait.DUPLICATE, Trait.TWO_ACCOUNTS, Trait.SECOND_IN_SUPPORT}


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


def populate(people: int, seed: int, as_of: date) -> World:
    """Draw the people.

    Args:
        people: how many, at least `FEWEST`; the same person comes out for the same number, however many follow.
        seed: of everything that is thrown.
        as_of: the day the stores are as of.

    Raises:
        BadInput: too few people.
        ConfigurationError: Faker is not installed.
    """
    if people < FEWEST:
        raise BadInput(f"The samples need at least {FEWEST} people.")
    pools = {land.locale: pool(land, seed) for land in LANDS}
    companies = tuple((name, land) for land in LANDS for name in pools[land.locale].companies[: 4 + people // 40])
    draw = _Draw(seed, pools, companies)
    persons: list[Person] = []
    for number in range(1, people + 1):
        persons.append(draw.sample(number) or draw.anyone(number, persons[-1]))
    return World(seed, as_of, tuple(persons), companies, pools)


_SAMPLE_TRAITS: dict[str, frozenset[Trait]] = {
    ACCESS.email: frozenset({Trait.SECOND_IN_SUPPORT, Trait.PLUS, Trait.MIXED_CASE}),
    ERASURE.email: frozenset(),
    SHARED_MAILBOX.email: frozenset({Trait.SHARES_MAILBOX}),
    UNKNOWN_TO_CRM.email: frozenset({Trait.UNKNOWN_TO_CRM}),
    TWO_ADDRESSES.email: frozenset({Trait.TWO_ACCOUNTS}),
}
# The one with the shared mailbox takes two numbers.
_SAMPLE_BY_NUMBER = {1: ACCESS, 2: ERASURE, 3: SHARED_MAILBOX, 4: SHARED_MAILBOX, 5: UNKNOWN_TO_CRM, 6: TWO_ADDRESSES}
_LAND = {land.locale: land for land in LANDS}
_LOTTERY = tuple(land for land in LANDS for _ in range(land.share))


class _Draw:
    """Draws one person after the other, and sees to it that no two of them get one address by accident."""

    def __init__(self, seed: int, pools: dict[str, Pool], companies: tuple[tuple[str, Land], ...]) -> None:
        self._seed = seed
        self._pools = pools
        self._companies: dict[str, list[int]] = {}
        for index, (_, land) in enumerate(companies):
            self._companies.setdefault(land.locale, []).append(index)
        self._names = {sample.name for sample in SAMPLES}
        self._taken = {a for s in SAMPLES for a in (s.email, s.second_email) if a}

    def sample(self, number: int) -> Person | None:
        sample = _SAMPLE_BY_NUMBER.get(number)
        if sample is None:
            return None
        partner = number == 4
        names = self._pools[sample.locale]
        dice = Dice(f"{self._seed}/home/{sample.email}")
        street, (postal_code, city) = dice.pick(names.streets), dice.pick(_LAND[sample.locale].places)
        return Person(
            number=number,
            land=_LAND[sample.locale],
            given=sample.also.split()[0] if partner and sample.also else sample.given,
            family=sample.family,
            email=sample.email,
            second=sample.second_email,
            phone=f"{sample.phone[:-2]}04" if partner else sample.phone,
            street=street,
            postal_code=postal_code,
            city=city,
            traits=_SAMPLE_TRAITS[sample.email] - ({Trait.SHARES_MAILBOX} if not partner else set()),
            sample=sample,
            partner=partner,
        )

    def anyone(self, number: int, before: Person) -> Person:
        dice = Dice(f"{self._seed}/person/{number}")
        traits = self._traits(number, dice, before)
        partner = Trait.SHARES_MAILBOX in traits
        land = before.land if partner else dice.pick(_LOTTERY)
        names = self._pools[land.locale]
        given, family = self._name(dice, names, before.family if partner else None)
        local = f"{given[1]}.{family[1]}"
        email = before.email if partner else self._address(dice, local)
        second = not partner and (dice.chance(0.4) or not traits.isdisjoint(_NEEDS_SECOND))
        postal_code, city = dice.pick(land.places)
        return Person(
            number=number,
            land=land,
            given=given[0],
            family=family[0],
            email=email,
            second=self._address(dice, f"{given[1][:1]}{family[1]}{dice.between(60, 99)}") if second else None,
            phone=_phone(land, number),
            street=before.street if partner else dice.pick(names.streets),
            postal_code=before.postal_code if partner else postal_code,
            city=before.city if partner else city,
            traits=traits,
            company=dice.pick(self._companies[land.locale]) if dice.chance(0.4) else None,
            partner=partner,
        )

    def _traits(self, number: int, dice: Dice, before: Person) -> frozenset[Trait]:
        traits = set(_BY_PLACE.get(number % 50, ()))
        if number == 7:
            traits.add(Trait.ALSO_AGENT)
        for trait, often in _BY_CHANCE.items():
            if dice.chance(often):
                traits.add(trait)
        if Trait.SHARES_MAILBOX in traits:
            if before.sample or before.partner or not before.in_crm or before.has(Trait.NO_EMAIL, Trait.PLACEHOLDER):
                traits.discard(Trait.SHARES_MAILBOX)
            else:
                traits -= _NEEDS_SECOND
        return frozenset(traits)

    def _name(self, dice: Dice, names: Pool, family: str | None) -> tuple[tuple[str, str], tuple[str, str]]:
        while True:
            given = dice.pick(names.given)
            surname = (family, romanise(family)) if family else dice.pick(names.family)
            full = f"{given[0]} {surname[0]}"
            if full not in self._names or len(names.given) * len(names.family) < len(self._names):
                self._names.add(full)
                return given, surname

    def _address(self, dice: Dice, local: str) -> str:
        domain = dice.pick(_DOMAINS)
        address, n = f"{local}@{domain}", 1
        while address in self._taken:
            n += 1
            address = f"{local}{n}@{domain}"
        self._taken.add(address)
        return address


_BY_CHANCE = {
    Trait.MIXED_CASE: 0.15,
    Trait.PLUS: 0.05,
    Trait.NO_NUMBER: 0.06,
    Trait.LONG_WINDED: 0.02,
    Trait.CROSS_YEAR: 0.05,
}


def _phone(land: Land, number: int) -> str:
    # 7919 has no factor in common with 100 000: every number below that gets digits of its own.
    digits = iter(f"{number * 7919 % 100_000:05d}")
    return "".join(next(digits) if c == "#" else c for c in land.phone)
