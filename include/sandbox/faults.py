"""Faults that can be switched on and off while the stand-ins run (design.md section 8)."""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from include.clients.transport import Request, Response
from include.clock import Clock
from include.sandbox.routing import App

KINDS = frozenset(
    (
        *("latency", "throttle", "error", "html", "truncated", "invalid_json", "refused", "reset_before"),
        *("reset_after", "timeout_before", "timeout_after", "repeated_page", "shifting_page", "unauthorized"),
    )
)
_HTML = "<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1>{}</body></html>"


@dataclass(slots=True)
class Fault:
    """One rule. It strikes by ``probability``, on ``every`` n-th match, or on the ``next`` n matches and never again.

    ``method`` and ``path`` (a shell pattern) narrow it. ``milliseconds`` is the latency; ``seconds`` the Retry-After
    of a throttle, written as an HTTP date when ``as_date``; ``status`` the status of an error or HTML answer, which
    ``quotes`` what it was sent; ``rows`` by how many rows a shifting page is moved (positive repeats rows, negative
    skips them).
    """

    kind: str
    remote: str = ""
    method: str = ""
    path: str = "*"
    probability: float = 1.0
    every: int = 0
    next: int = 0
    milliseconds: float = 0
    seconds: int = 1
    as_date: bool = False
    status: int = 503
    quotes: bool = False
    rows: int = 1
    matches: int = 0
    strikes: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(sorted(KINDS))}")

    def concerns(self, remote: str, method: str, path: str) -> bool:
        wanted = (self.remote in ("", remote)) and (self.method in ("", method))
        return wanted and fnmatchcase(path, self.path)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer: the connection ended (``reason``) or nothing came in time (``hangs``)."""

    reason: str
    reached: bool
    hangs: bool = False


class Faults:
    """The rules in force, with their own seeded randomness."""

    def __init__(self, seed: int = 1) -> None:
        self.rules: list[Fault] = []
        self._rng = random.Random(seed)
        self._shifts: dict[tuple[str, ...], int] = {}

    def add(self, kind: str, **facts: Any) -> Fault:
        fault = Fault(kind, **facts)
        self.rules.append(fault)
        return fault

    def set_latency(self, milliseconds: float) -> None:
        """One latency for every call of both remotes, in place of all others; 0 takes it away."""
        self.rules = [rule for rule in self.rules if rule.kind != "latency"]
        if milliseconds:
            self.add("latency", milliseconds=milliseconds)

    def clear(self) -> None:
        self.rules.clear()
        self._shifts.clear()

    def struck(self, remote: str, method: str, path: str) -> list[Fault]:
        """The rules that strike this request: every latency and the first other."""
        chosen: list[Fault] = []
        for fault in self.rules:
            if not fault.concerns(remote, method, path):
                continue
            if fault.kind != "latency" and any(other.kind != "latency" for other in chosen):
                continue
            fault.matches += 1
            if self._strikes(fault):
                fault.strikes += 1
                chosen.append(fault)
        return chosen

    def _strikes(self, fault: Fault) -> bool:
        if fault.next:
            return fault.strikes < fault.next
        if fault.every:
            return fault.matches % fault.every == 0
        return fault.probability >= 1 or self._rng.random() < fault.probability

    def shift(self, remote: str, request: Request, fault: Fault | None) -> int:
        """How far the page window is moved. Once a walk is shifted it stays so until it starts again at page 1."""
        query = dict(request.query)
        if request.method != "GET":
            return 0
        walk = (remote, request.url, *(f"{name}={value}" for name, value in sorted(query.items()) if name != "page"))
        if query.get("page", "1") == "1":
            self._shifts.pop(walk, None)
        elif fault:
            self._shifts[walk] = fault.rows
        return self._shifts.get(walk, 0)


async def exchange(remote: str, app: App, request: Request, faults: Faults, clock: Clock) -> Response | Lost:
    """Pass one request to a stand-in, with the faults in force."""
    app.requests += 1
    if not faults.rules:
        return app.dispatch(request)
    struck = faults.struck(remote, request.method, urlsplit(request.url).path)
    wait = sum(fault.milliseconds for fault in struck if fault.kind == "latency") / 1000
    fault = next((fault for fault in struck if fault.kind != "latency"), None)
    if wait >= request.timeout:
        app.dispatch(request)
        return Lost("timed out", reached=True, hangs=True)
    if wait:
        await clock.sleep(wait)
    early = _before(fault, remote, app, clock, _words(request) if fault.quotes else "") if fault else None
    if early is not None:
        return early
    paging = fault if fault and fault.kind == "shifting_page" else None
    if fault and fault.kind == "repeated_page":
        request = _page_before(request)
    answer = app.dispatch(request, shift=faults.shift(remote, request, paging))
    return _after(fault, answer) if fault else answer


def _before(fault: Fault, remote: str, app: App, clock: Clock, sent: str) -> Response | Lost | None:
    """Faults that strike before the request has an effect; ``sent`` is what their answer quotes."""
    if fault.kind == "throttle":
        moment = format_datetime(clock.now() + timedelta(seconds=fault.seconds), usegmt=True)
        headers = {"retry-after": moment if fault.as_date else str(fault.seconds)}
        return _json(429, b'{"detail":"Request was throttled."}', headers)
    if fault.kind == "error":
        told = {"detail": f"A server error occurred.{sent}"}
        return _json(fault.status, json.dumps(told, ensure_ascii=False).encode(), {})
    if fault.kind == "html":
        return Response(fault.status, {"content-type": "text/html"}, _HTML.format(sent).encode())
    if fault.kind == "unauthorized":
        # The hub gives a new token at the next login; the market's is made by a person, so there only this call fails.
        if remote == "omnitron":
            app.state.tokens.clear()
        return _json(401, b'{"detail":"Invalid token.","code":"authentication_failed"}', {})
    if fault.kind == "refused":
        return Lost("connection refused", reached=False)
    if fault.kind == "reset_before":
        return Lost("connection reset", reached=True)
    return Lost("timed out", reached=True, hangs=True) if fault.kind == "timeout_before" else None


def _after(fault: Fault, answer: Response) -> Response | Lost:
    """Faults that strike after the effect."""
    if fault.kind == "reset_after":
        return Lost("connection reset", reached=True)
    if fault.kind == "timeout_after":
        return Lost("timed out", reached=True, hangs=True)
    if fault.kind == "truncated":
        return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
    if fault.kind == "invalid_json":
        return Response(answer.status, answer.headers, b"<!-- proxy note -->" + answer.body)
    return answer


def _json(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(status, {"content-type": "application/json", **headers}, body)


def _page_before(request: Request) -> Request:
    """The page before the one asked for, as a stale cache would serve it."""
    query = tuple((name, str(max(1, int(value) - 1)) if name == "page" else value) for name, value in request.query)
    return Request(request.method, request.url, query, request.headers, request.body, request.timeout)


def _words(request: Request) -> str:
    """What a request's body says, without the signs of JSON."""
    sent = json.dumps(json.loads(request.body or b"{}"), ensure_ascii=False)
    return re.sub(r'[{}\[\]":,]+', " ", sent)
