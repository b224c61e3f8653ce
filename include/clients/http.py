"""One HTTP layer for both remotes: time-out, classify, retry, limits, redaction (design.md section 10).

``RemoteSession.call`` either gives the parsed answer or raises one of ``errors.py``:

``RemoteUnavailable``    no usable answer, and nothing we must fear happened
``RateLimited``          the remote wants a longer wait than a call may take
``AnswerLost``           an unsafe request may have been carried out; it was not sent again
``Refused``              a final 4xx about this request
``AuthenticationError``  who we are, or what we may do, is not accepted
"""

import json as jsonlib
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypedDict, TypeVar, Unpack, overload

from include.clients.auth import Auth
from include.clients.breaker import CircuitBreaker
from include.clients.limiter import Limiter
from include.clients.paging import walk
from include.clients.policy import Action, Policy, RetryBudget, classify, retry_after
from include.clients.redaction import redact
from include.clients.transport import Request, Response, Transport, TransportError
from include.clock import Clock
from include.errors import AnswerLost, AuthenticationError, FashfedError, RateLimited, Refused, RemoteUnavailable

T = TypeVar("T")
Scalar = str | int | bool
Query = Mapping[str, Scalar | Sequence[Scalar] | None]
"""None is left out; a sequence repeats the parameter."""

_DETAIL = 300
_SAFE = frozenset({"GET", "HEAD", "PATCH", "PUT", "DELETE"})


class Options(TypedDict, total=False):
    """What a call may say beside its method and path."""

    query: Query | None
    json: object
    repeatable: bool
    """A POST that may be sent twice; GET, PATCH, PUT and DELETE always may."""
    record: bool
    """The path names one record: a 403 is about that record, not about us."""
    authenticated: bool


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    label: str
    request: Request
    repeatable: bool
    record: bool
    authenticated: bool
    decode: Callable[[Response], T]
    expected: str


class _Trouble(Exception):
    """One request brought no usable answer. ``happened``: the remote may have acted. ``wait``: it named a time."""

    def __init__(self, code: str, reason: str, *, happened: bool, wait: float | None = None, **facts: object) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.happened = happened
        self.wait = wait
        self.facts = facts


class RemoteSession:
    """Calls one remote. One per run and remote; ``requests`` counts every HTTP request that was really sent."""

    def __init__(
        self,
        name: str,
        base_url: str,
        transport: Transport,
        clock: Clock,
        limiter: Limiter,
        auth: Auth,
        policy: Policy | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.requests = 0
        self._transport = transport
        self._clock = clock
        self._limiter = limiter
        self._auth = auth
        self._policy = policy or Policy()
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not cryptography
        self._budget = RetryBudget(self._policy)
        self._breaker = CircuitBreaker(clock, self._policy.breaker_failures, self._policy.breaker_pause)
        self._busy_until = 0.0

    @overload
    async def call(self, method: str, path: str, *, read: Callable[[Any], T], **options: Unpack[Options]) -> T: ...

    @overload
    async def call(self, method: str, path: str, **options: Unpack[Options]) -> Any: ...

    async def call(
        self, method: str, path: str, *, read: Callable[[Any], Any] | None = None, **options: Unpack[Options]
    ) -> Any:
        """Send one JSON request and give the parsed answer (None for an empty one), passed through ``read``.

        A ``ValueError`` of ``read`` (so also a pydantic one) counts as an answer that cannot be read.
        """

        def decode(response: Response) -> Any:
            answer = jsonlib.loads(response.body) if response.body.strip() else None
            return read(answer) if read else answer

        return await self._exchange(self._prepare(method, path, decode, "the JSON it should be", options))

    async def download(self, path: str, *, magic: bytes, expected: str, max_bytes: int) -> bytes:
        """GET a file that begins with ``magic`` and has at most ``max_bytes``; ``expected`` names it in errors."""

        def decode(response: Response) -> bytes:
            if not response.body.startswith(magic) or len(response.body) > max_bytes:
                raise ValueError(expected)
            return response.body

        return await self._exchange(self._prepare("GET", path, decode, expected, {"record": True}))

    def pages(self, path: str, query: Query | None = None, *, limit: int = 100) -> AsyncIterator[list[Any]]:
        """The rows of a list, page by page to its end (``paging.walk``)."""

        async def fetch(page: int) -> object:
            return await self.call("GET", path, query={**(query or {}), "page": page, "limit": limit})

        return walk(fetch, remote=self.name, label=f"GET {path}")

    async def all(self, path: str, query: Query | None = None, *, limit: int = 100) -> list[Any]:
        """All rows of a list that is known to be small."""
        return [row async for page in self.pages(path, query, limit=limit) for row in page]

    async def close(self) -> None:
        """Let go of the transport."""
        await self._transport.close()

    def _prepare(
        self, method: str, path: str, decode: Callable[[Response], T], expected: str, options: Options
    ) -> _Call[T]:
        headers = {"accept": "application/json"}
        body: bytes | None = None
        if "json" in options:
            body = jsonlib.dumps(options["json"], ensure_ascii=False, default=_encode).encode()
            headers["content-type"] = "application/json"
        request = Request(method, self.base_url + path, _pairs(options.get("query")), headers, body)
        return _Call(
            label=f"{method} {path}",
            request=request,
            repeatable=method in _SAFE or options.get("repeatable", False),
            record=options.get("record", False),
            authenticated=options.get("authenticated", True),
            decode=decode,
            expected=expected,
        )

    async def _exchange(self, call: _Call[T]) -> T:
        """The call with its retries, behind the circuit breaker."""
        if not call.authenticated:  # a login is part of the call that needs it
            return await self._attempts(call)
        self._refuse_while_paused(call)
        try:
            answer = await self._attempts(call)
        except (RemoteUnavailable, AnswerLost):
            self._breaker.failed()
            raise
        except FashfedError:
            self._breaker.succeeded()
            raise
        except BaseException:
            self._breaker.given_up()
            raise
        self._breaker.succeeded()
        return answer

    def _refuse_while_paused(self, call: _Call[T]) -> None:
        busy = self._busy_until - self._clock.monotonic()
        if busy > self._policy.max_wait:
            raise RateLimited("remote_busy", remote=self.name, call=call.label, seconds=round(busy))
        if (closed := self._breaker.closed_for()) > 0:
            failures = self._breaker.failures
            raise RemoteUnavailable("remote_paused", remote=self.name, failures=failures, seconds=round(closed))

    async def _attempts(self, call: _Call[T]) -> T:
        self._budget.asked()
        give_up_at = self._clock.monotonic() + self._policy.total
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(call, give_up_at)
            except _Trouble as trouble:
                wait = self._wait(call, trouble, attempt, give_up_at)
                if trouble.wait is not None:
                    await self._hold_back(trouble.wait)
                if wait is None:
                    raise self._failure(call, trouble) from None
            await self._clock.sleep(wait)

    async def _once(self, call: _Call[T], give_up_at: float) -> T:
        """One request; after a 401 again with a new token, which was asked for once."""
        if not call.authenticated:
            return self._judge(call, await self._send(call, {}, give_up_at))
        final = False
        while True:
            credentials = await self._auth.headers(self)
            response = await self._send(call, credentials, give_up_at)
            if classify(response.status) is not Action.RENEW:
                return self._judge(call, response)
            if final:
                detail = _detail(_payload(response))
                raise AuthenticationError("forbidden", remote=self.name, call=call.label, detail=detail)
            final = await self._auth.renew(self, credentials)

    async def _send(self, call: _Call[T], credentials: Mapping[str, str], give_up_at: float) -> Response:
        await self._limiter.acquire()
        template = call.request
        left = give_up_at - self._clock.monotonic()
        request = Request(
            template.method,
            template.url,
            template.query,
            {**template.headers, **credentials},
            template.body,
            max(1.0, min(self._policy.timeout, left)),
        )
        self.requests += 1
        try:
            return await self._transport.send(request)
        except TransportError as error:
            raise _Trouble("remote_unreachable", redact(error.reason, _DETAIL), happened=error.reached) from None

    def _judge(self, call: _Call[T], response: Response) -> T:
        """The parsed answer, or what is wrong with it."""
        action = classify(response.status)
        if action is Action.READ:
            try:
                return call.decode(response)
            except ValueError:
                reason = f"it is not {call.expected}"
                raise _Trouble("answer_unreadable", reason, happened=True, expected=call.expected) from None
        if action is Action.STRAY:
            expected = f"{call.expected} but a redirect ({response.status})"
            raise _Trouble("answer_unreadable", f"a redirect ({response.status})", happened=True, expected=expected)
        if action in (Action.TRANSIENT, Action.BUSY):
            busy = action is Action.BUSY
            raise _Trouble(
                "remote_busy" if busy else "remote_failed",
                f"status {response.status}",
                happened=not busy,
                wait=retry_after(response.headers, self._clock.now()),
                status=response.status,
            )
        payload = _payload(response)
        if action is Action.FORBIDDEN and not call.record:
            raise AuthenticationError("forbidden", remote=self.name, call=call.label, detail=_detail(payload))
        raise Refused(
            status=response.status,
            payload=payload,
            remote_code=_remote_code(payload),
            remote=self.name,
            call=call.label,
            detail=_detail(payload),
        )

    def _wait(self, call: _Call[T], trouble: _Trouble, attempt: int, give_up_at: float) -> float | None:
        """Seconds until the request may be sent again, or None when it may not."""
        if trouble.happened and not call.repeatable:
            return None
        wait = self._policy.jitter(attempt, self._rng) if trouble.wait is None else trouble.wait
        too_long = trouble.wait is not None and trouble.wait > self._policy.max_wait
        if too_long or attempt >= self._policy.attempts or self._clock.monotonic() + wait > give_up_at:
            return None
        # A 429 with a time is the remote's own pacing, not a repeat that loads it: it does not use up the budget.
        invited = trouble.code == "remote_busy" and trouble.wait is not None
        return wait if invited or self._budget.take() else None

    async def _hold_back(self, seconds: float) -> None:
        """Everybody waits; beyond what a call may wait, calls of this session are refused instead."""
        self._busy_until = max(self._busy_until, self._clock.monotonic() + seconds)
        await self._limiter.pause(min(seconds, self._policy.max_wait))

    def _failure(self, call: _Call[T], trouble: _Trouble) -> FashfedError:
        if trouble.code == "remote_busy":
            seconds = "some" if trouble.wait is None else round(trouble.wait)
            return RateLimited("remote_busy", remote=self.name, call=call.label, seconds=seconds)
        if trouble.happened and not call.repeatable:
            return AnswerLost("answer_lost", remote=self.name, call=call.label, reason=trouble.reason)
        return RemoteUnavailable(
            trouble.code, remote=self.name, call=call.label, reason=trouble.reason, **trouble.facts
        )


def _pairs(query: Query | None) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        pairs += [(name, _text(one)) for one in values if one is not None]
    return tuple(pairs)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encode(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a request")


def _payload(response: Response) -> object:
    try:
        payload: object = jsonlib.loads(response.body)
    except ValueError:
        return None
    return payload


def _remote_code(payload: object) -> str | None:
    code = payload.get("code") if isinstance(payload, dict) else None
    if isinstance(code, list) and code:
        code = code[0]
    return str(code) if isinstance(code, str | int) else None


def _detail(payload: object) -> str:
    """The remote's words, short and without personal data."""
    if payload is None:
        return "an answer that is not JSON"
    if isinstance(payload, dict) and set(payload) <= {"detail", "code"}:
        payload = payload.get("detail") or payload.get("code")
    return redact(payload, _DETAIL)
