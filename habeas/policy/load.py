"""Read policy files, and say of a faulty one everything that is wrong with it, line by line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from habeas import law
from habeas.errors import ConfigurationError, UnknownRegime
from habeas.policy.lines import key_lines, line_of
from habeas.policy.model import Policy, field_names
from habeas.policy.rules import Problem, problems

_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")


def load_policy(path: Path) -> Policy:
    """Read one controller's policy.

    Raises:
        ConfigurationError: the file is missing, not TOML, not a complete policy or under an unknown law. Lists every
            fault with its line, key and remedy; ``facts["problems"]`` holds them as `Problem`.
    """
    path = Path(path)
    text = _read(path)
    raw = _parse(path, text)
    found: list[Problem] = list(problems(raw))
    policy: Policy | None = None
    try:
        policy = Policy.model_validate(raw)
    except ValidationError as error:
        found += [_problem(details) for details in error.errors(include_url=False) if details["loc"]]
    if policy is not None and not found:
        found += [*_letters(path, policy), *_laws(policy), *_ground(policy)]
    if found or policy is None:
        lines = key_lines(text)
        raise _refusal(path, [problem._replace(line=line_of(lines, problem.path)) for problem in found])
    return _at_home(path, policy)


def load_policies(folder: Path) -> Mapping[str, Policy]:
    """Read every ``*.toml`` of a folder.

    Returns:
        Policies by controller id, in the order of the file names.

    Raises:
        ConfigurationError: there is no such folder, no policy in it, two with one id, or a faulty one. Faults of all
            files are listed together.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder of policies at {folder}: make it, or correct `policies`.")
    policies: dict[str, Policy] = {}
    faults: list[ConfigurationError] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            policy = load_policy(path)
        except ConfigurationError as error:
            faults.append(error)
            continue
        if policy.id in policies:
            first = policies[policy.id].origin
            faults.append(_duplicate(path, policy.id, first.name if first else "another file"))
        policies.setdefault(policy.id, policy)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        together = tuple(problem for fault in faults for problem in _of(fault))
        raise ConfigurationError("\n".join(fault.detail for fault in faults), file=str(folder), problems=together)
    if not policies:
        raise ConfigurationError(f"The folder {folder} holds no policy (*.toml): add one for each controller.")
    return MappingProxyType(policies)


def refuse(policy: Policy, found: Iterable[Problem]) -> None:
    """Refuse a policy that is whole in itself but does not fit its installation; do nothing if nothing was found.

    Raises:
        ConfigurationError: as `load_policy`, with the lines of the file that the policy was read from.
    """
    listed = list(found)
    if listed and policy.origin:
        lines = key_lines(_read(policy.origin))
        listed = [problem._replace(line=line_of(lines, problem.path)) for problem in listed]
    if listed:
        raise _refusal(policy.origin or Path(f"policy {policy.id}"), listed)


def _of(fault: ConfigurationError) -> Iterable[Problem]:
    found = fault.facts.get("problems", ())
    return found if isinstance(found, tuple) else ()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"There is no policy file {path}: add it, or correct the path.") from None
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        problem = Problem((), "the file is not in UTF-8", "save it as UTF-8", line)
        raise _refusal(path, [problem]) from None
    except OSError as error:
        raise ConfigurationError(f"The policy file {path} cannot be read: {error.strerror}.") from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT_LINE.search(message)
        line = int(at.group(1)) if at else max(1, len(text.splitlines()))
        problem = Problem(
            (), f"not valid TOML: {_AT_LINE.sub('', message)}", "correct the line (https://toml.io)", line
        )
        raise _refusal(path, [problem]) from None


def _problem(details: ErrorDetails) -> Problem:
    path = tuple(part for part in details["loc"] if part != "[key]")
    if details["type"] == "missing":
        return Problem(path, "missing", "add it")
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), field_names(path[:-1]), n=1)
        return Problem(path, "unknown key", f"did you mean {near[0]!r}?" if near else "remove it")
    message = details["msg"].removeprefix("Value error, ")
    return Problem(path, message[:1].lower() + message[1:], "correct the value")


def _letters(path: Path, policy: Policy) -> list[Problem]:
    if policy.letters is None or (path.parent / policy.letters.folder).is_dir():
        return []
    return [Problem(("letters", "folder"), "there is no such folder", "make it beside the policy file, or remove it")]


def _laws(policy: Policy) -> Iterator[Problem]:
    """Each regime must be one whose terms can be computed, with the calendar that the policy asks for."""
    for n, entry in enumerate(policy.regimes):
        base: tuple[str | int, ...] = ("regimes", n)
        if entry.code not in law.regimes():
            yield Problem(
                (*base, "code"), f"there is no regime {entry.code!r}", "see `habeas law regimes` for the codes"
            )
            continue
        places = {(*base, "jurisdictions", m): place for m, place in enumerate(entry.jurisdictions)}
        for at, place in ({(*base, "calendar"): entry.calendar} if entry.calendar else places).items():
            try:
                law.regime(entry.code, place)
            except UnknownRegime as error:
                yield Problem(at, error.detail.removesuffix("."), "see `habeas law regimes` for where each is the law")


def _ground(policy: Policy) -> Iterator[Problem]:
    clock = policy.clock
    known = {ground for entry in policy.regimes if entry.code in law.regimes() for ground in _grounds(entry.code)}
    if clock.extend_automatically and clock.extend_ground not in known:
        message = f"{clock.extend_ground!r} is no ground of an extension in any of the regimes"
        yield Problem(("clock", "extend_ground"), message, f"one of {', '.join(sorted(known))}")


def _grounds(code: str) -> tuple[str, ...]:
    return tuple(law.extension_grounds(code))


def _at_home(path: Path, policy: Policy) -> Policy:
    if policy.letters is not None:
        folder = path.parent / policy.letters.folder
        policy = policy.model_copy(update={"letters": policy.letters.model_copy(update={"folder": folder})})
    return policy.came_from(path)


def _duplicate(path: Path, policy_id: str, first: str) -> ConfigurationError:
    line = line_of(key_lines(_read(path)), ("controller", "id"))
    problem = Problem(("controller", "id"), f"{policy_id!r} is the id of {first} already", "give it its own id", line)
    return _refusal(path, [problem])


def _refusal(path: Path, found: list[Problem]) -> ConfigurationError:
    rows = sorted(found, key=lambda problem: (problem.line or 0, problem.key))
    listed = "\n".join(f"  line {row.line or '?'}: {row.key}: {row.message}; {row.remedy}" for row in rows)
    return ConfigurationError(f"{path} is not a usable policy:\n{listed}", file=str(path), problems=tuple(rows))
