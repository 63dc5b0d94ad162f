"""Draws the people of the samples: the ones asked for by role first, then anyone, each with a share of the mess."""

from __future__ import annotations

from datetime import date

from habeas.errors import BadInput
from workers.samples.dice import Dice
from workers.samples.lands import LANDS, Land, Pool, pool, romanise
from workers.samples.people import ACCESS, ERASURE, SAMPLES, SHARED_MAILBOX, TWO_ADDRESSES, UNKNOWN_TO_CRM
from workers.samples.population import Person, Trait, World

__all__ = ["FEWEST", "populate"]

FEWEST = 20
"""With fewer people some of the mess would be missing."""
_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.example")

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
_BY_CHANCE = {
    Trait.MIXED_CASE: 0.15,
    Trait.PLUS: 0.05,
    Trait.NO_NUMBER: 0.06,
    Trait.LONG_WINDED: 0.02,
    Trait.CROSS_YEAR: 0.05,
}


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


def _phone(land: Land, number: int) -> str:
    # 7919 has no factor in common with 100 000: every number below that gets digits of its own.
    digits = iter(f"{number * 7919 % 100_000:05d}")
    return "".join(next(digits) if c == "#" else c for c in land.phone)
