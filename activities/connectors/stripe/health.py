"""Whether the key may do what will be needed: each call tried, on objects that there are none of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from activities.connectors.api import Answer, ApiClient, Refused
from activities.connectors.stripe.kinds import (
    CUSTOMERS,
    DRAFTS,
    METHODS,
    PENDING,
    SUBSCRIPTIONS,
    TAX_IDS,
)
from activities.connectors.stripe.locate import query
from activities.connectors.stripe.settings import StripeSettings
from habeas.connector import Health, Treatment
from habeas.errors import HabeasError, Transient

__all__ = ["ping"]

_NOBODY = "cus_habeas_check"
"""No id that Stripe would make."""
_EXPECTED = (400, 404)
"""The key may, and there is nothing to do it with: a wrong id, a call without the fields that it needs."""
_UNAUTHORISED, _FORBIDDEN = 401, 403


class _Probe(NamedTuple):
    permission: str
    """As the Dashboard calls it: https://docs.stripe.com/keys/restricted-api-keys."""
    method: str
    path: str
    params: Mapping[str, str | int] | None = None
    version: str | None = None


async def ping(api: ApiClient, settings: StripeSettings) -> Health:
    """Never raises for "no". Whether Stripe looks for the permission before it looks for the object is not said."""
    missing: list[str] = []
    wrong: list[str] = []
    try:
        for probe in (*_reading(settings), *_writing(settings)):
            status = await _status(api, probe)
            if status == _FORBIDDEN:
                missing.append(probe.permission)
            elif status in _EXPECTED and probe.path in _ALWAYS_THERE:
                wrong.append(_ALWAYS_THERE[probe.path])
    except HabeasError as error:
        hint = ""
        if isinstance(error, Refused) and error.status == _UNAUTHORISED:
            hint = " Make a restricted key in the Dashboard: Developers > API keys."
        return Health(ok=False, detail=f"{error.detail}{hint}")
    if missing:
        wrong.append(f"The key lacks: {', '.join(dict.fromkeys(missing))}.")
    return Health(ok=not wrong, detail=" ".join(wrong))


_ALWAYS_THERE = {
    "customers/search": "It has no search of customers: set `search` to false, and nobody is found by phone.",
    "privacy/redaction_jobs": "Redaction jobs (a public preview) are not enabled: ask Stripe, or remove `redaction`.",
}


async def _status(api: ApiClient, probe: _Probe) -> int:
    headers = {"Stripe-Version": probe.version} if probe.version else {}
    form = {"metadata[habeas]": ""} if probe.method == "POST" else None
    also = (*_EXPECTED, _FORBIDDEN)
    answer = await api.call(
        probe.method, f"v1/{probe.path}", params=probe.params, form=form, headers=headers, also=also
    )
    if answer.status not in also:
        _of_stripe(answer)
    return answer.status


def _of_stripe(answer: Answer) -> None:
    """Each object and each list says which it is (`object`): https://docs.stripe.com/api. Others answer 200 as well."""
    said = answer.json
    if not isinstance(said, dict) or not isinstance(said.get("object"), str):
        raise Transient("What answers at this address is not Stripe: it gave no object of Stripe's.")


def _reading(settings: StripeSettings) -> Iterator[_Probe]:
    one = {"limit": 1}
    yield _Probe("Customers: Read", "GET", "customers", one)
    if settings.search:
        asked = query("email", "habeas-check@nobody.invalid")
        yield _Probe("Customers: Read", "GET", "customers/search", {"query": asked, **one})
    yield _Probe("PaymentMethods: Read", "GET", f"customers/{_NOBODY}/payment_methods", one)
    yield _Probe("Tax IDs: Read", "GET", f"customers/{_NOBODY}/tax_ids", one)
    for permission, path in (
        ("Subscriptions: Read", "subscriptions"),
        ("Invoices: Read", "invoices"),
        ("Invoice Items: Read", "invoiceitems"),
        ("PaymentIntents: Read", "payment_intents"),
        ("Charges: Read", "charges"),
        ("Disputes: Read", "disputes"),
        ("Credit notes: Read", "credit_notes"),
    ):
        yield _Probe(permission, "GET", path, one)
    if settings.redaction:
        version = settings.redaction.version
        yield _Probe("Redaction jobs: Read", "GET", "privacy/redaction_jobs", one, version)


def _writing(settings: StripeSettings) -> Iterator[_Probe]:
    # What is kept first is treated as `after` says, once its time is over.
    treated = {name: one.treatments for name, one in settings.collections.items()}
    yield _Probe("Customers: Write", "POST", f"customers/{_NOBODY}")
    if Treatment.DELETE in treated[CUSTOMERS]:
        yield _Probe("Customers: Write", "DELETE", f"customers/{_NOBODY}")
    if treated[METHODS] - {Treatment.RETAIN}:
        yield _Probe("PaymentMethods: Write", "POST", "payment_methods/pm_habeas_check/detach")
    if treated[TAX_IDS] - {Treatment.RETAIN}:
        yield _Probe("Tax IDs: Write", "DELETE", f"customers/{_NOBODY}/tax_ids/txi_habeas_check")
    if treated[DRAFTS] - {Treatment.RETAIN}:
        yield _Probe("Invoices: Write", "DELETE", "invoices/in_habeas_check")
    if treated[PENDING] - {Treatment.RETAIN}:
        yield _Probe("Invoice Items: Write", "DELETE", "invoiceitems/ii_habeas_check")
    if settings.cancel_subscriptions and SUBSCRIPTIONS in treated:
        yield _Probe("Subscriptions: Write", "DELETE", "subscriptions/sub_habeas_check")
    if settings.redaction:
        path = "privacy/redaction_jobs/prj_habeas_check/cancel"
        yield _Probe("Redaction jobs: Write", "POST", path, version=settings.redaction.version)
