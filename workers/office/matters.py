"""How the law or the matter of a legal hold is told to people of other laws and languages."""

from __future__ import annotations

from collections.abc import Mapping

from habeas import law
from habeas.errors import BadInput
from habeas.law.provisions import own_laws
from habeas.model import Right
from habeas.policy import Policy
from workers.office.intake import words

__all__ = ["in_languages", "told_as_typed"]

_LONGEST = 300


def in_languages(policy: Policy, provision: str, said: Mapping[str, str]) -> dict[str, str]:
    """What the matter is called in the controller's languages, as it is kept.

    Raises:
        BadInput: one is none of the controller's languages; or the provision is a code that one of its laws has no
            article for.
    """
    if provision in law.reason_codes():
        missing = [
            code for code, place in _places(policy) if not policy.provision(code, place, Right.ERASURE, provision)
        ]
        if missing:
            tables = ", ".join(f"[provisions.{code}]" for code in dict.fromkeys(missing))
            raise BadInput(f"provision: give {provision} an article in the policy, under {tables}.", field="provision")
    known = policy.controller.languages
    for language in said:
        if language not in known:
            raise BadInput(f"provision-in: the controller answers in {', '.join(known)}.", field="provision_in")
    return {language: words("provision-in", text, _LONGEST) for language, text in said.items()}


def told_as_typed(policy: Policy, provision: str, said: Mapping[str, str]) -> tuple[str, ...]:
    """To whom it will be told as it was typed although they read another language, or live under another law."""
    if provision in law.reason_codes():
        return ()
    notes = []
    _, *others = policy.controller.languages
    without = [one for one in others if one not in said]
    if without and not law.is_citation(provision):
        notes.append(
            f"People who read {', '.join(without)} are told this as it is typed: place it with "
            f"--provision-in {without[0]}=… and the like, or name the reason by a code (`habeas law reasons`)."
        )
    named = law.laws_in(provision)
    foreign = dict.fromkeys(code for code, place in _places(policy) if named - own_laws(code, place))
    if foreign:
        notes.append(
            f"People under {', '.join(foreign)} are told of {', '.join(sorted(named))}, which is not their law: name "
            f"the reason by a code, such as legal_claims, and each is told the article of their own."
        )
    return tuple(notes)


def _places(policy: Policy) -> list[tuple[str, str]]:
    return [
        (entry.code, policy.answered_in(entry.code, place)) for entry in policy.regimes for place in entry.jurisdictions
    ]
