"""Read policy files, and say of a faulty one everything that is wrong with it, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from habeas.errors import ConfigurationError
from habeas.policy.lawful import faults_in_law
from habeas.policy.model import Policy, field_names
from habeas.policy.raw import Problem, Raw, listed, table
from habeas.policy.rules import problems
from habeas.policy.source import LOCAL, Source, read_source, refusal


def load_policy(path: Path, *, languages: Collection[str] | None = None) -> Policy:
    """Read one controller's policy, with the answers beside it (``<name>.local.toml``) to what its text leaves open.

    Args:
        path: the policy's own file.
        languages: those there are letters in; unset to ask nothing of letters.

    Raises:
        ConfigurationError: the file is missing, not TOML, not a complete policy, under an unknown law or in a language
            without letters. Lists every fault with its line, key and remedy; ``facts["problems"]`` holds them as
            `Problem`.
    """
    source = read_source(Path(path))
    without = [*_without_letters(source.raw, languages)]
    # Of a language that cannot stay nothing else is asked.
    moot = {f"no text in {language!r}" for _, language in without}
    found = [*source.found, *(problem for problem, _ in without)]
    faults = [problem for problem in problems(source.raw) if problem.message not in moot]
    found += [problem for problem in faults if not source.awaits_in(problem.path)]
    policy: Policy | None = None
    try:
        policy = Policy.model_validate(source.raw)
    except ValidationError as error:
        each = [_problem(details) for details in _own(error.errors(include_url=False))]
        found += [problem for problem in each if not (problem.message == "missing" and source.awaits(problem.path))]
    found += _misspelt(source)
    if policy is not None and not any(problem.path[:1] != ("open",) for problem in found):
        fits = [*_folders(source.path, policy), *faults_in_law(policy)]
        found += [problem for problem in fits if not source.awaits(problem.path)]
    if found or policy is None:
        raise refusal(source.path, [source.located(problem) for problem in found])
    return _at_home(source.path, policy)


def load_policies(
    folder: Path, *, only: Iterable[str] | None = None, languages: Collection[str] | None = None
) -> Mapping[str, Policy]:
    """Read the policies of a folder.

    Args:
        folder: of the controllers' policy files.
        only: the files to read, by name without ``.toml``; unset for every one.
        languages: as `load_policy`.

    Returns:
        Policies by controller id, in the order of the file names.

    Raises:
        ConfigurationError: there is no such folder, no policy in it, one of those asked for is not there, two have
            one id, several do not say whose staff is whose, or one is faulty. Faults of all files are listed together.
    """
    policies: dict[str, Policy] = {}
    faults: list[ConfigurationError] = []
    for path in policy_files(folder, only):
        try:
            policy = load_policy(path, languages=languages)
            if policy.id in policies:
                first = policies[policy.id].origin
                message = f"{policy.id!r} is the id of {first.name if first else 'another file'} already"
                refuse(policy, [Problem(("controller", "id"), message, "give it its own id")])
        except ConfigurationError as error:
            faults.append(error)
            continue
        policies[policy.id] = policy
    if not faults and len(policies) > 1:
        faults += [fault for policy in policies.values() for fault in _whose_staff(policy)]
    if len(faults) == 1:
        raise faults[0]
    if faults:
        together = tuple(problem for fault in faults for problem in problems_of(fault))
        raise ConfigurationError("\n".join(fault.detail for fault in faults), file=str(folder), problems=together)
    return MappingProxyType(policies)


def policy_files(folder: Path, only: Iterable[str] | None = None) -> tuple[Path, ...]:
    """The policy files of a folder, in the order of their names; or those of these names.

    Raises:
        ConfigurationError: there is no such folder, no policy in it, or not each of these.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder of policies at {folder}: make it, or correct `policies`.")
    files = {path.stem: path for path in sorted(folder.glob("*.toml")) if not path.name.endswith(LOCAL)}
    wanted = files if only is None else set(only)
    for name in sorted(set(wanted) - files.keys()):
        raise ConfigurationError(f"There is no {name}.toml in {folder}: add it, or correct `controllers`.")
    if not wanted:
        raise ConfigurationError(f"The folder {folder} holds no policy (*.toml): add one for each controller.")
    return tuple(path for name, path in files.items() if name in wanted)


def refuse(policy: Policy, found: Iterable[Problem]) -> None:
    """Refuse a policy that is whole in itself but does not fit its installation; do nothing if nothing was found.

    Raises:
        ConfigurationError: as `load_policy`, with the lines of the file that the policy was read from.
    """
    listed = located(policy, found)
    if listed:
        raise refusal(policy.origin or Path(f"policy {policy.id}"), listed)


def located(policy: Policy, found: Iterable[Problem]) -> list[Problem]:
    """What was found in a policy, each with its line in the file that it was read from, if it was read from one.

    Raises:
        ConfigurationError: the file has gone or changed for the worse since.
    """
    listed = list(found)
    if not listed or policy.origin is None:
        return listed
    source = read_source(policy.origin)
    return [source.located(problem) for problem in listed]


def problems_of(fault: ConfigurationError) -> tuple[Problem, ...]:
    """The faults that an error of `load_policy` lists."""
    found = fault.facts.get("problems", ())
    return found if isinstance(found, tuple) else ()


def _own(errors: list[ErrorDetails]) -> Iterable[ErrorDetails]:
    """Those that have a place, without a list that is only short of what is faulty in it."""
    places = [one["loc"] for one in errors]
    for one in errors:
        at = one["loc"]
        below = any(len(place) > len(at) and place[: len(at)] == at for place in places)
        if at and not (one["type"] == "too_short" and below):
            yield one


def _problem(details: ErrorDetails) -> Problem:
    path = tuple(part for part in details["loc"] if part != "[key]")
    if details["type"] == "missing":
        return Problem(path, "missing", "add it")
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), field_names(path[:-1]), n=1)
        return Problem(path, "unknown key", f"did you mean {near[0]!r}?" if near else "remove it")
    message = details["msg"].removeprefix("Value error, ")
    return Problem(path, message[:1].lower() + message[1:], "correct the value")


def _misspelt(source: Source) -> Iterable[Problem]:
    """An open key that no policy has could never be filled."""
    for key, path in source.open_places():
        if str(path[-1]) not in field_names(path[:-1]):
            near = difflib.get_close_matches(str(path[-1]), field_names(path[:-1]), n=1)
            yield Problem(("open", key), "no such key", f"did you mean {near[0]!r}?" if near else "remove it")


def _folders(path: Path, policy: Policy) -> list[Problem]:
    if policy.letters is None or (path.parent / policy.letters.folder).is_dir():
        return []
    return [Problem(("letters", "folder"), "there is no such folder", "make it beside the policy file, or remove it")]


def _without_letters(raw: Raw, languages: Collection[str] | None) -> Iterable[tuple[Problem, str]]:
    if languages is None:
        return
    for n, language in enumerate(map(str, listed(table(raw, "controller"), "languages"))):
        if language.split("-")[0] not in languages:
            said = f"there are no letters in {language!r}"
            remedy = f"one of {', '.join(sorted(languages))}"
            yield Problem(("controller", "languages", n), said, remedy), language


def _whose_staff(policy: Policy) -> Iterable[ConfigurationError]:
    if not policy.staff.people:
        message = "with several controllers, staff of one must not see another's requests"
        try:
            refuse(policy, [Problem(("staff", "accounts"), message, "name who works for this one")])
        except ConfigurationError as fault:
            yield fault


def _at_home(path: Path, policy: Policy) -> Policy:
    if policy.letters is not None:
        folder = path.parent / policy.letters.folder
        policy = policy.model_copy(update={"letters": policy.letters.model_copy(update={"folder": folder})})
    return policy.came_from(path)
