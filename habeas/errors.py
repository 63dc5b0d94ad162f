"""One tree of errors. The docstring is the message, ``diagnostics()`` is the next step; never personal data.

Attributes hold PII-free facts only (names of systems, codes, counts). Where a foreign error carries more, its text goes
sealed to the ledger under a correlation id, and only that id appears here.
"""

from __future__ import annotations

from typing import ClassVar


class HabeasError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    remedy: ClassVar[str] = "Look at the log of the process that says so, under this code."

    def __init__(self, detail: str = "", **facts: object) -> None:
        self.detail = detail
        self.facts = facts
        first = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(f"{first} {detail}".strip())

    def diagnostics(self) -> str:
        """What the reader can do next, in one or two sentences."""
        return self.remedy.format_map(_Defaults(self.facts))


class _Defaults(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


class BadInput(HabeasError):
    """The input is not usable."""

    code = "bad_input"
    remedy = "Correct the value and try again; nothing was changed."


class KeyReused(BadInput):
    """Other content came under this idempotency key before."""

    code = "key_reused"
    remedy = "Send new content under a new key; to ask again for the same write, send exactly what was sent first."


class UnknownRegime(BadInput):
    """There is no such regime or jurisdiction."""

    code = "unknown_regime"
    remedy = "See `habeas law regimes` for the codes this installation knows."


class UnknownRequest(BadInput):
    """There is no such request."""

    code = "unknown_request"
    remedy = "See `habeas request list`."


class WrongStage(BadInput):
    """This act is not possible now."""

    code = "wrong_stage"
    remedy = "See `habeas request show` for the request's stage and the acts it allows."


class PlanOutlived(WrongStage):
    """What kept part of it is over; the plan is being drafted anew."""

    code = "plan_outlived"
    remedy = "Look at the new plan in a moment, and approve that one."


class NothingAnew(WrongStage):
    """What this is about is not closed yet, so that granting it would open nothing anew."""

    code = "nothing_anew"
    remedy = (
        "Do there what is granted: resume it without the fee, or answer it within its first term; then grant with "
        "`--nothing-anew`, and say in the reason what was done."
    )


class StillStands(WrongStage):
    """What this is against still stands where it was decided, so that granting it would change nothing."""

    code = "still_stands"
    remedy = (
        "Do there first what is granted: resume it without the fee, or answer it where the term was extended; then "
        "grant this with `--nothing-anew`. Or refuse it, with the reason."
    )


class NotAllowed(BadInput):
    """This person may not do this."""

    code = "not_allowed"
    remedy = "Ask a colleague with the right role; four eyes means two different people."


class MustStay(NotAllowed):
    """A legal hold or a restriction came meanwhile, and what it keeps must stay as it is."""

    code = "must_stay"
    remedy = (
        "Say blocked of what it keeps, and not_found of what is gone already; or have the hold lifted "
        "(`habeas hold lift`), or the restriction (`habeas restriction lift`). What you said is kept: "
        "`habeas task done {task} --as-said` says it again, `--outcome N=blocked` beside it changes object N."
    )


class NoDelay(NotAllowed):
    """There is no delay to tell of."""

    remedy = "Wait until a promised day or the law's term is missed; `habeas request extend` announces an extension."


class WrongCode(BadInput):
    """The code is not right."""

    code = "wrong_code"
    remedy = "Look at the newest letter; after too many wrong codes a new one must be sent."


class NotSentYet(HabeasError):
    """This letter is not known to have been sent."""

    code = "not_sent_yet"
    remedy = "Hand the report in again later, as mail servers do by themselves; nothing was noted."


class LinkRefused(BadInput):
    """This link does not work."""

    code = "link_refused"
    remedy = "Ask for a new link; each one works once and for a limited time."


class ConfigurationError(HabeasError):
    """The installation is not set up completely."""

    code = "configuration"
    remedy = "Correct the named file and line; nothing was started."


class DataMapError(ConfigurationError):
    """The data map is not complete or does not fit its database."""

    code = "data_map"
    remedy = "Run `habeas system map check FILE`: it names every table and column that is not decided."


class KeysUnavailable(HabeasError):
    """The service that seals the master keys does not answer."""

    code = "keys_unavailable"
    remedy = "Check its address, the network and this machine's credentials; then start the process again."


class LedgerUnavailable(HabeasError):
    """The ledger's database does not answer."""

    code = "ledger_unavailable"
    remedy = "Check that PostgreSQL runs and that `ledger.url` (HABEAS_LEDGER__URL) is right."


class EngineUnavailable(HabeasError):
    """Temporal does not answer."""

    code = "engine_unavailable"
    remedy = "Check that the Temporal server runs and that `temporal.address` is right; what was asked is kept."


class KeyDestroyed(HabeasError):
    """This request's key was destroyed; its personal data is gone for good."""

    code = "key_destroyed"
    remedy = "Nothing brings it back; what was done stands in the evidence: `habeas request timeline`."


class SealBroken(HabeasError):
    """Sealed data does not open: it was changed, moved or belongs to another request."""

    code = "seal_broken"
    remedy = "Run `habeas evidence verify`, and compare with the last backup."


class ConnectorError(HabeasError):
    """A connected system did not do what was asked."""

    code = "connector"

    def __init__(self, detail: str = "", *, said: str = "", **facts: object) -> None:
        super().__init__(detail, **facts)
        self.said = said
        """What the system wrote, in its own words. It may name somebody: it is sealed, and never in a message."""


class Transient(ConnectorError):
    """A connected system is busy or unreachable; trying again may help."""

    code = "transient"
    remedy = "Nothing to do: it is tried again. `habeas system check {system}` says what it answers now."

    def __init__(self, detail: str = "", *, said: str = "", retry_after: float | None = None, **facts: object) -> None:
        super().__init__(detail, said=said, **facts)
        self.retry_after = retry_after
        """Seconds the system asked us to wait, if it said so."""


class StorageFull(Transient):
    """There is no room left to write to."""

    code = "storage_full"
    remedy = "Free space under the data folder; the step goes on by itself, and nothing is lost."


class Terminal(ConnectorError):
    """A connected system refused; asking again will not help until something is changed."""

    code = "terminal"
    remedy = "Mend the cause (credentials, map, address), then `habeas request retry-system {request} {system}`."


class Quarantine(ConnectorError):
    """A connected system answered something that a human must look at before anything more is done."""

    code = "quarantine"
    remedy = "Look at the system, then `habeas request retry-system` or `skip-system` with a reason."
