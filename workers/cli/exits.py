"""How the command line ends: one exit code per kind of trouble, one place that says what went wrong and what to do."""

from __future__ import annotations

import json
import sys
import uuid
from enum import IntEnum

from habeas.errors import (
    BadInput,
    ConfigurationError,
    ConnectorError,
    EngineUnavailable,
    HabeasError,
    KeysUnavailable,
    LedgerUnavailable,
    NotAllowed,
    WrongStage,
)


class ExitCode(IntEnum):
    """What a script can tell apart."""

    OK = 0
    UNEXPECTED = 1
    BAD_INPUT = 2
    NOT_NOW = 3
    UNAVAILABLE = 4
    CONFIGURATION = 5
    INTERRUPTED = 130


EXIT_CODES = (
    "Exit codes: 0 done · 1 unexpected, or a check found something · 2 bad input or usage · "
    "3 not in this stage, or not allowed · 4 ledger, Temporal or a system does not answer · 5 configuration"
)

_BY_CLASS: tuple[tuple[type[HabeasError], ExitCode], ...] = (
    (WrongStage, ExitCode.NOT_NOW),
    (NotAllowed, ExitCode.NOT_NOW),
    (BadInput, ExitCode.BAD_INPUT),
    (ConfigurationError, ExitCode.CONFIGURATION),
    (KeysUnavailable, ExitCode.UNAVAILABLE),
    (LedgerUnavailable, ExitCode.UNAVAILABLE),
    (EngineUnavailable, ExitCode.UNAVAILABLE),
    (ConnectorError, ExitCode.UNAVAILABLE),
)


def exit_code(error: HabeasError) -> ExitCode:
    """The exit code of an error."""
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), ExitCode.UNEXPECTED)


def report(error: HabeasError, *, as_json: bool) -> ExitCode:
    """Say on standard error what went wrong and what to do; returns the exit code."""
    say(error.code, str(error), error.diagnostics(), as_json=as_json)
    return exit_code(error)


def report_unexpected(error: BaseException, *, as_json: bool) -> ExitCode:
    """An error that nobody foresaw: its class and place and a number to quote. Its text may name a person: withheld."""
    from workers.logs import error_facts

    correlation = uuid.uuid4().hex[:12]
    first = error_facts(error)[0]
    where = f" at {first['at']}" if "at" in first else ""
    message = f"Something unforeseen happened: {first['class']}{where} (correlation {correlation})."
    say("unexpected", message, "Please report this line; it holds no personal data.", as_json=as_json)
    return ExitCode.UNEXPECTED


def say(code: str, message: str, remedy: str, *, as_json: bool) -> None:
    """One error on standard error: a JSON object, or two lines."""
    if as_json:
        text = json.dumps({"error": {"code": code, "message": message, "remedy": remedy}}, ensure_ascii=False)
    else:
        text = f"Error: {message}" + (f"\nWhat to do: {remedy}" if remedy else "")
    sys.stderr.write(text + "\n")
