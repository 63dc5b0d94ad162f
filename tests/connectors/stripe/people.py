"""Who is in the account: Ann, who bought and subscribed; Carl, who bought the same; made past the connector."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.vendors.shared.calls import Json
from tests.vendors.stripe import KEY, Stripe

ANN, CARL = "ann@example.org", "carl@example.org"
PHONE, CARLS_PHONE = "+4512345678", "+4587654321"
TAX_LAW = {"law": "Bookkeeping Act, section 12", "years": 5, "to": "year_end"}
_NOTE = {"metadata[delivery]": "to the neighbour"}
RETAINED = ("invoices", "invoice_items", "charges", "payment_intents", "disputes", "credit_notes", "subscriptions")


def settings(url: str, *, customers: str = "anonymise", redacts: bool = False, **more: Any) -> dict[str, Any]:
    """As in the settings' file."""
    kept = {"category": "accounting", "treatment": "retain", "retention": TAX_LAW, "after": "anonymise"}
    redacted = {"category": "accounting", "treatment": "anonymise"}
    return {
        "url": url,
        "key": KEY,
        "rate": 1000.0,
        "objections": {"direct_marketing": "no_marketing"},
        **({"redaction": {}} if redacts else {}),
        "collections": {
            "customers": {"category": "accounts", "treatment": customers},
            "payment_methods": {"category": "accounts", "treatment": "anonymise"},
            "tax_ids": {"category": "accounts", "treatment": "delete"},
            "draft_invoices": {"category": "accounts", "treatment": "delete"},
            "pending_items": {"category": "accounts", "treatment": "delete"},
            **dict.fromkeys(RETAINED, redacted if redacts else kept),
        },
        **more,
    }


class Shop:
    """The account, with hands that reach into it."""

    def __init__(self, stripe: Stripe) -> None:
        self.stripe = stripe
        self.ann = self.customer("Ann Arla", ANN, PHONE)
        self.carl = self.customer("Carl Carlsen", CARL, CARLS_PHONE)
        for one in (self.ann, self.carl):
            self.bought(one)
        self.stripe.seen()

    def post(self, path: str, **form: Any) -> Json:
        """Into localstripe, past the connector."""
        return self.stripe.ask("POST", f"/v1/{path}", data=form)

    def customer(self, name: str, email: str, phone: str) -> str:
        """Somebody with an address and a note in the metadata."""
        address = {"address[line1]": "Long Street 1", "address[city]": "Aarhus", "address[country]": "DK"}
        made = self.post("customers", name=name, email=email, phone=phone, **address, **{"metadata[note]": name})
        return str(made["id"])

    def bought(self, customer: str) -> None:
        """A card, an ended subscription with a paid invoice, a draft, something not billed yet, a dispute won.

        localstripe makes invoices of subscriptions only.
        """
        self.card(customer)
        self.post(f"customers/{customer}/tax_ids", type="eu_vat", value="DK123456789012")
        self.item(customer)
        subscription = self.subscribed(customer)
        invoice = next(self.stripe.every("/v1/invoices", customer=customer))["id"]
        self.item(customer)
        assert self.post("invoices", customer=customer)["status"] == "draft"
        self.stripe.ask("DELETE", f"/v1/subscriptions/{subscription}")
        self.item(customer)
        for path in ("invoices", "payment_intents", "charges"):
            self.note(path, customer)
        self.disputed(customer, "won")
        self.stripe.credit_notes[f"cn_{customer}"] = {
            "id": f"cn_{customer}",
            "object": "credit_note",
            "created": int(self.stripe.clock.now().timestamp()),
            "customer": customer,
            "invoice": invoice,
            "memo": "With apologies",
            "metadata": {},
        }

    def note(self, path: str, customer: str) -> None:
        """Something about the person on each of these."""
        for one in self.stripe.every(f"/v1/{path}"):
            if one["customer"] == customer:
                self.post(f"{path}/{one['id']}", **_NOTE)

    def card(self, customer: str, number: str = "4242424242424242") -> str:
        """A card to pay with."""
        card = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
        billing = {"billing_details[name]": "Ann Arla", "billing_details[email]": ANN}
        made = self.post("payment_methods", type="card", **card, **billing)["id"]
        self.post(f"payment_methods/{made}/attach", customer=customer)
        self.post(f"customers/{customer}", **{"invoice_settings[default_payment_method]": made})
        return str(made)

    def item(self, customer: str) -> str:
        """Something that is on no invoice yet."""
        return str(self.post("invoiceitems", customer=customer, amount=1200, currency="dkk", description="Sofa")["id"])

    def subscribed(self, customer: str, amount: int = 900) -> str:
        """A subscription that runs."""
        plan = {"id": f"plan-{amount}-{customer}", "amount": amount, "currency": "dkk", "interval": "month"}
        self.post("plans", **plan, **{"product[name]": "Sofa club"})
        made = self.post("subscriptions", customer=customer, **{"items[0][plan]": plan["id"]}, **_NOTE)
        assert made["status"] == "active"
        return str(made["id"])

    def disputed(self, customer: str, status: str) -> str:
        """Their newest charge is disputed."""
        charge = self.stripe.charges_of(customer)[-1]["id"]
        made = {
            "id": f"du_{len(self.stripe.disputes)}",
            "object": "dispute",
            "created": int(self.stripe.clock.now().timestamp()),
            "charge": charge,
            "status": status,
            "evidence": {"customer_name": "Ann Arla", "customer_email_address": ANN},
            "metadata": {},
        }
        self.stripe.disputes[made["id"]] = made
        return str(made["id"])

    def uncaptured(self, customer: str) -> str:
        """A payment that was authorised and not taken."""
        card = next(self.stripe.every("/v1/payment_methods", customer=customer, type="card"))["id"]
        form = {"amount": 500, "currency": "dkk", "payment_method": card, "capture_method": "manual", "confirm": "true"}
        made = self.post("payment_intents", customer=customer, **form)
        assert made["status"] == "requires_capture"
        return str(made["id"])

    def unpaid(self, customer: str) -> str:
        """An invoice that was not paid: the card is declined."""
        self.card(customer, number="4000000000000341")
        draft = next(one for one in self.stripe.every("/v1/invoices", customer=customer) if one["status"] == "draft")
        assert self.post(f"invoices/{draft['id']}/pay")["status"] == "open"
        return str(draft["id"])

    def of(self, customer: str) -> dict[str, Any]:
        """Everything of one customer, as it is shown."""
        lists = ("invoices", "charges", "payment_intents", "invoiceitems")
        held = {
            path: [self.stripe.shown(one) for one in self.stripe.every(f"/v1/{path}") if one["customer"] == customer]
            for path in lists
        }
        alone = {"status": "all"}
        subscriptions = [one for one in self.stripe.every("/v1/subscriptions", **alone) if one["customer"] == customer]
        charges = {one["id"] for one in held["charges"]}
        disputes = [self.stripe.shown(one) for one in self.stripe.disputes.values() if one["charge"] in charges]
        methods = list(self.stripe.every("/v1/payment_methods", customer=customer, type="card"))
        return {
            **held,
            "customer": self.stripe.object(f"/v1/customers/{customer}"),
            "subscriptions": subscriptions,
            "disputes": disputes,
            "payment_methods": methods,
        }

    def grow_old(self) -> None:
        """So late that Stripe redacts payments."""
        self.stripe.clock.advance(timedelta(days=91))
