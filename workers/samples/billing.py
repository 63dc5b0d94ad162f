"""What the billing store holds: nine years of invoices, some past every duty to keep them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from workers.samples.dice import Dice
from workers.samples.people import ACCESS, ERASURE, TWO_ADDRESSES
from workers.samples.population import Person, Trait, World
from workers.samples.sheet import Sheet, Store, as_json, spelling

__all__ = ["write"]

_FIRST_CUSTOMER = 50_001
_CURRENCIES = (
    ("DKK", "Danish krone", 2), ("EUR", "Euro", 2), ("GBP", "Pound sterling", 2), ("NOK", "Norwegian krone", 2),
    ("CAD", "Canadian dollar", 2), ("JPY", "Japanese yen", 0),
)  # fmt: skip
# SKU, name, price in hundredths, still sold
_PRODUCTS = (
    ("F500", "Fibre 500", 29_900, True), ("F1000", "Fibre 1000", 39_900, True), ("MOB", "Mobile Plus", 19_900, True),
    ("WEB", "Web Hotel", 4_900, True), ("TV", "TV Basis", 14_900, True), ("BAK", "Backup 2 TB", 9_900, True),
    ("OFF", "Office Line", 49_900, True), ("HRS", "Technician, hours", 79_500, True), ("SHIP", "Shipping", 4_950, True),
    ("DSL", "DSL 20", 19_900, False), ("FAX", "Fax to mail", 2_900, False),
)  # fmt: skip
_MONTHLY = _PRODUCTS[:7]
_DROPPED = ("ISDN", "ISDN connection", 24_900)
_STATUS = ("paid",) * 17 + ("open", "void", "uncollectible")
_BRANDS = ("visa", "visa", "mastercard", "dankort", "amex")
_REASONS = ("moved", "too expensive", "no longer needed", None)
_VAT = Decimal("0.2500")


def _money(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


@dataclass(frozen=True, slots=True)
class _Customer:
    id: int
    person: Person
    email: str | None
    since: date
    cards: tuple[tuple[UUID, date], ...]
    """Each with the day from which it could be used."""
    subscription: tuple[int, date] | None


@dataclass(frozen=True, slots=True)
class _Draft:
    """An invoice before the numbers are given out: they follow the day of issue over all customers."""

    issued_on: date
    customer: _Customer
    nth: int


class _Billing:
    def __init__(self, world: World) -> None:
        self.world = world
        self.subscription = 1
        self.drafts: list[_Draft] = []
        self.currencies = Sheet("currencies", ("code", "name", "minor"), list(_CURRENCIES))
        self.products = Sheet("products", ("sku", "name", "unit_price", "vat_rate", "discontinued"))
        self.customers = Sheet(
            "customers",
            ("id", "customer_no", "kind", "company_name", "contact_name", "email", "phone", "street", "postal_code",
             "city", "country", "vat_no", "currency", "language", "credit_limit", "metadata", "created_at",
             "closed_on"),
        )  # fmt: skip
        self.cards = Sheet(
            "cards", ("id", "customer_id", "brand", "last4", "exp_month", "exp_year", "holder", "psp_token", "added_at")
        )
        self.subscriptions = Sheet(
            "subscriptions",
            ("id", "customer_id", "sku", "quantity", "started_on", "cancelled_on", "cancel_reason"),
        )
        self.invoices = Sheet(
            "invoices",
            ("id", "invoice_no", "customer_id", "subscription_id", "status", "issued_on", "due_on", "currency", "net",
             "vat", "total", "bill_to_name", "bill_to_email", "bill_to_address", "po_number", "memo"),
        )  # fmt: skip
        self.lines = Sheet(
            "invoice_lines",
            ("invoice_id", "line_no", "sku", "description", "quantity", "unit_price", "vat_rate", "amount",
             "posted_on"),
        )  # fmt: skip
        self.payments = Sheet(
            "payments",
            ("id", "invoice_id", "customer_no", "card_id", "method", "status", "amount", "currency", "payer_text",
             "received_on"),
        )  # fmt: skip

    def store(self) -> Store:
        return Store(
            "billing",
            (self.currencies, self.products, self.customers, self.cards, self.subscriptions, self.invoices,
             self.lines, self.payments),
        )  # fmt: skip

    def write_products(self) -> None:
        for sku, name, price, sold in _PRODUCTS:
            self.products.add(sku, name, _money(price), _VAT, not sold)

    def write_customer(self, person: Person) -> None:
        dice = self.world.dice("billing", person.number)
        created = self.world.joined(person) + timedelta(days=dice.between(0, 30))
        company = self.world.companies[person.company][0] if person.company is not None and dice.chance(0.6) else None
        customer_id = _FIRST_CUSTOMER + len(self.customers.rows)
        email = _email(dice, person)
        self.customers.add(
            customer_id,
            person.customer_no,
            "business" if company else "person",
            company,
            person.name,
            email,
            person.phone if person.sample or dice.chance(0.6) else None,
            person.street,
            person.postal_code,
            person.city,
            person.land.country,
            f"{person.land.country}{dice.between(10**7, 10**8 - 1)}" if company else None,
            person.land.currency,
            person.land.language,
            _money(dice.between(1, 40) * 50_000) if company else None,
            as_json({"paper_invoice": True} if dice.chance(0.1) else {}),
            created,
            dice.day(created.date() + timedelta(days=450), self.world.as_of) if dice.chance(0.1) else None,
        )
        cards = tuple(
            self._card(dice, customer_id, person) for _ in range(dice.between(0 if not person.sample else 1, 2))
        )
        subscription = None
        for _ in range(dice.between(0, 2)):
            subscription = self._subscription(dice, customer_id, created.date())
        customer = _Customer(customer_id, person, email, created.date(), cards, subscription)
        self.drafts += [_Draft(day, customer, n) for n, day in enumerate(self._days(dice, customer))]

    def _card(self, dice: Dice, customer_id: int, person: Person) -> tuple[UUID, date]:
        card = dice.uuid()
        last4 = f"{dice.between(0, 9_999):04d}"
        added = dice.moment(self.world.joined(person), self.world.now - timedelta(days=70))
        expires = added.year + dice.between(1, 4)
        holder = person.name.upper() if dice.chance(0.8) else None
        token = f"tok_{dice.getrandbits(96):024x}"
        self.cards.add(card, customer_id, dice.pick(_BRANDS), last4, dice.between(1, 12), expires, holder, token, added)
        return card, added.date()

    def _subscription(self, dice: Dice, customer_id: int, since: date) -> tuple[int, date]:
        number, self.subscription = self.subscription, self.subscription + 1
        started = dice.day(since, self.world.as_of)
        cancelled = dice.day(started, self.world.as_of) if dice.chance(0.35) else None
        reason = dice.pick(_REASONS) if cancelled else None
        sku = dice.pick(_MONTHLY)[0]
        self.subscriptions.add(number, customer_id, sku, dice.between(1, 3), started, cancelled, reason)
        return number, started

    def _days(self, dice: Dice, customer: _Customer) -> Iterator[date]:
        """When this customer was invoiced."""
        today = self.world.as_of
        if customer.person.sample in (ACCESS, ERASURE, TWO_ADDRESSES):
            # Three whose five years are long over, three whose five years are not.
            yield from (date(today.year - back, 3, 14) for back in (8, 7, 6))
            yield from (today - timedelta(days=days) for days in (800, 400, 60))
            return
        if customer.person.has(Trait.CROSS_YEAR):
            yield date(today.year - 6, 12, 20)
        for _ in range(dice.between(2, 9)):
            yield dice.day(customer.since, today)

    def write_invoices(self) -> None:
        self.drafts.sort(key=lambda draft: (draft.issued_on, draft.customer.id, draft.nth))
        for number, draft in enumerate(self.drafts, start=20_001):
            dice = self.world.dice("invoice", draft.customer.id * 100 + draft.nth)
            self._invoice(dice, number, draft)

    def _invoice(self, dice: Dice, number: int, draft: _Draft) -> None:
        person, issued, subscription = draft.customer.person, draft.issued_on, draft.customer.subscription
        net = self._lines(dice, number, issued)
        vat = net // 4
        status = "paid" if person.sample else dice.pick(_STATUS)
        address = {"street": person.street, "postal_code": person.postal_code, "city": person.city}
        memo = None
        if dice.chance(0.12):
            other, _ = self.world.other(dice, person)
            memo = dice.pick(person.texts.memo).format(name=person.name, other=other)
        self.invoices.add(
            number,
            f"{issued.year}-{number}",
            draft.customer.id,
            subscription[0] if subscription and subscription[1] <= issued else None,
            status,
            issued,
            issued + timedelta(days=14),
            person.land.currency,
            _money(net),
            _money(vat),
            _money(net + vat),
            person.name,
            draft.customer.email,
            as_json(address) if dice.chance(0.95) else None,
            f"PO {dice.between(1000, 9999)}" if dice.chance(0.1) else None,
            memo,
        )
        if status == "paid":
            self._payments(dice, number, draft, net + vat)

    def _lines(self, dice: Dice, invoice: int, issued: date) -> int:
        net = 0
        for line in range(1, dice.pick((1, 2, 2, 2, 3, 4)) + 1):
            sku, name, price = dice.pick(_PRODUCTS)[:3] if dice.chance(0.95) else _DROPPED
            quantity = dice.between(1, 3)
            net += price * quantity
            description = f"{name}, {issued:%m/%Y}" if dice.chance(0.6) else name
            self.lines.add(
                invoice, line, sku, description, quantity, _money(price), _VAT, _money(price * quantity), issued
            )
        return net

    def _payments(self, dice: Dice, invoice: int, draft: _Draft, total: int) -> None:
        person = draft.customer.person
        latest = max(0, min(25, (self.world.as_of - draft.issued_on).days))
        crosses = draft.nth == 0 and person.has(Trait.CROSS_YEAR) and draft.issued_on.month == 12
        days = 25 if crosses else dice.between(min(2, latest), latest)
        halves = (total // 2, total - total // 2) if dice.chance(0.1) else (total,)
        for amount in halves:
            self._payment(dice, invoice, draft.customer, amount, draft.issued_on + timedelta(days=days))

    def _payment(self, dice: Dice, invoice: int | None, customer: _Customer, amount: int, on: date) -> None:
        person = customer.person
        usable = [card for card, since in customer.cards if since <= on]
        card = dice.pick(usable) if usable and dice.chance(0.7) else None
        method = "card" if card else dice.pick(("bank_transfer", "direct_debit", "mobile"))
        quoted: str | None = person.customer_no
        if not person.sample and dice.chance(0.04):
            quoted = None if invoice and dice.chance(0.5) else f"{person.customer_no}?"
        payer = f"{person.name.upper()} {quoted or ''}".strip() if method == "bank_transfer" else None
        self.payments.add(
            dice.uuid(), invoice, quoted, card, method, "settled", _money(amount), person.land.currency, payer, on
        )

    def write_unmatched_payments(self) -> None:
        """Money that came in and that nobody has matched with an invoice."""
        dice = self.world.dice("billing", -1)
        for person in self.world.persons[::25]:
            if not person.sample:
                day = dice.day(self.world.start.date(), self.world.as_of)
                stranger = _Customer(0, person, None, day, (), None)
                self._payment(dice, None, stranger, dice.between(1, 99) * 1_000, day)


def _email(dice: Dice, person: Person) -> str | None:
    if person.sample:
        return person.sample.billing_email or person.email
    if person.has(Trait.NO_EMAIL):
        return None if dice.chance(0.5) else person.email
    if person.has(Trait.PLUS):
        return person.email.replace("@", dice.pick(("+invoice@", "+bills@", "+Faktura@")), 1)
    return person.email if dice.chance(0.8) else spelling(person, person.email)


def write(world: World) -> Store:
    """All rows of the billing store."""
    billing = _Billing(world)
    billing.write_products()
    for person in world.persons:
        if person.in_billing:
            billing.write_customer(person)
    billing.write_invoices()
    billing.write_unmatched_payments()
    return billing.store()
