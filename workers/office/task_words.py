"""What a human says came of a task, read and checked: each slip is answered with what to write instead."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePath
from typing import Any, NamedTuple

from activities.task_model import FATES, FoundFile, FoundRecord, TaskBrief, TaskCollection, TaskPhase
from habeas.connector import Record
from habeas.errors import BadInput
from habeas.outcomes import Fate, ObjectOutcome

ALL = "all"
"""Instead of a handle: every object of the task."""
MOST_RECORDS = 1000
MOST_JSON_BYTES = 1024 * 1024
BY_HAND = "by_hand"
"""The reason of an object that a human could not treat."""

_KEPT = re.compile(r"retained until (\d{4}-\d{2}-\d{2}) by (.+)", re.DOTALL)

_ENVELOPE = {"collection", "date", "data", "files"}


def read_records(
    texts: Sequence[str],
    files: Sequence[FoundFile],
    brief: TaskBrief,
    *,
    collection: str | None = None,
    day: str | None = None,
    attached: Mapping[str, FoundFile] | None = None,
) -> tuple[FoundRecord, ...]:
    """Records as a human typed them in, and files that are records of their own.

    Args:
        texts: JSON; an object, or a list of them. An object with no keys but ``collection``, ``date``, ``data`` and
            ``files`` says where its ``data`` belongs; any other is the data itself.
        files: the only record's, if there is exactly one; else each is a record of its own.
        brief: of the task.
        collection: of records that do not say theirs; needed where the system has several.
        day: of records that do not say theirs.
        attached: files by the name under which a record mentions them.

    Raises:
        BadInput: a record cannot be read, or lacks something; says what to write.
    """
    found = [
        _read(each, n, brief, collection, day, attached or {})
        for n, each in enumerate((each for text in texts for each in _objects(text)), start=1)
    ]
    if len(found) == 1:
        return (found[0].model_copy(update={"files": (*found[0].files, *files)}),)
    own = [
        FoundRecord(
            collection=_collection(collection, brief.collections, "--collection").name,
            data={"document": file.name},
            anchor=_day(day, _collection(collection, brief.collections, "--collection"), "--date"),
            files=(file,),
        )
        for file in files
    ]
    return (*found, *own)


def _objects(text: str) -> list[dict[str, Any]]:
    if len(text.encode()) > MOST_JSON_BYTES:
        raise BadInput(
            "record: at most 1 MB of JSON at once; give several --record, or scans with --file.", field="records"
        )
    try:
        read = json.loads(text)
    except ValueError:
        raise BadInput(
            'record: write JSON, as {"name": "…", "signed_on": "2024-05-31"}, or @FILE with such text in it.',
            field="record",
        ) from None
    objects = read if isinstance(read, list) else [read]
    if not all(isinstance(each, dict) and each for each in objects):
        raise BadInput('record: each record is a JSON object with its fields: {"name": "…"}.', field="record")
    return objects


def _read(
    given: dict[str, Any],
    number: int,
    brief: TaskBrief,
    collection: str | None,
    day: str | None,
    attached: Mapping[str, FoundFile],
) -> FoundRecord:
    where = f"record {number}"
    envelope = given if given.keys() <= _ENVELOPE and ("data" in given or "files" in given) else {"data": given}
    data: Any = envelope.get("data", {})
    names: Any = envelope.get("files", [])
    if not isinstance(data, dict) or not isinstance(names, list):
        raise BadInput(f'{where}: "data" is an object of fields, "files" a list of names.', field="record")
    lacking = sum(1 for name in names if name not in attached)
    if lacking:
        raise BadInput(f'{where}: {lacking} of its "files" are not there beside it.', field="record")
    place = _collection(envelope.get("collection") or collection, brief.collections, f'{where}: "collection"')
    return FoundRecord(
        collection=place.name,
        data=data,
        anchor=_day(envelope.get("date") or day, place, f'{where}: "date"'),
        files=tuple(attached[name] for name in names),
    )


def _collection(name: object, known: tuple[TaskCollection, ...], where: str) -> TaskCollection:
    if name is None and len(known) == 1:
        return known[0]
    for each in known:
        if each.name == name:
            return each
    raise BadInput(f"{where}: say which of: {', '.join(one.name for one in known)}.", field="collection")


def _day(text: object, place: TaskCollection, where: str) -> date | None:
    if text is None and not place.dated:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        why = f" {place.name} must be kept for a time that runs from its date." if place.dated else ""
        raise BadInput(f"{where}: a date as 2024-05-31.{why}", field="date") from None


def check_found(records: Sequence[FoundRecord], brief: TaskBrief, *, nothing: bool) -> None:
    """Whether it answers a task of finding.

    Raises:
        BadInput: it says nothing, or two things at once; or a file is too big.
    """
    if nothing and records:
        raise BadInput("nothing: you also give what you found; leave one of them out.", field="nothing")
    if not nothing and not records:
        raise BadInput("Say what you found, by --record or --file; or --nothing if nothing is there.", field="record")
    if len(records) > MOST_RECORDS:
        raise BadInput(f"record: at most {MOST_RECORDS} records in one task.", field="record")
    most = brief.max_file_bytes
    if any(len(file.content) > most for record in records for file in record.files):
        raise BadInput(
            f"file: one is bigger than {most // 2**20} MB; scan it in parts, or raise max_file_mb of this system.",
            field="file",
        )


def read_outcomes(said: Sequence[str], task_id: str, brief: TaskBrief) -> tuple[ObjectOutcome, ...]:
    """What became of each object: ``erased``, or ``2=not_found`` for one of them; a later word counts.

    What is to be erased may also be ``retained until 2031-12-31 by LAW``, by a law that the system's settings name.

    Raises:
        BadInput: an object, or a word, that the task does not know; or an object of which nothing is said.
    """
    possible = FATES[brief.phase]
    handles = [each.handle for each in brief.objects]
    ends: dict[str, _End] = {}
    for text in sorted(said, key=lambda one: "=" in one.partition(" ")[0]):
        numbered = "=" in text.partition(" ")[0]
        handle, word = text.split("=", 1) if numbered else ("", text)
        end = _end(word, brief)
        if handle in {"", ALL}:
            ends.update(dict.fromkeys(handles or [ALL], end))
        elif handle in handles:
            ends[handle] = end
        else:
            raise BadInput("outcome: no object has this number; see `habeas task show`.", field="outcome")
    if not handles:
        if ALL not in ends:
            raise BadInput(f"Say what came of it: --outcome {'|'.join(possible)}.", field="outcome")
        return (_outcome(brief.collections[0].name, json.dumps([task_id]), ends[ALL]),)
    silent = [handle for handle in handles if handle not in ends]
    if silent:
        raise BadInput(
            f"outcome: nothing is said of {', '.join(silent)}; as --outcome {silent[0]}=erased.", field="outcomes"
        )
    return tuple(_outcome(each.collection, each.key, ends[each.handle]) for each in brief.objects)


class _End(NamedTuple):
    fate: Fate
    law: str | None = None
    until: date | None = None


def _end(word: str, brief: TaskBrief) -> _End:
    possible = FATES[brief.phase]
    if word in possible:
        return _End(Fate(word))
    if brief.phase is not TaskPhase.ERASE or not word.startswith(Fate.RETAINED.value):
        raise BadInput(f"outcome: one of {', '.join(possible)}.", field="outcome")
    if not brief.keeps:
        raise BadInput("outcome: the settings name no law by which anything is kept there (`keeps`).", field="outcome")
    said = _KEPT.fullmatch(word)
    if said is None or said[2].strip() not in brief.keeps:
        laws = "; ".join(brief.keeps)
        raise BadInput(f'outcome: write "retained until 2031-12-31 by LAW", with one of: {laws}.', field="outcome")
    try:
        until = date.fromisoformat(said[1])
    except ValueError:
        raise BadInput("outcome: there is no such day; write it as 2031-12-31.", field="outcome") from None
    return _End(Fate.RETAINED, said[2].strip(), until)


def _outcome(collection: str, key: str, end: _End) -> ObjectOutcome:
    reason = BY_HAND if end.fate in {Fate.BLOCKED, Fate.CONTESTED} else None
    return ObjectOutcome(collection=collection, key=key, fate=end.fate, reason=reason, law=end.law, until=end.until)


def as_record(task_id: str, number: int, found: FoundRecord) -> Record:
    """A found record as the engine keeps collected ones; its key names the task, not the person."""
    digest = hashlib.sha256(json.dumps(found.data, sort_keys=True, ensure_ascii=False).encode())
    for file in found.files:
        digest.update(hashlib.sha256(file.content).digest())
    return Record.model_validate(
        {
            "collection": found.collection,
            "key": json.dumps([f"{task_id}-{number}"]),
            "data": found.data,
            "fingerprint": digest.hexdigest(),
            "anchor": found.anchor,
            "files": [
                {"name": PurePath(file.name).name or "file", "media_type": file.media_type, "content": file.content}
                for file in found.files
            ],
        }
    )


def is_find(brief: TaskBrief) -> bool:
    """Whether the task asks what is there."""
    return brief.phase is TaskPhase.FIND
