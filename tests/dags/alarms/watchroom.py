"""Alarms with a real state database and a real mail server, minute by minute, on a clock that the test turns."""

import asyncio
import email
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from include.alarms.outbox import Outbox
from include.alarms.words import Readers
from include.connections import Connection
from include.domain.run import Outcome, RunReport
from include.errors import RecordFailed
from include.flows.context import OwnContext, Retention
from include.flows.operations import alarms
from include.flows.registry import FLOWS
from include.hooks.mail import SmtpServer
from include.state.alarms import AlarmRule, Criterion, Incident
from include.state.store import Store
from tests.unit.state.examples import NOW

MINUTE = timedelta(minutes=1)
OPERATOR = "ops@example.com"
BASE = "https://airflow.example.com"


@dataclass
class TurnedClock:
    """Stands still until it is turned."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Mail:
    to: str
    subject: str
    text: str
    message_id: str


@dataclass
class Sink:
    """A mail server that keeps what it takes; ``refused`` are addresses that it does not know."""

    mails: list[Mail] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    port: int = 0
    _server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = email.message_from_bytes(content)
        [to] = envelope.rcpt_tos
        self.mails.append(Mail(to, _subject(message), _text(message), message["Message-ID"]))
        return "250 kept"

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="sink.example.com"), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    def connection(self) -> Connection:
        extra = {"from_email": "fashfed@example.com", "disable_ssl": True, "disable_tls": True, "timeout": 5}
        return Connection("smtp_default", "smtp", "127.0.0.1", self.port, extra=extra)


def _subject(message: Message) -> str:
    return str(make_header(decode_header(message["Subject"])))


def _text(message: Message) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == "text/html")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return re.sub(r"<[^>]+>", "", payload.decode())


@dataclass
class Hooks:
    """Chat services that keep what they are told; ``down``: they do not take it."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False

    async def call(self, address: str, text: str) -> None:
        if self.down:
            raise RecordFailed("webhook_failed", reason="it answered 503")
        self.calls.append((address, text))

    async def aclose(self) -> None:
        pass


@dataclass
class Watchroom:
    """A channel whose alarms run each minute."""

    store: Store
    sink: Sink
    clock: TurnedClock = field(default_factory=TurnedClock)
    hooks: Hooks = field(default_factory=Hooks)
    number: int = 0

    @property
    def outbox(self) -> Outbox:
        readers = Readers((OPERATOR,), BASE, "Europe/Istanbul", "default")
        return Outbox(SmtpServer(self.sink.connection()), self.hooks, readers)

    @property
    def now(self) -> datetime:
        return self.clock.at

    async def only(self, *rules: AlarmRule) -> list[AlarmRule]:
        """These rules and no built-in ones."""
        await self.store.make_built_in_rules("default", alarms.BUILT_IN, now=self.now)
        for rule in await self.store.alarm_rules("default"):
            await self.store.delete_alarm_rule("default", rule.id or 0, who="test", now=self.now)
        return [await self.store.save_alarm_rule("default", rule, who="test", now=self.now) for rule in rules]

    async def judge(self) -> None:
        """One run of the flow."""
        report = RunReport("alarms", "default", self.now)
        await alarms.run(
            OwnContext(
                flow="alarms",
                channel="default",
                store=self.store,
                clock=self.clock,
                report=report,
                retention=Retention(timedelta(days=30), timedelta(days=90)),
                deadline=self.clock.monotonic() + 250,
                outbox=self.outbox,
            )
        )

    async def minutes(self, number: int = 1) -> None:
        """Time goes on, and the flow runs each minute."""
        for _ in range(number):
            self.clock.at += MINUTE
            await self.judge()

    async def ran(
        self,
        flow: str,
        code: str | None = None,
        reason: str = "",
        *,
        outcome: Outcome | None = None,
        counts: Mapping[str, int] | None = None,
        errors: Mapping[str, int] | None = None,
        seconds: float = 1.0,
        step: str | None = None,
    ) -> None:
        """A run of a flow that ended now: a good one, or one that failed with a code."""
        self.number += 1
        report = RunReport(flow, "default", self.now - timedelta(seconds=seconds), seconds=seconds)
        report.outcome = outcome or (Outcome.FAILED if code else Outcome.SUCCESS)
        report.code, report.reason = code, reason or code
        report.counts, report.errors = Counter(counts or {}), Counter(errors or ({code: 1} if code else {}))
        step = step or FLOWS[flow].steps[-1]
        await self.store.finish_run(report, run_id=f"run-{self.number}", step=step, now=self.now)

    async def fails(
        self, *flows: str, code: str = "remote_unreachable", reason: str = "Omnitron did not answer"
    ) -> None:
        for flow in flows:
            await self.ran(flow, code, reason, step="feature_flag")

    async def incidents(self) -> list[Incident]:
        return await self.store.incidents("default")

    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.sink.mails]


def a_rule(criterion: Criterion, flow: str | None = None, threshold: float = 0, **facts: Any) -> AlarmRule:
    return replace(AlarmRule(criterion, flow, threshold, 60, ("a@example.com",)), **facts)
