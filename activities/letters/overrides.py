"""A controller's own letters: sentences that replace ours, and templates. Checked whole before anything is sent.

A folder that a policy names under ``[letters] folder`` may hold ``words/<language>.toml`` with any of our sentences
(same keys, same ``{names}`` in them), and ``letter.html`` and ``letter.txt``. A template gets text and lists only, in
a sandbox, with escaping on; see `activities.letters.render`.
"""

from __future__ import annotations

import difflib
import html
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from jinja2 import TemplateError, TemplateSyntaxError

from activities.letters.blocks import Draft
from activities.letters.exists import default_right, why_not
from activities.letters.parts import Controller, Kind, LetterFacts
from activities.letters.render import IncompleteLetter, drafted, render
from activities.letters.samples import sample
from activities.letters.sealed import QuestionLetter
from activities.letters.wording import LANGUAGES, TOPIC, catalogue, lookup, missing_words
from habeas.errors import ConfigurationError
from habeas.model import CHANGING, Right
from habeas.policy import Policy
from habeas.policy.lines import key_lines, line_of
from habeas.policy.load import refuse
from habeas.policy.raw import Problem

__all__ = ["check_letters", "faults"]

_TEMPLATES = ("letter.html", "letter.txt")
_NAMES = re.compile(r"\{(\w+)\}")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")
_PROBE = "<i>escaped</i>"


class Fault(NamedTuple):
    """Something wrong with a controller's own letters."""

    file: Path
    line: int | None
    message: str
    remedy: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.file}: line {self.line or '?'}: {self.message}; {self.remedy}"


def check_letters(policy: Policy) -> None:
    """Refuse a policy whose letters could not be written.

    Raises:
        ConfigurationError: a language of the controller's has no words, with the line in the policy; or its own words
            or templates do not fit, with their files and lines. Everything that is wrong is listed.
    """
    languages = policy.controller.languages
    lacking = missing_words(languages)
    refuse(
        policy,
        [
            Problem(("controller", "languages", n), f"letters do not speak {tag!r}", f"one of {', '.join(LANGUAGES)}")
            for n, tag in enumerate(languages)
            if tag in lacking
        ],
    )
    found = list(faults(policy)) if policy.letters else []
    if found:
        listed = "\n".join(f"  {fault}" for fault in found)
        raise ConfigurationError(f"The letters of {policy.id} cannot be used:\n{listed}", controller=policy.id)


def faults(policy: Policy) -> Iterator[Fault]:
    """Everything that is wrong with a controller's own letters; nothing where it has none."""
    if policy.letters is None:
        return
    folder = policy.letters.folder
    found = [*_files(folder), *(one for language in LANGUAGES for one in _words(folder, language))]
    # Words and templates that cannot be read make every letter fail alike: those are told first, and alone.
    yield from found or _rendered(policy, folder)


def _files(folder: Path) -> Iterator[Fault]:
    words = {f"{language}.toml" for language in LANGUAGES}
    for path in sorted(folder.glob("words/*")):
        if path.name not in words:
            yield Fault(path, None, "there are no letters in this language", f"one of {', '.join(sorted(words))}")
    for path in sorted(folder.glob("*")):
        if path.suffix in {".html", ".txt", ".toml", ".j2"} and path.name not in _TEMPLATES:
            near = difflib.get_close_matches(path.name, _TEMPLATES, n=1) or _TEMPLATES[:1]
            yield Fault(path, None, "no template or list of words has this name", f"did you mean {near[0]!r}?")


def _words(folder: Path, language: str) -> Iterator[Fault]:
    path = folder / "words" / f"{language}.toml"
    if not path.is_file():
        return
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except UnicodeDecodeError:
        yield Fault(path, None, "the file is not in UTF-8", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at.group(1)) if at else None
        yield Fault(path, line, f"not valid TOML: {_AT_LINE.sub('', str(error))}", "correct the line")
    else:
        ours, lines = catalogue(TOPIC, language), key_lines(text)
        for keys, value in _leaves(table):
            fault = _sentence(".".join(keys), value, ours)
            if fault:
                yield Fault(path, line_of(lines, keys), *fault)


def _leaves(table: Mapping[str, Any], prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*prefix, name))
        else:
            yield (*prefix, name), value


def _sentence(key: str, value: object, ours: Mapping[str, str]) -> tuple[str, str] | None:
    """What is wrong with one sentence, and what to do."""
    if key not in ours:
        near = difflib.get_close_matches(key, ours, n=1)
        return f"there is no sentence {key!r}", f"did you mean {near[0]!r}?" if near else "see `habeas letter list`"
    if not isinstance(value, str) or not value.strip():
        return f"{key!r} is empty or no text", "write the sentence, or remove the line: then ours is used"
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        return f"{key!r} has a brace that opens or closes nothing", "write {{ or }} for a brace in the text"
    wanted = set(_NAMES.findall(ours[key]))
    given = {name for _, name, _, _ in parts if name is not None}
    if any(spec or conversion for _, _, spec, conversion in parts) or given - wanted:
        allowed = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "none"
        return f"{key!r} asks for what is not there", f"only these names are filled in here: {allowed}"
    if wanted - given:
        lacking = ", ".join(f"{{{name}}}" for name in sorted(wanted - given))
        return f"{key!r} lacks {lacking}", "put it where it belongs: what the law wants told is in it"
    return None


def _rendered(policy: Policy, folder: Path) -> Iterator[Fault]:
    """Every kind of letter in every language, with made-up facts, under each of the policy's laws."""
    told: set[str] = set()
    for facts in _samples(policy):
        for language in LANGUAGES if facts.kind.reader == "subject" else ("en", policy.controller.languages[0]):
            fault = _fault(facts, language, folder)
            if fault and fault.message not in told:
                told.add(fault.message)
                yield fault


def _samples(policy: Policy) -> Iterator[LetterFacts]:
    own = policy.controller
    controller = Controller(name=own.name, contact=own.email, address=own.address)
    for entry in policy.regimes:
        place = entry.calendar or entry.jurisdictions[0]
        for kind in Kind:
            rights: tuple[Right | None, ...] = tuple(CHANGING) if kind is Kind.COMPLETION_CHANGE else (None,)
            for right in rights:
                asked = right or default_right(kind, entry.code, place)
                if why_not(kind, entry.code, place, asked, policy.rights or ()) is not None:
                    continue
                yield sample(kind, controller=controller, regime=entry.code, jurisdiction=place, right=right)
    question = sample(Kind.QUESTION, controller=controller)
    if isinstance(question, QuestionLetter):
        yield question.model_copy(update={"text": _PROBE})


def _fault(facts: LetterFacts, language: str, folder: Path) -> Fault | None:
    try:
        letter = render(facts.kind, language, facts, folder)
    except TemplateSyntaxError as error:
        path = folder / (error.name or _TEMPLATES[0])
        return Fault(path, error.lineno, f"not a template: {error.message}", "correct the line")
    except TemplateError as error:
        path, line = _place(error.__traceback__, folder)
        return Fault(path, line, f"fails for a letter of kind {facts.kind}: {error.message}", _ONLY)
    except (IncompleteLetter, KeyError, ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        path, line = _place(error.__traceback__, folder)
        return Fault(path, line, f"fails for a letter of kind {facts.kind} ({type(error).__name__})", _ONLY)
    if _PROBE in letter.html:
        return Fault(
            folder / "letter.html", None, "switches escaping off", "leave it on: letters hold the words of others"
        )
    draft = drafted(facts, lookup(TOPIC, letter.language, folder))
    for name, shown in (("letter.html", _shown(letter.html)), ("letter.txt", _joined(letter.text))):
        if any(_joined(part) not in shown for part in _said(draft)):
            return Fault(folder / name, None, f"leaves out a part of the letter of kind {facts.kind}", _ALL)
    return None


_ONLY = "use only what every letter has: language, subject, greeting, blocks, controller, regards, reference, automatic"
_ALL = "show text, items and url of every block: what the law wants told is in them"


def _said(draft: Draft) -> Iterator[str]:
    for block in draft.blocks:
        yield from (part for part in (block.text, *block.items) if part)


def _joined(text: str) -> str:
    return "".join(text.split())


def _shown(page: str) -> str:
    body = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.DOTALL | re.IGNORECASE)
    return _joined(html.unescape(re.sub(r"<[^>]+>", "", body)))


def _place(trace: TracebackType | None, folder: Path) -> tuple[Path, int | None]:
    """The template and line where it failed, as far as the trace knows one of the folder's."""
    found: tuple[Path, int | None] = (folder, None)
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.parent == folder:
            found = (path, trace.tb_lineno)
        trace = trace.tb_next
    return found
