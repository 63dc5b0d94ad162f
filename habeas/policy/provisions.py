"""Whether every law that a controller answers under has an article for what its systems withhold and keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from habeas import law
from habeas.connector import Collection, Manifest, Treatment
from habeas.law.provisions import own_laws
from habeas.model import Right
from habeas.policy.model import Policy
from habeas.policy.raw import Problem

_NUMBER = frozenset("0123456789")


class _Reason(NamedTuple):
    """Why a field is withheld, or a collection kept, as its map says it."""

    what: str
    says: str
    """The map's own words or law, with the name of the key that they stand under."""
    text: str
    ground: str | None
    right: Right
    holds: str | None = None


def without_provision(policy: Policy, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    """Each field that is withheld and each collection that is kept for a reason without an article under some law."""
    for n, system in enumerate(policy.systems):
        manifest = manifests.get(system)
        for one in manifest.collections if manifest else ():
            for field, reason in _reasons(system, one):
                for message, remedy in _faults(policy, reason):
                    there = manifest.written(one.name, field) if manifest else None
                    line, file = (there.line, there.file) if there else (None, None)
                    yield Problem(("systems", n), message, remedy, line, file)


def _reasons(system: str, one: Collection) -> Iterator[tuple[str | None, _Reason]]:
    for field, because in one.withheld.items():
        what = f"{system}.{one.name}.{field} is withheld"
        yield field, _Reason(what, "because", because, one.grounds.get(field), Right.ACCESS, one.types.get(field))
    if one.retention and one.treatment is Treatment.RETAIN:
        what = f"{system}.{one.name} is kept"
        yield None, _Reason(what, "law", one.retention.law, one.retention.ground, Right.ERASURE)


def _faults(policy: Policy, reason: _Reason) -> Iterator[tuple[str, str]]:
    named = law.laws_in(reason.text)
    if foreign := _where(policy, lambda code, place: bool(named - own_laws(code, place))):
        message = f"{reason.what}, and its {reason.says} names {', '.join(sorted(named))}, which is not the law of a "
        remedy = (
            f'leave the article out of {reason.says}, and write ground = "…" beside it: each law\'s own is told then'
        )
        yield f"{message}request under {', '.join(foreign)}", remedy
    if reason.ground and reason.ground not in law.reason_codes():
        remedy = f"one of {', '.join(sorted(law.reason_codes()))}"
        yield f"{reason.what} on the ground {reason.ground!r}, which no law has", remedy
        return
    lacking = _where(policy, lambda code, place: not _has(policy, reason, code, place))
    if lacking := [code for code in lacking if code not in foreign]:
        message = f"{reason.what}, and its reason has no provision under {', '.join(lacking)}"
        if reason.ground:
            tables = ", ".join(f"[provisions.{code}]" for code in lacking)
            yield message, f'write {reason.ground} = "<article>" in the policy, under {tables}'
        else:
            codes = sorted(law.reason_codes(reason.right))
            known = [one for one in codes if _everywhere(policy, reason._replace(ground=one))]
            yield message, f'write ground = "…" beside its {reason.says}: {" or ".join(known) or ", ".join(codes)}'


def _everywhere(policy: Policy, reason: _Reason) -> bool:
    return not _where(policy, lambda code, place: not _has(policy, reason, code, place))


def _where(policy: Policy, fault: Callable[[str, str], bool]) -> list[str]:
    """The regimes in one of whose places something is wrong."""
    return [
        entry.code
        for entry in policy.regimes
        if any(fault(entry.code, policy.answered_in(entry.code, place)) for place in entry.jurisdictions)
    ]


def _has(policy: Policy, reason: _Reason, code: str, place: str) -> bool:
    if reason.holds and reason.holds in law.undisclosed(code, place, reason.right):
        return True
    if reason.ground:
        return policy.provision(code, place, reason.right, reason.ground) is not None
    if law.laws_in(reason.text):
        return True
    # A country's own law of retention, which keeps whatever the regime: it names a section.
    return reason.right is Right.ERASURE and bool(_NUMBER.intersection(reason.text))
