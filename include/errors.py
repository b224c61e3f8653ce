"""Every exception of the connector, grouped by what to do next (design.md section 9).

==================  =========================================================================================
``RetryNow``        a transport trouble: the run (or the call) is worth trying again as it is
``RecordFailed``    one record is not accepted: penalty, later tries by Failed Integration, others go on
``RecordParked``    one record needs a person or an event elsewhere; it resumes by itself when that has happened
                    (``RecordWaits``: looked at again soon, without using up a try)
``StopRun``         nothing of this run can work before somebody changes a setting or a connection
==================  =========================================================================================

The words shown come from the error catalogue (``catalogue``).
"""

from collections.abc import Sequence

from include.catalogue import Entry, Side, entry


class FashfedError(Exception):
    """Base of all our errors: a code of the catalogue and the facts of the case (no secrets, no personal data)."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.message)

    @property
    def entry(self) -> Entry:
        """The catalogue entry: cause, owner, next step."""
        return entry(self.code)

    @property
    def message(self) -> str:
        """What happened, for which record."""
        return self.entry.message.format_map(_Facts(self.facts))

    @property
    def next_step(self) -> str:
        """What to do about it."""
        return self.entry.next_step.format_map(_Facts(self.facts))

    @property
    def side(self) -> Side:
        """The ``failed_reason_type`` that Omnitron is told."""
        return self.entry.side


class _Facts(dict[str, object]):
    """An unnamed fact shows as a dash: a message must never fail while it reports a failure."""

    def __missing__(self, key: str) -> str:
        return "-"


class RetryNow(FashfedError):
    """Transport trouble: trying again as it is may work. The record is not penalised."""


class RemoteUnavailable(RetryNow):
    """No answer, a 5xx, an unreadable answer or the open circuit breaker. The request had no effect we must fear."""


class RateLimited(RetryNow):
    """The remote asks us to wait longer than this call may."""


class AnswerLost(RetryNow):
    """An unsafe request may have been carried out, but no answer came: look first, never send it blindly again."""


class RunInProgress(RetryNow):
    """Another run of ours, or another program, holds this content type."""


class RecordFailed(FashfedError):
    """One record is not accepted; it is reported, penalised and tried again by Failed Integration.

    ``also``: what else is wrong with it, said in the same message, so that nobody corrects a record five times.
    """

    def __init__(self, code: str, /, *, also: "Sequence[RecordFailed]" = (), **facts: object) -> None:
        self.also = also
        super().__init__(code, **facts)

    @property
    def message(self) -> str:
        return "; ".join(dict.fromkeys([super().message, *(error.message for error in self.also)]))


class RecordParked(FashfedError):
    """One record waits for a person or for an event elsewhere."""


class RecordWaits(RecordParked):
    """One record waits for an event elsewhere that is likely to come: it is looked at again soon, and this uses up none
    of the tries that Failed Integration allows."""


class StopRun(FashfedError):
    """The run cannot do its work until somebody acts. Never penalises a record."""


class ConfigurationError(StopRun):
    """A setting or a connection is missing or wrong."""


class AuthenticationError(StopRun):
    """A remote refuses who we say we are."""


class Refused(FashfedError):
    """A remote answered with a final 4xx. ``status``, ``payload`` (parsed JSON or None) and ``remote_code`` say why.

    Clients raise it; the flow that knows the record turns it into ``RecordFailed`` or ``RecordParked``.
    """

    def __init__(self, *, status: int, payload: object, remote_code: str | None, **facts: object) -> None:
        super().__init__("refused", status=status, **facts)
        self.status = status
        self.payload = payload
        self.remote_code = remote_code
