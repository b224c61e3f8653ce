"""The composition root: connections and the channel's settings become what a flow is given (design.md section 2).

The only place that knows which transport, clients and store are used. It does not know Airflow: where connections come
from is passed in as a ``ConnectionSource``.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from include import deployment
from include.alarms.outbox import MailServer, Outbox
from include.alarms.words import Readers
from include.clients.aiohttp_transport import AiohttpTransport
from include.clients.fashfed.client import FashfedClient
from include.clients.omnitron.client import OmnitronClient
from include.clients.webhook import WebHookCalls
from include.clock import Clock, SystemClock
from include.connections import Connection, connection_missing
from include.domain.run import Outcome, RunReport
from include.errors import ConfigurationError
from include.flows.context import FlowContext, OwnContext, Retention
from include.flows.registry import Flow
from include.remotes import hub_client, market_client, read_settings
from include.settings import ChannelSettings, FlagDecision, check_flag
from include.shared import FASHFED_PER_SECOND, OMNITRON_PER_SECOND, SharedLimiter, SharedToken
from include.state.postgres import PostgresStore
from include.state.store import Store
from include.steps import Order, finish, note_failure, work
from include.stopping import run_to_end


class ConnectionSource(Protocol):
    """Where connections come from: Airflow or the environment."""

    def get(self, conn_id: str) -> Connection | None:
        """The connection, or None when there is none."""

    def mask(self, secret: str) -> None:
        """Keep a secret out of every log from now on."""

    def mail_server(self) -> MailServer:
        """Where mails to the operators go."""

    def screens(self) -> str:
        """The address of Airflow's screens, without a slash at its end."""


def check_flow(order: Order, source: ConnectionSource) -> FlagDecision:
    """Whether the flow of the order runs now (design.md section 5); a no is noted as a skipped run.

    Raises ``StopRun`` and ``RetryNow``.
    """
    if order.flow.alone:
        return FlagDecision(True)
    clock = SystemClock()
    wiring, report = Wiring.read(order.channel, source), order.report(clock)

    async def check() -> FlagDecision:
        async with _open_noted(wiring, order, report, clock) as opened:
            return await _decide(opened, order, report)

    return run_to_end(check())


async def _decide(channel: "OpenChannel", order: Order, report: RunReport) -> FlagDecision:
    """Whether the flow runs now; a no makes ``report`` a skipped one, with a row where the reason is news.

    A flow that is switched off thus has one row, not one a minute.
    """
    decision = await _allowed(channel, order.flow)
    if decision.on:
        return decision
    report.outcome, report.reason = Outcome.SKIPPED, decision.reason
    last = await channel.store.last_runs(channel.key, order.flow.name, 1)
    if not last or (last[0]["outcome"], last[0]["reason"]) != (report.outcome, report.reason):
        step = "+".join(order.steps)
        await channel.store.finish_run(report, run_id=order.run_id, step=step, now=channel.clock.now())
    return decision


async def _allowed(channel: "OpenChannel", flow: Flow) -> FlagDecision:
    if flow.on_any_channel:
        return FlagDecision(True)
    decision = check_flag(channel.settings, flow.flag)
    if decision.on and flow.needs and await channel.store.watermark(channel.key, flow.needs) is None:
        missing = ConfigurationError(f"{flow.needs}_missing")
        return FlagDecision(False, f"{missing} [{missing.code}]. Next step: {missing.next_step}")
    return decision


def run_steps(order: Order, source: ConnectionSource, report: RunReport | None = None) -> RunReport:
    """Run the steps of an order, when the flow is on, and note them in the state database.

    Whatever goes wrong is noted in the report (also in the one given), and raised: ``FashfedError``, or ``Stopped``
    when a signal or the time limit broke the run off.
    """
    clock = SystemClock()
    report = report or order.report(clock)

    async def run(wiring: Wiring) -> None:
        async with _open_noted(wiring, order, report, clock) as opened:
            if (await _decide(opened, order, report)).on:
                await work(opened.context(order, report), order, opened.requests)

    async def run_alone(state: Connection, outbox: Outbox | None) -> None:
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_database(state, order.flow.name, clock))
            if outbox:
                await stack.enter_async_context(aclosing(outbox.hooks))
            await work(_own_context(store, outbox, order, report, clock), order, dict)

    try:
        if order.flow.alone:
            state = required_connection(source, "connector_db")
            run_to_end(run_alone(state, _outbox(order.channel, source) if order.flow.tells else None))
        else:
            run_to_end(run(Wiring.read(order.channel, source)))
    except BaseException as error:
        note_failure(report, error)
        raise
    finally:
        report.seconds = (clock.now() - report.started_at).total_seconds()
    return report


@dataclass(frozen=True, slots=True)
class Wiring:
    """The connections of one channel."""

    channel: str
    hub: Connection
    market: Connection | None
    state: Connection
    source: ConnectionSource

    @classmethod
    def read(cls, channel: str, source: ConnectionSource) -> "Wiring":
        """Look them up. Raises ``ConfigurationError`` (connection_missing)."""
        hub, state = required_connection(source, f"omnitron_{channel}"), required_connection(source, "connector_db")
        return cls(channel, hub, source.get(f"fashfed_{channel}"), state, source)


def required_connection(source: ConnectionSource, conn_id: str) -> Connection:
    """The connection. Raises ``ConfigurationError`` (connection_missing)."""
    found = source.get(conn_id)
    if found is None:
        raise connection_missing(conn_id, "there is none")
    return found


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """A sales channel with everything a run needs, open."""

    key: str
    settings: ChannelSettings
    hub: OmnitronClient
    market: FashfedClient
    store: Store
    clock: Clock

    def context(self, order: Order, report: RunReport) -> FlowContext:
        """What the flow of the order is given."""
        return FlowContext(
            flow=order.flow.name,
            channel=self.key,
            channel_id=self.hub.channel_id,
            settings=self.settings,
            hub=self.hub,
            market=self.market,
            store=self.store,
            clock=self.clock,
            report=report,
            retention=_retention(),
            deadline=self.clock.monotonic(),
            window=order.window.window if order.window else None,
            fixed_window=order.window.fixed if order.window else False,
            dry_run=order.dry_run,
            sku_list=order.sku_list,
            let_pass=order.let_pass,
            run_id=order.run_id,
        )

    def requests(self) -> dict[str, int]:
        """HTTP requests sent so far, by remote."""
        return {"omnitron": self.hub.session.requests, "fashfed": self.market.session.requests}


def _own_context(store: Store, outbox: Outbox | None, order: Order, report: RunReport, clock: Clock) -> OwnContext:
    return OwnContext(
        flow=order.flow.name,
        channel=order.channel,
        store=store,
        clock=clock,
        report=report,
        retention=_retention(),
        deadline=clock.monotonic(),
        outbox=outbox,
        run_id=order.run_id,
    )


def _outbox(channel: str, source: ConnectionSource) -> Outbox:
    hooks = AiohttpTransport(
        where="The web hook of an alarm rule", allow_private_hosts=deployment.allow_private_hosts()
    )
    readers = Readers(deployment.operators(channel), source.screens(), deployment.timezone(), channel)
    return Outbox(source.mail_server(), WebHookCalls(hooks), readers)


def _retention() -> Retention:
    try:
        return Retention(deployment.keep_payloads(), deployment.keep_history())
    except ValueError as error:
        raise ConfigurationError("variable_invalid", problem=error) from None


@asynccontextmanager
async def open_store(wiring: Wiring, name: str, clock: Clock) -> AsyncIterator[Store]:
    """Open the state database; ``name`` shows in its list of connections."""
    async with open_database(wiring.state, name, clock) as store:
        yield store


@asynccontextmanager
async def open_database(state: Connection, name: str, clock: Clock) -> AsyncIterator[Store]:
    """Open the state database at a connection."""
    store = await PostgresStore.open(state.postgres_uri, name=f"fashfed-{name}", clock=clock)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_remotes(wiring: Wiring, store: Store, clock: Clock) -> AsyncIterator[OpenChannel]:
    """Open both remotes beside a store that is open, and read the channel."""
    async with AsyncExitStack() as stack:
        tokens = SharedToken(store, clock, wiring.hub, wiring.source.mask)
        hub = hub_client(wiring.hub, clock, SharedLimiter.of(wiring.hub, store, clock, OMNITRON_PER_SECOND), tokens)
        stack.push_async_callback(hub.session.close)
        settings = await read_settings(hub, wiring.market)
        wiring.source.mask(settings.access_token.get_secret_value())
        remote = wiring.market or Connection(f"fashfed_{wiring.channel}")
        market = market_client(
            settings.base_url,
            settings.access_token,
            remote,
            clock,
            SharedLimiter.of(remote, store, clock, FASHFED_PER_SECOND),
        )
        stack.push_async_callback(market.session.close)
        yield OpenChannel(wiring.channel, settings, hub, market, store, clock)


@asynccontextmanager
async def _open_noted(wiring: Wiring, order: Order, report: RunReport, clock: Clock) -> AsyncIterator[OpenChannel]:
    """Open the state database and both remotes and read the channel; everything is closed at the end.

    What keeps the flow from its steps is a failed run as well, so that alarms hear of it.
    """
    async with open_store(wiring, order.flow.name, clock) as store:
        try:
            async with open_remotes(wiring, store, clock) as opened:
                yield opened
        except BaseException as error:
            if report.outcome is not Outcome.FAILED:  # else its step has noted it
                note_failure(report, error)
                await finish(store, order, report, clock)
            raise
