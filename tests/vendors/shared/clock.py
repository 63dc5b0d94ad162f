"""The time of a vendor's server."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """Stands still, but for ``call_takes`` at every call, until a test moves it.

    With a quarter of a second for each call, callers that send one request after another stay below every vendor's
    limits; a test of a limit sets ``call_takes`` to zero.
    """

    def __init__(self, now: datetime = START, call_takes: timedelta = timedelta(milliseconds=250)) -> None:
        self._now = now
        self.call_takes = call_takes

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass; ValueError for a step back."""
        if by < timedelta(0):
            raise ValueError("time does not run backwards")
        self._now += by


def seconds_stamp(moment: datetime) -> str:
    """``2026-03-02T09:00:00Z``: Zendesk's form."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def millisecond_stamp(moment: datetime, offset: str = "Z") -> str:
    """``2026-03-02T09:00:00.000Z``: HubSpot's form; Salesforce writes the offset ``+0000``."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{offset}"
