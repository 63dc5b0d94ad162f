"""What is asked in particular when a request is opened: checked against its right, the law and the policy."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from activities.brief import STOPPED_BY, purposes_of
from habeas.errors import BadInput
from habeas.model import COPIES, REMEDIES, Frozen, Outcome, Request, Right
from habeas.particulars import Correction, Particulars, Scope
from workers.office.references import read_reference

if TYPE_CHECKING:
    from habeas.policy import Policy

_BY_CATEGORY = COPIES | {Right.ERASURE}
_CORRECTION = re.compile(r"\s*(?P<what>[^:]+?)\s*:\s*(?P<old>.*?)\s*=>\s*(?P<new>.+?)\s*", re.DOTALL)
MOST_SITUATION = 5000
"""Characters."""
_HOW = "write it as `what: old => new` (nothing before => for a value that is missing)"


class AskedParticulars(Frozen):
    """The particulars as staff typed them. Nothing here has been checked yet."""

    corrections: tuple[str | Correction, ...] = Field(default=(), repr=False)
    """``what: old => new``, or with its own evidence."""
    evidence: str | None = Field(default=None, repr=False)
    """What the person shows for the corrections that bring none of their own."""
    purposes: tuple[str, ...] = ()
    """What is to stop; empty for all that the right can mean."""
    categories: tuple[str, ...] = ()
    """Which data: ids of the policy's categories; empty for all that is held."""
    before_erasure: bool = False
    situation: str | None = Field(default=None, repr=False)
    scope: str | None = None
    about: str | None = None
    """The request that an appeal, a complaint or a grievance is about."""


def particulars(asked: AskedParticulars, right: Right, policy: Policy) -> Particulars:
    """Check them all.

    Raises:
        BadInput: names the field and what to write instead; never repeats what identifies the person.
    """
    return Particulars(
        corrections=_corrections(asked, right),
        purposes=_purposes(asked, right, policy),
        categories=_categories(asked, right, policy),
        before_erasure=_before_erasure(asked, right),
        situation=_situation(asked.situation),
        scope=_scope(asked.scope, right),
        about=_about(asked.about, right),
    )


def check_about(right: Right, earlier: Request | None, controller: str, *, told: bool = False) -> Request:
    """The request that is appealed, or complained of, where it can be.

    Whatever its letters name an appeal for can be appealed: also by who is not found, or not proven, or got less than
    they meant; and, while it is open, where a letter has ``told`` of a decision already.

    Raises:
        BadInput: there is none of this controller; it is itself an appeal, a complaint or a grievance; or it is to be
            appealed and is open still (silence is no decision), or was withdrawn.
    """
    if earlier is None or earlier.controller != controller:
        raise BadInput("about: there is no such request of this controller.", field="about")
    if earlier.right in REMEDIES:
        raise BadInput(
            f"about: that is itself an {earlier.right.value}, and its answer is the last one here; name the request "
            "that it was about, or turn to the authority that the decision names.",
            field="about",
        )
    if right is not Right.APPEAL:
        return earlier
    if earlier.closed_at is None and not told:
        raise BadInput("about: that request is still open; it can be appealed once it is decided.", field="about")
    if earlier.outcome is Outcome.WITHDRAWN:
        raise BadInput(
            "about: what was decided can be appealed; that one was withdrawn, and can be asked anew.",
            field="about",
        )
    return earlier


def read_correction(text: str, evidence: str | None = None) -> Correction:
    """Read ``what: old => new``.

    Raises:
        BadInput: it is not of that form. The message does not repeat it.
    """
    found = _CORRECTION.fullmatch(text)
    if found is None:
        raise BadInput(f"correct: {_HOW}.", field="correct")
    try:
        return Correction(what=found["what"], old=found["old"] or None, new=found["new"], evidence=evidence)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(f"correct: {'.'.join(map(str, first['loc']))}: {first['msg']}.", field="correct") from None


def _corrections(asked: AskedParticulars, right: Right) -> tuple[Correction, ...]:
    if right is not Right.RECTIFICATION:
        if asked.corrections:
            raise BadInput("correct: only a rectification corrects something.", field="correct")
        return ()
    if not asked.corrections:
        raise BadInput(f"correct: a rectification says what is wrong and what is right; {_HOW}.", field="correct")
    if len(asked.corrections) > 50:
        raise BadInput("correct: at most 50 corrections in one request.", field="correct")
    evidence = _clean("evidence", asked.evidence, 2000)
    read = []
    for each in asked.corrections:
        one = read_correction(each) if isinstance(each, str) else each
        read.append(one if one.evidence or not evidence else one.model_copy(update={"evidence": evidence}))
    return tuple(read)


def _purposes(asked: AskedParticulars, right: Right, policy: Policy) -> tuple[str, ...]:
    if not asked.purposes:
        return ()
    if right not in STOPPED_BY:
        raise BadInput(f"purpose: {right.value} stops no purpose.", field="purpose")
    possible = purposes_of(policy, right, ())
    unknown = sorted(set(asked.purposes) - set(possible))
    if unknown:
        known = ", ".join(possible) or "none: the policy lists no purpose that this right stops"
        raise BadInput(f"purpose: write one of: {known}.", field="purpose")
    return tuple(dict.fromkeys(asked.purposes))


def _categories(asked: AskedParticulars, right: Right, policy: Policy) -> tuple[str, ...]:
    """In the policy's order: the same ones asked for in another order are the same request."""
    if asked.categories and right not in _BY_CATEGORY:
        raise BadInput(f"category: {right.value} is not asked for by category.", field="category")
    known = [one.id for one in policy.categories]
    if set(asked.categories) - {*known}:
        raise BadInput(f"category: write one of: {', '.join(known)}.", field="category")
    return tuple(one for one in known if one in asked.categories)


def _before_erasure(asked: AskedParticulars, right: Right) -> bool:
    if asked.before_erasure and right not in COPIES:
        raise BadInput("before_erasure: only a copy is answered before an erasure.", field="before_erasure")
    return asked.before_erasure


def _scope(text: str | None, right: Right) -> Scope:
    if text is None:
        return Scope.COPY
    if text not in list(Scope):
        raise BadInput(f"scope: write one of: {', '.join(Scope)}.", field="scope")
    if text == Scope.CATEGORIES and right is not Right.ACCESS:
        raise BadInput("scope: only an access request is answered by category.", field="scope")
    return Scope(text)


def _about(text: str | None, right: Right) -> str | None:
    if text is not None and right not in REMEDIES:
        raise BadInput("about: only an appeal, a complaint or a grievance is about another request.", field="about")
    if text is None:
        if right is Right.APPEAL:
            raise BadInput("about: an appeal names the request whose decision is appealed.", field="about")
        return None
    return read_reference(text)


def _situation(text: str | None) -> str | None:
    return _clean("situation", text, MOST_SITUATION)


def _clean(field: str, text: str | None, most: int) -> str | None:
    """Text in as many lines as it has, without other control characters."""
    if text is None or not text.strip():
        return None
    if len(text) > most:
        raise BadInput(f"{field}: at most {most} characters.", field=field)
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in text.replace("\r\n", "\n")):
        raise BadInput(f"{field}: without control characters.", field=field)
    return text.strip()
