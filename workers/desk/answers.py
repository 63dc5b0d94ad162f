"""A processor's form, read: what it says of its task, each slip named by a code that the page has words for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date

from starlette.datastructures import FormData

from activities.task_model import FATES, FoundFile, TaskBrief, TaskCollection
from habeas.connector import Treatment
from habeas.errors import BadInput
from habeas.model import COPIES
from habeas.outcomes import Fate
from workers.desk.uploads import found_files
from workers.office import Said
from workers.office.processors import Instruction
from workers.office.task_words import is_find

MOST_WORDS = 1500
MOST_NAME = 200
MOST_SINGLE = 200
"""Objects that can be answered one by one on the page; of more, all are answered together."""
FIELDS_AROUND = 12
FILES_EACH = 20


class Slip(BadInput):
    """Something in the form is missing or cannot be."""

    def __init__(self, code: str) -> None:
        super().__init__("Something in the form is missing or cannot be.", field=code)


def possible(brief: TaskBrief) -> tuple[Fate, ...]:
    """What a processor may say became of an object, in the order of the page."""
    planned = {each.treatment for each in brief.objects}
    left = {Fate.CONTESTED}
    if planned:
        left |= {Fate.ANONYMISED} if Treatment.ANONYMISE not in planned else set()
        left |= {Fate.ERASED} if Treatment.DELETE not in planned and Treatment.ANONYMISE in planned else set()
    done = [fate for fate in FATES[brief.phase] if fate not in left]
    if brief.keeps and not is_find(brief) and Fate.ERASED in FATES[brief.phase]:
        done.insert(done.index(Fate.BLOCKED), Fate.RETAINED)
    return tuple(done)


def most_fields(brief: TaskBrief) -> int:
    """How many fields the page's form has at most."""
    return FIELDS_AROUND + 3 * len(brief.objects) + 3 * len(brief.collections)


async def read_answer(form: FormData, asked: Instruction, held: str) -> tuple[Said, str]:
    """What is said of the task, and in which words.

    Args:
        form: as the page sent it.
        asked: the task.
        held: what a record says of which only that it is held was said.

    Raises:
        Slip, TooLarge, BadInput: with the code of what is wrong as ``facts["field"]``.
    """
    words = _words(form, asked)
    if is_find(asked.brief):
        return await _found(form, asked, held), words
    return Said(outcomes=tuple(_outcomes(form, asked))), words


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _day(form: FormData, name: str) -> date:
    try:
        return date.fromisoformat(_field(form, name))
    except ValueError:
        raise Slip(name.partition(".")[0]) from None


def _words(form: FormData, asked: Instruction) -> str:
    """Day, name and note, as staff read them."""
    done_by, note = " ".join(_field(form, "done_by").split()), " ".join(_field(form, "note").split())
    done_on = _day(form, "done_on")
    if done_on > asked.today:
        raise Slip("done_on")
    if not done_by or len(done_by) > MOST_NAME:
        raise Slip("done_by")
    if len(note) > MOST_WORDS:
        raise Slip("too_long")
    said = f"By the link: {done_by}, on {done_on.isoformat()}."
    return f"{said} {note}" if note else said


async def _found(form: FormData, asked: Instruction, held: str) -> Said:
    match _field(form, "found"):
        case "nothing":
            return Said(nothing=True)
        case "something":
            pass
        case _:
            raise Slip("found")
    named, records, attached = set(form.getlist("held")), [], dict[str, FoundFile]()
    for place in asked.brief.collections:
        if place.name not in named and len(asked.brief.collections) > 1:
            continue
        files = await found_files(form, f"files.{place.name}", asked.brief.max_file_bytes)
        names = [f"{place.name}/{n}" for n, _ in enumerate(files)]
        attached |= dict(zip(names, files, strict=True))
        records.append(_record(form, place, names, held=None if asked.brief.right in COPIES else held))
    if not records:
        raise Slip("held")
    return Said(records=(json.dumps(records),), attached=attached)


def _record(form: FormData, place: TaskCollection, files: list[str], *, held: str | None) -> Mapping[str, object]:
    said = _field(form, f"said.{place.name}")
    if len(said) > 100 * MOST_WORDS:
        raise Slip("too_long")
    if not said and not files and held is None:
        raise Slip("empty")
    data = {"statement": said or held} if said or not files else {"documents": len(files)}
    day = {"date": _day(form, f"date.{place.name}").isoformat()} if place.dated else {}
    return {"collection": place.name, "data": data, "files": files, **day}


def _outcomes(form: FormData, asked: Instruction) -> Iterator[str]:
    brief = asked.brief
    yield _outcome(form, "all", asked)
    for each in brief.objects[:MOST_SINGLE] if len(brief.objects) > 1 else ():
        if _field(form, f"outcome.{each.handle}"):
            yield f"{each.handle}={_outcome(form, each.handle, asked)}"


def _outcome(form: FormData, where: str, asked: Instruction) -> str:
    word = _field(form, f"outcome.{where}")
    if word not in possible(asked.brief):
        raise Slip("outcome")
    if word != Fate.RETAINED:
        return word
    law, until = _field(form, f"law.{where}"), _day(form, f"until.{where}")
    if law not in asked.brief.keeps:
        raise Slip("law")
    if until <= asked.today:
        raise Slip("until")
    return f"retained until {until.isoformat()} by {law}"
