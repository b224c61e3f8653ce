"""What goes wrong between the systems: calm, showers of single faults, outages of hours."""

import asyncio
import random
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from include.clients.transport import Request, Response, Transport
from include.sandbox import Sandbox
from tests.simulation.mortal import Trace

_ANYWHERE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("latency", {"milliseconds": 1500.0}),
    ("throttle", {"seconds": 3}),
    ("throttle", {"seconds": 20, "as_date": True}),
    ("error", {"status": 503}),
    ("error", {"status": 500}),
    ("html", {"status": 502}),
    ("html", {"status": 200}),
    ("truncated", {}),
    ("invalid_json", {}),
    ("refused", {}),
    ("reset_before", {}),
    ("reset_after", {}),
    ("timeout_before", {}),
    ("timeout_after", {}),
    ("repeated_page", {"method": "GET"}),
    ("shifting_page", {"method": "GET", "rows": 1}),
    ("shifting_page", {"method": "GET", "rows": -1}),
)
_OUTAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("refused", {}),
    ("timeout_before", {}),
    ("error", {"status": 503}),
    ("html", {"status": 502}),
)


class SmallPages:
    """The way to a remote that gives smaller pages than it is asked for. ``written`` gets what is no reading."""

    def __init__(self, inner: Transport, url: str, largest: int, written: list[str]) -> None:
        self._inner = inner
        self._url = url
        self._largest = largest
        self._written = written

    async def send(self, request: Request) -> Response:
        if request.method != "GET":
            self._written.append(f"{request.method} {urlsplit(request.url).path}")
        if request.url.startswith(self._url):
            query = (
                (name, str(min(int(text), self._largest)) if name == "limit" else text) for name, text in request.query
            )
            request = replace(request, query=tuple(query))
        return await self._inner.send(request)

    async def close(self) -> None:
        """Nothing is held open."""


class Weather:
    """Changes the faults in force from time to time."""

    def __init__(self, sandbox: Sandbox, rng: random.Random, trace: Trace) -> None:
        self._faults = sandbox.faults
        self._rng = rng
        self._trace = trace
        self._struck = 0
        self.late = 0.0
        self.deadly = 0.0
        """Chance that a process is killed, and the same for being stopped."""

    @property
    def struck(self) -> int:
        """How often something went wrong so far."""
        return self._struck + sum(rule.strikes for rule in self._faults.rules)

    async def change(self, longest: float = 200 * 60) -> None:
        """Go on for ever; an outage lasts ``longest`` seconds at most."""
        while True:
            kind = self._rng.choices(("calm", "showers", "storm", "outage"), (5, 4, 1, 1))[0]
            minutes = self._rng.uniform(5, longest / 60 if kind == "outage" and self._rng.random() < 0.3 else 40)
            self.set(kind)
            self._trace(f"weather {kind} for {minutes:.1f} min")
            await asyncio.sleep(minutes * 60)

    def set(self, kind: str) -> None:
        """Make this the weather now."""
        self._struck = self.struck
        self._faults.clear()
        self.late = {"showers": 0.002, "storm": 0.01}.get(kind, 0.0)
        self.deadly = {"calm": 0.02, "showers": 0.1, "storm": 0.4, "outage": 0.1, "still": 0.0}[kind]
        if kind == "outage":
            name, facts = self._rng.choice(_OUTAGES)
            self._faults.add(name, remote=self._rng.choice(("omnitron", "fashfed", "")), **facts)
        if kind in ("showers", "storm"):
            several = self._rng.sample(_ANYWHERE, self._rng.randint(1, 3) if kind == "showers" else 8)
            for name, facts in several:
                probability = self._rng.uniform(0.005, 0.04 if kind == "showers" else 0.1)
                self._faults.add(name, probability=probability, **facts)
            if self._rng.random() < 0.5:
                self._faults.add("unauthorized", remote="omnitron", path="/api/v1/channel*", probability=0.005)
