"""What the CRM holds: contacts and everything that sales ever wrote about them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from workers.samples.dice import Dice
from workers.samples.lands import romanise
from workers.samples.people import ERASURE
from workers.samples.population import Person, Trait, World
from workers.samples.sheet import Sheet, Store, as_json, garbled, spelling

__all__ = ["PRODUCT_NAMES", "write"]

PRODUCT_NAMES = ("Fibre 500", "Fibre 1000", "Mobile Plus", "Web Hotel", "TV Basis", "Backup 2 TB", "Office Line")
_FIRST_CONTACT = 1_001
_TEAMS = ("Sales", "Sales", "Key accounts", "Marketing")
_INDUSTRIES = ("Building", "Care", "Education", "Food", "Logistics", "Retail", None)
_SOURCES = ("web", "fair", "referral", "import-2018", "phone", None)
_LIFECYCLE = ("lead", "prospect", "customer", "customer", "customer", "former", "partner")
_KINDS = ("call", "newsletter", "email", "email", "form", "meeting", "newsletter", "web_visit", "web_visit")
_PURPOSES = ("newsletter", "phone_marketing", "profiling", "case_study")
_BROWSERS = ("Firefox/131.0", "Chrome/129.0", "Safari/17.6", "Edge/128.0")


class _Crm:
    def __init__(self, world: World) -> None:
        self.world = world
        self.contact = _FIRST_CONTACT
        self.note = self.activity = self.email = self.phone = self.address = 1
        self.owners = Sheet("owners", ("id", "login", "full_name", "team", "active"))
        self.companies = Sheet(
            "companies", ("id", "name", "domain", "vat_no", "industry", "employees", "parent_id", "created_at")
        )
        self.contacts = Sheet(
            "contacts",
            ("id", "public_id", "salutation", "first_name", "last_name", "nickname", "email", "phone", "customer_no",
             "birthday", "language", "lifecycle", "score", "tags", "custom", "owner_id", "source", "created_at",
             "updated_at", "deleted_at"),
        )  # fmt: skip
        self.emails = Sheet("contact_emails", ("id", "contact_id", "email", "label", "verified_at", "created_at"))
        self.phones = Sheet("contact_phones", ("id", "contact_id", "phone", "label"))
        self.addresses = Sheet(
            "postal_addresses", ("id", "contact_id", "label", "street", "postal_code", "city", "country")
        )
        self.links = Sheet("contact_companies", ("contact_id", "company_id", "title", "since", "until", "is_primary"))
        self.notes = Sheet("notes", ("id", "contact_id", "company_id", "author_id", "body", "pinned", "created_at"))
        self.activities = Sheet(
            "activities", ("id", "contact_id", "kind", "subject", "details", "owner_id", "duration", "occurred_at")
        )
        self.consents = Sheet(
            "consents",
            ("id", "contact_id", "purpose", "address", "wording", "given_at", "withdrawn_at", "last_used_on", "proof"),
        )

    def store(self) -> Store:
        return Store(
            "public",
            (self.owners, self.companies, self.contacts, self.emails, self.phones, self.addresses, self.links,
             self.notes, self.activities, self.consents),
        )  # fmt: skip

    def write_owners(self) -> None:
        dice = self.world.dice("crm", 0)
        names = self.world.pools["da_DK"]
        for number in range(1, 9):
            given, family = names.given[-number], names.family[-number]
            self.owners.add(number, given[1][:2] + family[1][:3], f"{given[0]} {family[0]}", dice.pick(_TEAMS), True)

    def write_companies(self) -> None:
        dice = self.world.dice("crm", -1)
        for number, (name, land) in enumerate(self.world.companies, start=1):
            domain = f"{romanise(name) or f'kaisha-{number}'}.example"
            parent = number - 1 if number > 1 and dice.chance(0.08) else None
            vat = f"{land.country}{dice.between(10**7, 10**8 - 1)}" if dice.chance(0.7) else None
            staff = dice.between(1, 400) if dice.chance(0.8) else None
            founded = dice.moment(self.world.start, self.world.now)
            self.companies.add(number, name, domain, vat, dice.pick(_INDUSTRIES), staff, parent, founded)

    def write_person(self, person: Person) -> None:
        dice = self.world.dice("crm", person.number)
        created = self.world.joined(person)
        duplicate = person.has(Trait.DUPLICATE)
        contact = self._contact(dice, person, created, person.email)
        self._ways_to_reach(dice, person, contact, created, None if duplicate else person.second)
        self._company(dice, person, contact, created)
        for _ in range(dice.between(1, 5)):
            self._note(dice, person, contact, created)
        for _ in range(dice.between(4, 15)):
            self._activity(dice, person, contact, created)
        self._consents(dice, person, contact, created)
        if duplicate and person.second:
            again = self._contact(dice, person, created + timedelta(days=90), person.second, again=True)
            for _ in range(dice.between(1, 3)):
                self._activity(dice, person, again, created)

    def _contact(self, dice: Dice, person: Person, created: datetime, email: str, *, again: bool = False) -> int:
        contact, self.contact = self.contact, self.contact + 1
        broken = garbled if person.has(Trait.GARBLED) else str
        tags = [tag for tag in ("vip", "webinar", "churn-risk", "Weihnachtskarte", "🎁") if dice.chance(0.15)]
        custom = {"shoe_size": dice.between(36, 47)} if dice.chance(0.1) else {}
        updated = dice.moment(created, self.world.now)
        self.contacts.add(
            contact,
            dice.uuid(),
            dice.pick(person.texts.salutations) if dice.chance(0.3) else None,
            None if dice.chance(0.03) and not person.sample else broken(person.given),
            broken(person.family.upper() if again else person.family),
            f"{person.given[:3]} 🌻" if dice.chance(0.05) else None,
            spelling(person, email),
            self._typed_phone(dice, person),
            None if again else self._customer_no(person),
            dice.day(date(1944, 1, 1), date(1996, 12, 31)) if dice.chance(0.4) else None,
            person.land.language if dice.chance(0.8) else None,
            dice.pick(_LIFECYCLE),
            f"{dice.between(0, 10_000) / 100:.2f}" if dice.chance(0.7) else None,
            tags,
            as_json(custom),
            dice.between(1, 8) if dice.chance(0.8) else None,
            dice.pick(_SOURCES),
            created,
            updated,
            updated if person.has(Trait.SOFT_DELETED) else None,
        )
        return contact

    @staticmethod
    def _typed_phone(dice: Dice, person: Person) -> str | None:
        if person.sample:
            return person.phone
        throw = dice.random()
        if throw < 0.15:
            return None
        if throw < 0.3:
            return person.phone.replace(" ", "")
        if throw < 0.35:
            return f"{person.phone} ext. 4"
        return person.phone.replace("+", "00", 1) if throw < 0.42 else person.phone

    @staticmethod
    def _customer_no(person: Person) -> str | None:
        if person.has(Trait.LOST_NUMBER):
            return f"X{person.number:05d}"
        return person.customer_no if person.in_billing and not person.has(Trait.NO_NUMBER) else None

    def _ways_to_reach(self, dice: Dice, person: Person, contact: int, created: datetime, second: str | None) -> None:
        if second:
            verified = dice.moment(created, self.world.now) if dice.chance(0.6) else None
            self.emails.add(self.email, contact, second, "private", verified, created)
            self.email += 1
        if dice.chance(0.35) and (main := spelling(person, person.email)):
            self.emails.add(self.email, contact, main.strip().lower(), "work", created, created)
            self.email += 1
        if dice.chance(0.45):
            self.phones.add(self.phone, contact, person.phone.replace(" ", "-"), "private")
            self.phone += 1
        country = person.land.country
        self.addresses.add(self.address, contact, "private", person.street, person.postal_code, person.city, country)
        self.address += 1
        if dice.chance(0.25):
            names = self.world.pools[person.land.locale]
            self.addresses.add(self.address, contact, "old", dice.pick(names.streets), None, person.city, country)
            self.address += 1

    def _company(self, dice: Dice, person: Person, contact: int, created: datetime) -> None:
        if person.company is None:
            return
        since = created.date()
        left = dice.day(since, self.world.as_of) if dice.chance(0.25) else None
        title = dice.pick(person.texts.titles) if dice.chance(0.8) else None
        self.links.add(contact, person.company + 1, title, since, left, left is None)

    def _note(self, dice: Dice, person: Person, contact: int | None, created: datetime) -> None:
        other, address = self.world.other(dice, person)
        words = {"name": person.name, "given": person.given, "other": other, "product": dice.pick(PRODUCT_NAMES)}
        body = dice.pick(person.texts.notes).format(**words)
        if person.has(Trait.LONG_WINDED):
            quoted = person.texts.quoted.format(day=created.date().isoformat(), other=f"{other} <{address}>")
            earlier = "\n".join(f"> {note}" for note in person.texts.notes * 20).format(**words)
            body = f"{body}\n\n{quoted}\n{earlier}"
        if person.has(Trait.GARBLED):
            body = garbled(body)
        company = person.company + 1 if person.company is not None and dice.chance(0.3) else None
        author = dice.between(1, 8) if dice.chance(0.9) else None
        written = dice.moment(created, self.world.now)
        self.notes.add(self.note, contact, company, author, body, dice.chance(0.05), written)
        self.note += 1

    def _activity(self, dice: Dice, person: Person, contact: int, created: datetime) -> None:
        kind = dice.pick(_KINDS)
        subject = details = duration = None
        if kind == "web_visit":
            details = as_json({"path": f"/products/{dice.between(1, 9)}", "seconds": dice.between(3, 400)})
        else:
            subject = dice.pick(person.texts.subjects).format(product=dice.pick(PRODUCT_NAMES))
            duration = timedelta(minutes=dice.between(1, 55)) if kind in ("call", "meeting") else None
        # Numbers 9 to 11 are owners that left.
        owner = dice.between(1, 11) if dice.chance(0.6) else None
        moment = dice.moment(created, self.world.now)
        self.activities.add(self.activity, contact, kind, subject, details, owner, duration, moment)
        self.activity += 1

    def _consents(self, dice: Dice, person: Person, contact: int, created: datetime) -> None:
        for purpose in _PURPOSES[: dice.between(2, 4) if person.sample else dice.between(0, 4)]:
            given = dice.moment(created, created + timedelta(days=300))
            long_ago = purpose != "newsletter" if person.sample is ERASURE else dice.chance(0.4)
            withdrawn = dice.moment(given, given + timedelta(days=90)) if long_ago else None
            used = dice.moment(self.world.now - timedelta(days=500), self.world.now)
            proof = {
                "browser": dice.pick(_BROWSERS),
                "double_opt_in": dice.chance(0.7),
                "ip": f"198.51.100.{dice.between(1, 254)}",
            }
            self.consents.add(
                dice.uuid(),
                contact,
                purpose,
                person.phone if purpose == "phone_marketing" else person.email,
                person.texts.wording,
                given,
                withdrawn,
                (withdrawn or used).date(),
                as_json(proof),
            )

    def write_lost_notes(self) -> None:
        """Notes whose contact was removed years ago."""
        dice = self.world.dice("crm", -2)
        for number in range(1 + len(self.world.persons) // 25):
            person = self.world.persons[(number * 13 + 7) % len(self.world.persons)]
            if not person.sample:
                self._note(dice, person, 900_000 + number if number % 3 else None, self.world.start)


def write(world: World) -> Store:
    """All rows of the CRM."""
    crm = _Crm(world)
    crm.write_owners()
    crm.write_companies()
    for person in world.persons:
        if person.in_crm:
            crm.write_person(person)
    crm.write_lost_notes()
    return crm.store()
