"""The form of each act: the fields that `workers.office.asked` has for it, with the choices that the law leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from activities.clockface import local_day
from activities.letters.wording import Words
from activities.proofs import may_hold
from habeas import law
from habeas.acts import ActKind
from habeas.model import REMEDIES, Frozen, Identifier, PauseReason, Right, Stage
from habeas.policy import Policy
from workers.desk.forms import Choice, Control, asked_for, most_of, text_of
from workers.office import Story, asked_outside, split_identifier
from workers.office.asked import ASKED
from workers.office.grounds import STANDS, fee_grounds, refusals, stated
from workers.office.intake import identifier

__all__ = ["ELSEWHERE", "FIELDS", "ActForm", "act_form", "said_of"]

ELSEWHERE = frozenset({ActKind.DECIDE_MATCH, ActKind.CONTEST, ActKind.FINISH_TASK, ActKind.REDACT, ActKind.UNREDACT})
"""Acts with a page of their own."""
FIELDS = {"pause_reason": "waits_for", "also_asked_record": "also_asked_record", "reason": "reason"}
"""What the office calls a field -> what the page calls it, where that differs."""
_ASKED_FOR = (PauseReason.CLARIFICATION, PauseReason.IDENTITY, PauseReason.PARTICULARS)
_OUTSIDE = ("also_asked", "also_asked_record")
_IDENTIFIERS = ("email", "phone", "identifier")


class ActForm(NamedTuple):
    """One act, to be filled in."""

    kind: ActKind
    about: str | None
    title: str
    does: str
    controls: tuple[Control, ...]

    @property
    def id(self) -> str:
        """Told apart from the other forms of the page."""
        return f"{self.kind.value}-{self.about}" if self.about else self.kind.value


def act_form(kind: ActKind, story: Story, policy: Policy, say: Words, about: str | None = None) -> ActForm:
    """The form of an act on this request."""
    key = "link" if kind is ActKind.RELEASE and story.entry.stage is Stage.CLOSED else kind.value
    return ActForm(
        kind=kind,
        about=about,
        title=say.text(f"acts.{key}.title", system=about or ""),
        does=say.text(f"acts.{key}.does"),
        controls=tuple(
            control
            for name, field in ordered(ASKED[kind])
            for control in _controls(kind, name, field, story, policy, say)
        ),
    )


def ordered(model: type[Frozen]) -> Iterable[tuple[str, FieldInfo]]:
    """The fields of an act with its reason last: first what, then why."""
    return sorted(model.model_fields.items(), key=lambda one: one[0] == "reason")


def _controls(
    kind: ActKind, name: str, field: FieldInfo, story: Story, policy: Policy, say: Words
) -> Iterator[Control]:
    label, most, needed = (
        say.text(f"fields.{name}") if f"fields.{name}" in say else name,
        most_of(field),
        field.is_required(),
    )
    place = policy.answered_in(story.entry.regime, story.request.jurisdiction)
    match name:
        case "reason":
            key = f"reasons.{kind.value}"
            yield Control(name, say.text(key) if key in say else label, "area", most=most)
        case "code":
            yield Control(name, label, "text", most=most, kind="numeric")
        case "ground":
            choices = tuple(_grounds(kind, story, place, say))
            yield Control(name, label, "choice", required=needed, choices=choices)
        case "category":
            known = story.request.categories or tuple(one.id for one in policy.categories)
            titles = {one.id: policy.text(one.title, say.language) for one in policy.categories}
            yield Control(name, label, "select", choices=tuple(Choice(one, titles.get(one, one)) for one in known))
        case "waits_for":
            yield Control(name, label, "choice", choices=tuple(_waits(kind, story, policy, say)))
        case "question":
            yield Control(name, label, "area", most=most, lines=5)
        case "how_to_pay":
            yield Control(name, label, "area", required=False, most=most)
        case "reply_by" | "expected_on" | "until":
            hint = say.text("fields.until_hint") if name == "until" and _open_ended(story, place) else ""
            yield Control(name, label, "date", required=needed, hint=hint)
        case "amount":
            yield Control(name, label, "text", most=most)
        case "in_part" | "nothing_anew" if story.entry.right in REMEDIES:
            yield Control(name, label, "check", required=False)
        case "system" | "plan" | "without_copy":
            yield Control(name, label, "hidden", required=False)
        case "outside" if _counts(kind, story, place):
            for one in _OUTSIDE:
                yield Control(one, say.text(f"fields.{one}"), "text", required=False, most=2000)
        case "stated" if hints := _stated(story, place, say):
            yield Control("stated", say.text("fields.stated"), "text", required=False, most=2000, hint=hints)
            yield Control("stated_on", say.text("fields.stated_on"), "date", required=False)
        case "identifiers":
            for one in _IDENTIFIERS:
                keyboard = {"email": "email", "phone": "tel"}.get(one, "text")
                yield Control(one, say.text(f"fields.{one}"), "text", required=False, most=320, kind=keyboard)
        case _:
            return


def _grounds(kind: ActKind, story: Story, place: str, say: Words) -> Iterator[Choice]:
    row = story.request
    articles = {one.code: one.cite for one in law.refusal_grounds(row.regime, place, row.right)}
    if kind is ActKind.EXTEND:
        clock = law.regime(row.regime, place).clock(row.right)
        cite = clock.extension.cite if clock and clock.extension else ""
        for code in story.standing.extension_grounds:
            yield Choice(code, say.text(f"extension_grounds.{code}"), _cited(say, cite))
        return
    every = fee_grounds(row, place) if kind is ActKind.CHARGE else refusals(row, place)
    codes = [code for code in every if may_hold(code, row.stage, known=story.standing.known)]
    fee = law.fee_rule(row.regime, place, row.right).cite if kind is ActKind.CHARGE else ""
    for code in codes:
        own = code == STANDS or f"refusal_grounds.{code}" not in say
        text = say.text(f"fee_grounds.{code}") if own else _said(row.regime, place, row.right, code, say)
        yield Choice(code, text, _cited(say, fee or articles.get(code, "")))


def _said(regime: str, place: str, right: Right, code: str, say: Words) -> str:
    """A ground as the law of the request has it; of one that the person is not told, that they are not."""
    told = law.told(regime, place, right, code)
    if told.explained:
        return say.text(f"refusal_grounds.{told.words}")
    reads = say.text(f"refusal_grounds.{told.words}")
    return " ".join([say.text(f"refusal_grounds.{code}"), say.text("fields.untold", reads=reads)])


def _stated(story: Story, place: str, say: Words) -> str:
    """What the law wants stated of the grounds that there are to choose, each with its article."""
    row = story.request
    grounds = law.refusal_grounds(row.regime, place, row.right) if row.right not in REMEDIES else ()
    return " ".join(
        f"{_said(row.regime, place, row.right, one.code, say)} {say.text(f'stated.{one.asks.what}')} "
        f"({_cited(say, one.asks.cite)})"
        for one in grounds
        if one.asks
    )


def _open_ended(story: Story, place: str) -> bool:
    """Whether some ground extends the term to a day that staff name."""
    regime, right = story.entry.regime, story.entry.right
    grounds = story.standing.extension_grounds
    return any(law.extension_ends_as_told(regime, right, one, place) for one in grounds)


def _waits(kind: ActKind, story: Story, policy: Policy, say: Words) -> Iterator[Choice]:
    row = story.request
    read = policy.law_read(row.regime, row.jurisdiction)
    clock = read.clock(row.right)
    allowed = policy.pauses(row.regime, row.jurisdiction, row.right, local_day(policy, row.received_at))
    for reason in _ASKED_FOR if kind is ActKind.ASK else sorted(allowed):
        rules = [one.cite for one in (clock.pauses if clock else ()) if one.reason == reason]
        stops = rules[0] if rules and reason in allowed else ""
        yield Choice(reason.value, say.text(f"waits.{reason.value}"), _cited(say, stops))


def _cited(say: Words, cite: str) -> str:
    return say.cited(cite) if cite else ""


def _counts(kind: ActKind, story: Story, place: str) -> bool:
    """Whether one of the grounds is about repeating."""
    row = story.request
    codes = fee_grounds(row, place) if kind is ActKind.CHARGE else refusals(row, place)
    return row.right in Right and any(law.counted(row.regime, place, row.right, code) for code in codes)


def said_of(kind: ActKind, form: FormData) -> Frozen:
    """What was typed, as the fields of the act.

    Raises:
        ValidationError: something is missing, or cannot be.
        BadInput: an identifier or a day that is none; names the field.
    """
    model = ASKED[kind]
    values: dict[str, Any] = {name: text_of(form, name) for name in model.model_fields}
    if "outside" in model.model_fields:
        days = text_of(form, "also_asked").replace(",", " ").split()
        values["outside"] = asked_outside(days, text_of(form, "also_asked_record") or None)
    if "stated" in model.model_fields:
        values["stated"] = stated(text_of(form, "stated") or None, text_of(form, "stated_on") or None)
    if "identifiers" in model.model_fields:
        values["identifiers"] = tuple(_identifiers(form))
    return asked_for(model, values)


def _identifiers(form: FormData) -> Iterator[Identifier]:
    for name in _IDENTIFIERS:
        if value := text_of(form, name, 400):
            yield split_identifier(value) if name == "identifier" else identifier(name, value, name)
