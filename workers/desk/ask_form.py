"""The form by which a person asks: which rights it offers where, and what was typed into it; slips named by codes."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from babel import Locale
from starlette.datastructures import FormData

from activities.brief import purposes_of
from activities.task_model import FoundFile
from habeas import law
from habeas.errors import BadInput, UnknownRegime
from habeas.law.places import country_of, is_country, parse_place
from habeas.model import CHANGING, COPIES, REMEDIES, Right, normalise
from habeas.policy import Policy
from habeas.policy.sections import PurposeKind
from habeas.written import untagged
from workers.desk.uploads import found_files, prints
from workers.office import NewRequestInput
from workers.office.room import SUBJECT

__all__ = [
    "FIELDS",
    "FILES",
    "MOST_FILES",
    "PLEASE_WRITE",
    "Filled",
    "asked_of",
    "empty",
    "filled",
    "offered",
    "place_of",
    "places",
    "reached",
]

MOST_TEXT = 5000
"""Characters of free text that are taken."""
MOST_KEPT = 20_000
"""Characters of one field that are shown again after a slip: enough to shorten it, and no more."""
MOST_FILES = 8 * 1024 * 1024
"""Bytes of all files together."""
FILES = 5
CORRECTIONS = 3
FIELDS = 300
_LENGTHS = {
    "name": 200,
    "email": 320,
    "phone": 40,
    "number": 100,
    "note": MOST_TEXT,
    "situation": MOST_TEXT,
    "about": 40,
}
PLEASE_WRITE = {
    "en": "Please write to me in English.",
    "fr": "Merci de m’écrire en français.",
    "da": "Skriv venligst til mig på dansk.",
    "nb": "Vennligst skriv til meg på norsk.",
    "de": "Bitte schreiben Sie mir auf Deutsch.",
}
"""What choosing a language says, where staff must be told."""
_PARTS = {"US-CA": "California", "CA-QC": "Québec", "CA-AB": "Alberta", "CA-BC": "British Columbia"}
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
"""Characters that turn the direction of what follows them: a name made of them could pass for something else."""
_WHO = ("name", "email", "phone", "number")
_NOTHING_CHOSEN: Mapping[str, tuple[str, ...]] = {"purpose": (), "category": ()}
_FORM = re.compile(r"[A-Za-z0-9_-]{16,40}")
_SLIPS = {
    "identifier": "number",
    "situation": "situation",
    "note": "note",
    "evidence": "correct",
    "correct": "correct",
    "purpose": "purpose",
    "category": "category",
    "about": "about",
    "name": "name",
    "email": "email",
    "phone": "phone",
    "jurisdiction": "place",
    "received_at": "place",
    "right": "place",
    "file_size": "file_size",
    "file_type": "file_type",
}
"""What the office says is wrong -> where the form shows it."""


@dataclass(frozen=True)
class Filled:
    """What was typed, as it is shown again; and what of it cannot be."""

    form: str
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    files: tuple[FoundFile, ...] = field(default=(), repr=False)
    had_files: bool = False
    """Files were chosen, which a browser does not choose again by itself."""
    slips: tuple[str, ...] = ()

    def slipped(self, *codes: str) -> Filled:
        """The same, with more that cannot be."""
        return Filled(
            self.form, self.given, self.chosen, self.files, self.had_files, tuple(dict.fromkeys((*self.slips, *codes)))
        )

    def without_files(self) -> Filled:
        """The same, whose files were too large to be read."""
        return replace(self, had_files=True).slipped("file_size")

    def who(self) -> Filled:
        """Who they are, and nothing of what they asked."""
        return Filled(self.form, {name: self.given[name] for name in _WHO if name in self.given}, _NOTHING_CHOSEN)

    def because(self, error: BadInput) -> Filled:
        """The same, with what the office found."""
        return self.slipped(
            _SLIPS.get(str(error.facts.get("field")), "place" if isinstance(error, UnknownRegime) else "form")
        )


def empty() -> Filled:
    """A new form. Its id makes two posts of it one request."""
    return Filled(secrets.token_urlsafe(16))


@cache
def places(policy_places: frozenset[str], language: str) -> tuple[tuple[str, str], ...]:
    """Where somebody may live: code and name in their language, by name. Parts of countries as far as a law names them.

    Args:
        policy_places: all jurisdictions of the policy's regimes.
        language: of the names.
    """
    names = Locale(language).territories
    found = [(code, str(name)) for code, name in names.items() if is_country(code)]
    parts = [one for one in policy_places if "-" in one]
    found += [(one, f"{names[country_of(one)]}: {_PARTS.get(one, one.partition('-')[2])}") for one in parts]
    return tuple(sorted(found, key=lambda pair: _sorted_as(pair[1])))


def _sorted_as(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("Å", "Zå").replace("Ø", "Zø"))
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


def place_of(policy: Policy, said: str | None) -> str:
    """Where somebody lives: as they said, or where the controller is."""
    try:
        place = parse_place(said or "")
        if is_country(country_of(place)):
            return place
    except UnknownRegime:
        pass
    return country_of(policy.controller.establishment)


def offered(policy: Policy, place: str, on: date) -> tuple[Right, ...]:
    """The rights that somebody who lives there has against this controller, by law or by its promise.

    What there is nothing of to stop is not among them; whoever wants it all the same writes to the controller.
    """
    found = []
    for right in Right:
        try:
            applies = policy.applicable(place, right, on)
        except UnknownRegime:
            continue
        given = right in law.rights(applies.regime, applies.jurisdiction, on)
        promised = policy.rights is not None and right in policy.rights
        if (given or promised) and _means_something(policy, right):
            found.append(right)
    return tuple(found)


def _means_something(policy: Policy, right: Right) -> bool:
    match right:
        case Right.OPT_OUT_SALE:
            return policy.sells
        case Right.LIMIT_SENSITIVE:
            return any(one.sensitive for one in policy.categories) or any(
                PurposeKind.SENSITIVE in one.kinds for one in policy.purposes
            )
        case Right.WITHDRAW_CONSENT:
            return bool(purposes_of(policy, right, ()))
        case _:
            return True


def asked_of(policy: Policy, right: Right, language: str) -> dict[str, object]:
    """What the form asks for this right, besides who it is: purposes and categories as code and title."""
    purposes = purposes_of(policy, right, ()) if right in CHANGING else ()
    titles = {one.id: policy.text(one.title, language) for one in policy.purposes}
    by_category = policy.categories if right in COPIES | {Right.ERASURE} else ()
    return {
        "purposes": [(one, titles[one]) for one in purposes] if len(purposes) > 1 else [],
        "categories": [(one.id, policy.text(one.title, language)) for one in by_category]
        if len(by_category) > 1
        else [],
        "corrections": range(1, CORRECTIONS + 1) if right is Right.RECTIFICATION else (),
        "situation": right in {Right.OBJECTION, Right.RESTRICTION} | REMEDIES,
        "about": right in REMEDIES,
    }


def reached(said: Filled) -> list[str]:
    """Where letters can go because of it: the address that was typed, and whoever has the numbers.

    Variants of an address by a plus are one mailbox.
    """
    mailbox = untagged(normalise("email", said.given["email"]))
    numbers = {kind: "".join(said.given.get(kind, "").split()).casefold() for kind in ("phone", "number")}
    return [
        f"email:{mailbox}",
        *(f"{kind}:{text}" for kind, text in numbers.items() if text),
    ]


async def filled(form: FormData, right: Right) -> Filled:
    """What was typed."""
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    given = {name: value[:MOST_KEPT] for name, value in texts.items()}
    chosen = {
        name: tuple(str(one)[:80] for one in form.getlist(name) if isinstance(one, str))
        for name in ("purpose", "category")
    }
    form_id = given.get("form", "")
    slips = [name for name, most in _LENGTHS.items() if len(texts.get(name, "").strip()) > most]
    slips += _email_slip(texts.get("email", ""), slips)
    if right is Right.RECTIFICATION and not slips and not _corrections(given):
        slips.append("correct")
    if right is Right.APPEAL and not given.get("about", "").strip():
        slips.append("about")
    files: tuple[FoundFile, ...] = ()
    try:
        files = await found_files(form, "file", MOST_FILES)
        if sum(len(one.content) for one in files) > MOST_FILES:
            slips.append("file_size")
    except BadInput as error:
        slips.append(_SLIPS.get(str(error.facts.get("field")), "file_type"))
    return Filled(
        form_id if _FORM.fullmatch(form_id) else secrets.token_urlsafe(16),
        given,
        chosen,
        files,
        had_files=bool(files) or "file_type" in slips or "file_size" in slips,
        slips=tuple("too_long" if name in {"note", "situation"} else name for name in dict.fromkeys(slips)),
    )


def _email_slip(text: str, slips: list[str]) -> list[str]:
    if "email" in slips:
        return []
    try:
        normalise("email", text)
    except ValueError:
        return ["email"]
    return []


def _corrections(given: Mapping[str, str]) -> list[tuple[str, str, str]]:
    rows = []
    for n in range(1, CORRECTIONS + 1):
        what, old, new = (_plain(given.get(f"{part}_{n}", "")) for part in ("what", "old", "new"))
        if what and new:
            rows.append((what, old, new))
    return rows


def _plain(text: str) -> str:
    """Free text without control characters: no browser lets anybody type one."""
    kept = (
        char for char in text.replace("\r\n", "\n") if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"}
    )
    return "".join(kept).strip()


def request_of(said: Filled, policy: Policy, right: Right, place: str, language: str, *, gpc: bool) -> NewRequestInput:
    """The request, as it goes to the office, under a key that the same form with the same words has again.

    Args:
        said: without slips.
        policy: of whom it is asked.
        right: what is asked.
        place: where the person lives.
        language: of the page; letters come in it, or in the controller's nearest.
        gpc: whether the browser sent Global Privacy Control.
    """
    given = {name: _plain(text) for name, text in said.given.items()}
    wanted = asked_of(policy, right, language)
    parts: dict[str, object] = {
        "right": right.value,
        "controller": policy.id,
        "jurisdiction": place,
        "language": language,
        "channel": "web",
        "opened_by": SUBJECT,
        "reason": _reason(gpc=gpc),
        "name": " ".join(_TURNING.sub("", given.get("name", "")).split()) or None,
        "emails": (given["email"],),
        "phones": (given["phone"],) if given.get("phone") else (),
        "identifiers": (f"customer_number={given['number']}",) if given.get("number") else (),
        "note": given.get("note") or None,
        "purposes": tuple(one for one in said.chosen["purpose"] if wanted["purposes"]),
        "categories": tuple(one for one in said.chosen["category"] if wanted["categories"]),
        "situation": (given.get("situation") or None) if wanted["situation"] else None,
        "about": (given.get("about") or None) if wanted["about"] else None,
    }
    if right is Right.RECTIFICATION:
        rows = _corrections(given)
        parts["corrections"] = tuple({"what": what, "old": old or None, "new": new} for what, old, new in rows)
    said_so = {**parts, "files": prints(said.files)}
    digest = hashlib.sha256(json.dumps(said_so, sort_keys=True, default=str).encode()).hexdigest()
    return NewRequestInput.model_validate(parts | {"idempotency_key": f"form/{said.form}/{digest}"})


def _reason(*, gpc: bool) -> str:
    asked = "as the person asked, by the form"
    return f"{asked}; their browser sent Global Privacy Control (Sec-GPC: 1)" if gpc else asked
