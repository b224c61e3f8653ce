"""What an answer means for a call: the parsed body, a refusal, or a trouble that may pass."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from include.clients.policy import Action, classify, retry_after
from include.clients.redaction import redact
from include.clients.transport import Request, Response
from include.errors import AuthenticationError, Refused

T = TypeVar("T")

DETAIL = 300
"""Characters of a remote's words that an error repeats."""
_NOT_THERE = 404


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request as it may be sent several times, and how its answer is read."""

    remote: str
    label: str
    request: Request
    repeatable: bool
    record: bool
    authenticated: bool
    decode: Callable[[Response], T]
    expected: str


class Trouble(Exception):
    """One request brought no usable answer. ``happened``: the remote may have acted. ``wait``: it named a time.

    ``refusal`` is what it comes to when asking again does not help.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        happened: bool,
        wait: float | None = None,
        refusal: Refused | None = None,
        **facts: object,
    ) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.code = code
        self.reason = reason
        self.happened = happened
        self.wait = wait
        self.facts = facts


def judge(call: Call[T], response: Response, now: datetime) -> T:
    """The parsed answer; raises ``Trouble``, ``Refused`` or ``AuthenticationError``."""
    action = classify(response.status)
    if action is Action.READ:
        try:
            return call.decode(response)
        except (ValueError, RecursionError):
            reason = f"it is not {call.expected}"
            raise Trouble("answer_unreadable", reason, happened=True, expected=call.expected) from None
    if action is Action.STRAY:
        reason = f"a redirect ({response.status})"
        raise Trouble("answer_unreadable", reason, happened=True, expected=f"{call.expected} but {reason}")
    if action in (Action.TRANSIENT, Action.BUSY):
        busy = action is Action.BUSY
        raise Trouble(
            "remote_busy" if busy else "remote_failed",
            f"status {response.status}",
            happened=not busy,
            wait=retry_after(response.headers, now),
            status=response.status,
        )
    if action is Action.FORBIDDEN and not call.record:
        raise not_allowed(call, response)
    payload = _payload(response)
    refusal = Refused(
        status=response.status,
        payload=payload,
        remote_code=_remote_code(payload),
        remote=call.remote,
        call=call.label,
        detail=_detail(call, payload),
    )
    if payload is None and call.repeatable and response.status != _NOT_THERE:
        # the remote explains its refusals: something on the way refused, or has spoilt the explanation
        raise Trouble("answer_unreadable", "a refusal that is not JSON", happened=True, refusal=refusal)
    raise refusal


def not_allowed(call: Call[T], response: Response) -> AuthenticationError:
    """The error for a call that the remote does not let us make."""
    detail = _detail(call, _payload(response))
    return AuthenticationError("forbidden", remote=call.remote, call=call.label, detail=detail)


def _payload(response: Response) -> object:
    try:
        payload: object = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return payload


def _remote_code(payload: object) -> str | None:
    code = payload.get("code") if isinstance(payload, dict) else None
    if isinstance(code, list) and code:
        code = code[0]
    return str(code) if isinstance(code, str | int) else None


def _detail(call: Call[T], payload: object) -> str:
    """The remote's words, short and without personal data; they may quote what it was sent."""
    if payload is None:
        return "an answer that is not JSON"
    if isinstance(payload, dict) and set(payload) <= {"detail", "code"}:
        payload = payload.get("detail") or payload.get("code")
    return redact(payload, DETAIL, known=call.request.body)
