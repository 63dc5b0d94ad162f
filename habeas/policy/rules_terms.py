"""What must hold within a policy's promises: terms, proofs of identity, ways in, lines of the published text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from habeas.model import normalise
from habeas.policy.raw import Path, Problem, Raw, at, ids, listed, number, place, repeated, table
from habeas.policy.source import alternatives

_STRENGTH = {"none": 0, "code": 1, "attestation": 1, "both": 2}
_WAYS = ("email", "phone", "web", "letter", "in_person", "chat")
_DISCLOSING = frozenset({"access", "portability", "rectification", "erasure"})
"""Rights by which somebody else could get, spoil or destroy the data."""


def promise(raw: Raw) -> Iterator[Problem]:
    """A delay can only be told of a term."""
    given = table(raw, "promise")
    days = given.get("days")
    if given.get("delay_notice") is True:
        if days is None:
            message = "no days are promised, so that there is no delay to tell of"
            yield Problem(("promise", "delay_notice"), message, "add days, or remove it")
        before = number(given, "delay_days_before", 1)
        if isinstance(days, int) and before >= days:
            message = f"{before} days before the end of {days} nobody knows of a delay"
            yield Problem(("promise", "delay_days_before"), message, f"below {days}")


def reasons_at_once(raw: Raw) -> Iterator[Problem]:
    """What is explained at once is described. It needs no ``keep``: staff may refuse it, and a hold keep it."""
    described = {name for _, name in ids(raw, "categories")}
    for n, name in enumerate(listed(table(raw, "promise"), "reasons_at_once")):
        if str(name) not in described:
            path: Path = ("promise", "reasons_at_once", n)
            yield Problem(path, f"{name!r} is not described", f"add a [[categories]] with id = {name!r}")
    yield from repeated(("promise", "reasons_at_once"), listed(table(raw, "promise"), "reasons_at_once"))


def proofs(raw: Raw) -> Iterator[Problem]:
    """A proof asked for can be given; the stricter one is stricter; giving one up has a reason."""
    identity = table(raw, "identity")
    methods = [str(method) for method in listed(identity, "methods")] or ["code", "attestation"]
    asked: dict[Path, Any] = {
        ("identity", "rights", right): proof for right, proof in table(identity, "rights").items()
    }
    if "sensitive" in identity:
        asked["identity", "sensitive"] = identity["sensitive"]
    for path, proof in asked.items():
        needs = ("code", "attestation") if proof == "both" else (proof,)
        for method in (each for each in needs if each in ("code", "attestation") and each not in methods):
            message = f"asks for {method}, which is none of identity.methods"
            yield Problem(path, message, f"add {method!r} to methods, or ask for another proof")
        if proof == "none" and path[-1] in _DISCLOSING and not identity.get("i_know"):
            message = "no proof is asked for, so that anybody who knows an address could get or change the data"
            yield Problem(path, message, 'ask for one, or say why it is safe: i_know = "..." in [identity]')
    yield from _weaker(identity)


def _weaker(identity: Raw) -> Iterator[Problem]:
    sensitive = _strength(identity.get("sensitive"))
    if sensitive is None:
        return
    general = 0 if identity.get("required") is False else 1
    rights = {right: _strength(proof) for right, proof in table(identity, "rights").items() if right in _DISCLOSING}
    for name, strength in [
        ("the general proof", general),
        *((f"the proof for {each}", rights[each]) for each in rights),
    ]:
        if strength is not None and sensitive < strength:
            message = f"weaker than {name}"
            yield Problem(("identity", "sensitive"), message, "ask for more where the data is sensitive, not for less")
            return


def _strength(proof: object) -> int | None:
    return _STRENGTH.get(proof) if isinstance(proof, str) else None


def ways_in(raw: Raw) -> Iterator[Problem]:
    """Each way in is one that people know, and is named once."""
    seen: set[tuple[object, object]] = set()
    for n, row in enumerate(listed(raw, "channels")):
        if not isinstance(row, Mapping):
            continue
        kind, to = row.get("kind"), row.get("to")
        if kind == "email" and isinstance(to, str) and not _is_email(to):
            yield Problem(("channels", n, "to"), "not an e-mail address", "correct it, or change kind")
        if kind == "phone" and isinstance(to, str) and not any(map(str.isdigit, to)):
            yield Problem(("channels", n, "to"), "not a number that can be called", "correct it, or change kind")
        if isinstance(kind, str) and kind not in _WAYS:
            message = f"{kind!r} is no way that a request arrives"
            yield Problem(("channels", n, "kind"), message, f"one of {', '.join(_WAYS)}")
        if isinstance(kind, str) and isinstance(to, str):
            if (kind, to) in seen:
                yield Problem(("channels", n), "is there twice", "list it once")
            seen.add((kind, to))


def _is_email(text: str) -> bool:
    try:
        normalise("email", text)
    except ValueError:
        return False
    return True


def lines(raw: Raw) -> Iterator[Problem]:
    """Every promise of the published text is kept by something: keys that exist, or a reason why none is needed."""
    answered = {name for key in table(raw, "open") for name in alternatives(key)}
    for n, row in enumerate(listed(raw, "promises")):
        if not isinstance(row, Mapping):
            continue
        if not listed(row, "keeps") and not row.get("note") and not row.get("not_held"):
            message = "nothing here keeps this promise"
            remedy = "name the keys in keeps, say in note how it is kept, or in not_held why Habeas does not see to it"
            yield Problem(("promises", n), message, remedy)
        for m, key in enumerate(listed(row, "keeps")):
            there = place(raw, key) if isinstance(key, str) else None
            if isinstance(key, str) and there is None and key not in answered:
                yield Problem(("promises", n, "keeps", m), f"there is no {key}", "correct the key, or add it")
            elif there and at(raw, there) in ([], {}):
                message = f"is empty, and promises[{n}] rests on it"
                yield Problem(there, message, "fill it, or take it out of that promise's keeps")
