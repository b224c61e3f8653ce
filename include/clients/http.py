"""One HTTP layer for both remotes: time-out, classify, retry, limits, redaction (design.md section 10).

``RemoteSession.call`` either gives the parsed answer or raises one of ``errors.py``:

``RemoteUnavailable``    no usable answer, and nothing we must fear happened
``RateLimited``          the remote wants a longer wait than a call may take
``AnswerLost``           an unsafe request may have been carried out; it was not sent again
``Refused``              a final 4xx about this request
``AuthenticationError``  who we are, or what we may do, is not accepted
"""

import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, TypeVar, Unpack, overload

from include.clients import wire
from include.clients.answers import DETAIL, Call, Trouble, judge, not_allowed
from include.clients.auth import Auth
from include.clients.breaker import CircuitBreaker
from include.clients.limiter import Limiter
from include.clients.paging import Gaps, walk
from include.clients.policy import Action, Policy, RetryBudget, classify
from include.clients.redaction import redact
from include.clients.transport import Request, Response, Transport, TransportError
from include.clients.wire import Query
from include.clock import Clock
from include.errors import AnswerLost, FashfedError, RateLimited, RemoteUnavailable

T = TypeVar("T")
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
            answer = json.loads(response.body) if response.body.strip() else None
            return read(answer) if read else answer

        return await self._exchange(self._prepare(method, path, decode, "the JSON it should be", options))

    async def download(self, path: str, *, magic: bytes, expected: str, max_bytes: int) -> bytes:
        """GET a file that begins with ``magic`` and has at most ``max_bytes``; ``expected`` names it in errors."""

        def decode(response: Response) -> bytes:
            if not response.body.startswith(magic) or len(response.body) > max_bytes:
                raise ValueError(expected)
            return response.body

        return await self._exchange(self._prepare("GET", path, decode, expected, {"record": True}))

    def pages(
        self, path: str, query: Query | None = None, *, limit: int = 100, gaps: Gaps = Gaps.ANY
    ) -> AsyncIterator[list[Any]]:
        """The rows of a list, page by page to its end; ``gaps`` as in ``paging.walk``."""

        async def fetch(page: int) -> object:
            return await self.call("GET", path, query={**(query or {}), "page": page, "limit": limit})

        return walk(fetch, remote=self.name, label=f"GET {path}", gaps=gaps)

    async def all(self, path: str, query: Query | None = None, *, limit: int = 100) -> list[Any]:
        """All rows of a list that is known to be small."""
        return [row async for page in self.pages(path, query, limit=limit) for row in page]

    async def close(self) -> None:
        """Let go of the transport."""
        await self._transport.close()

    def _prepare(
        self, method: str, path: str, decode: Callable[[Response], T], expected: str, options: Options
    ) -> Call[T]:
        headers = {"accept": "application/json"}
        body: bytes | None = None
        if "json" in options:
            body = wire.body(options["json"])
            headers["content-type"] = "application/json"
        query, timeout = wire.pairs(options.get("query")), self._policy.timeout
        request = Request(method, self.base_url + path, query, headers, body, timeout)
        return Call(
            remote=self.name,
            label=f"{method} {path}",
            request=request,
            repeatable=method in _SAFE or options.get("repeatable", False),
            record=options.get("record", False),
            authenticated=options.get("authenticated", True),
            decode=decode,
            expected=expected,
        )

    async def _exchange(self, call: Call[T]) -> T:
        """The call with its retries, behind the circuit breaker."""
        if not call.authenticated:  # a login is part of the call that needs it
            return await self._attempts(call)
        self._refuse_while_paused()
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

    def _refuse_while_paused(self) -> None:
        if (closed := self._breaker.closed_for()) > 0:
            failures = self._breaker.failures
            raise RemoteUnavailable("remote_paused", remote=self.name, failures=failures, seconds=round(closed))

    async def _attempts(self, call: Call[T]) -> T:
        self._budget.asked()
        give_up_at = self._clock.monotonic() + self._policy.total
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(call)
            except Trouble as trouble:
                wait = self._wait(call, trouble, attempt, give_up_at)
                if trouble.wait is not None:
                    await self._hold_back(trouble.wait)
                if wait is None:
                    raise self._failure(call, trouble) from None
            await self._clock.sleep(wait)

    async def _once(self, call: Call[T]) -> T:
        """One request; after a 401 again with a new token, which was asked for once."""
        if not call.authenticated:
            return judge(call, await self._send(call, {}), self._clock.now())
        final = False
        while True:
            credentials = await self._auth.headers(self)
            response = await self._send(call, credentials)
            if classify(response.status) is not Action.RENEW:
                return judge(call, response, self._clock.now())
            if final:
                raise not_allowed(call, response)
            final = await self._auth.renew(self, credentials)

    async def _send(self, call: Call[T], credentials: Mapping[str, str]) -> Response:
        await self._sit_out()
        await self._limiter.acquire()
        await self._sit_out()  # another call may have been told to wait meanwhile
        request = replace(call.request, headers={**call.request.headers, **credentials})
        self.requests += 1
        try:
            return await self._transport.send(request)
        except TransportError as error:
            raise Trouble("remote_unreachable", redact(error.reason, DETAIL), happened=error.reached) from None

    async def _sit_out(self) -> None:
        """Wait as long as the remote asked, unless that is more than a call may wait."""
        while (left := self._busy_until - self._clock.monotonic()) > 0:
            if left > self._policy.max_wait:
                raise Trouble("remote_busy", "it asked to wait", happened=False, wait=left)
            await self._clock.sleep(left)

    def _wait(self, call: Call[T], trouble: Trouble, attempt: int, give_up_at: float) -> float | None:
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
        """Everybody waits; this session to the second, others at most as long as one call may."""
        self._busy_until = max(self._busy_until, self._clock.monotonic() + seconds)
        await self._limiter.pause(min(seconds, self._policy.max_wait))

    def _failure(self, call: Call[T], trouble: Trouble) -> FashfedError:
        if trouble.refusal:
            return trouble.refusal
        if trouble.code == "remote_busy":
            seconds = "some" if trouble.wait is None else round(trouble.wait)
            return RateLimited("remote_busy", remote=self.name, call=call.label, seconds=seconds)
        if trouble.happened and not call.repeatable:
            return AnswerLost("answer_lost", remote=self.name, call=call.label, reason=trouble.reason)
        return RemoteUnavailable(
            trouble.code, remote=self.name, call=call.label, reason=trouble.reason, **trouble.facts
        )
