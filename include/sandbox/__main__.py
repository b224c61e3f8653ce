"""``python -m include.sandbox``: both stand-ins over HTTP with a living world.

The control endpoint (/control/ on the Omnitron port) answers loopback clients only, whatever --host says.
"""

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from include.clock import SystemClock
from include.sandbox.control import Control
from include.sandbox.http import QuietServer, RemoteServer, make_server
from include.sandbox.oms_hook import OmsHook
from include.sandbox.sandbox import Sandbox
from include.sandbox.saved import Saver, load
from include.sandbox.world import Rates, World

_SAVE_SECONDS = 30.0
_SIZE_PER_SECOND = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    asked = _parser().parse_args(arguments)
    seeded_as = _seeded_as(asked)
    market_url = asked.fashfed_url or f"http://127.0.0.1:{asked.fashfed_port}"
    clock = SystemClock()
    sandbox = load(asked.state_file, clock, seeded_as) if asked.state_file else None
    kept = sandbox is not None
    if sandbox is None:
        sandbox = Sandbox.seeded(
            seed=asked.seed,
            size=asked.size,
            packages=asked.packages,
            clock=clock,
            market_url=market_url,
            on_sale=asked.on_sale,
            bare=asked.bare,
            history=asked.history,
        )
    sandbox.omnitron.channel["conf"]["base_url"] = market_url
    sandbox.oms.is_listened_to = bool(asked.split_hook)
    sandbox.fashfed.processing_seconds = asked.processing_seconds
    sandbox.fashfed.approval_seconds = asked.approval_seconds
    if asked.latency_ms:
        sandbox.faults.set_latency(asked.latency_ms)
    saver = Saver(sandbox, asked.state_file, seeded_as) if asked.state_file else None
    gc.freeze()  # the seed stays; without it each collection walks it all
    try:
        asyncio.run(_serve(asked, sandbox, kept, saver))
    except BaseExceptionGroup as group:
        trouble, other = group.split(OSError)
        if trouble is None or other is not None:
            raise
        sys.stderr.write(f"The sandbox cannot go on: {trouble.exceptions[0]}\n")
        return 1
    if saver:
        saver.finish()
    return 0


def _seeded_as(asked: argparse.Namespace) -> str:
    """What must be the same for a kept state to be taken up again."""
    named = f"seed {asked.seed}, {asked.size} SKUs, {asked.packages} packages, {asked.on_sale:.0%} on sale"
    named = f"{named}, bare" if asked.bare else named
    return f"{named}, {asked.history} packages of the past month" if asked.history else named


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--omnitron-port", type=int, default=8801)
    parser.add_argument("--fashfed-port", type=int, default=8802)
    parser.add_argument("--fashfed-url", help="Base URL that the channel settings name; default: loopback and its port")
    parser.add_argument("--size", type=int, default=5000, help="simple SKUs in the catalogue")
    parser.add_argument("--packages", type=int, default=200)
    parser.add_argument(
        "--history", type=int, default=0, metavar="PACKAGES", help="of the past month, delivered and imported"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to each call")
    parser.add_argument("--processing-seconds", type=float, default=1.0, help="until a market batch has its results")
    parser.add_argument("--approval-seconds", type=float, default=0.0, help="until the market decides about content")
    parser.add_argument(
        "--on-sale", type=float, default=0.96, metavar="SHARE", help="of the SKUs sent earlier; 0: none"
    )
    parser.add_argument("--bare", action="store_true", help="a channel that was never set up")
    parser.add_argument("--world", action=argparse.BooleanOptionalAction, default=True, help="let things happen")
    parser.add_argument("--world-interval", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--split-hook", metavar="URL", help="where the OMS sends its splits; without it it makes none")
    parser.add_argument("--split-token", default="", help="what the hook authorises itself with")
    parser.add_argument("--state-file", type=Path, help="kept between runs")
    return parser


async def _serve(asked: argparse.Namespace, sandbox: Sandbox, kept: bool, saver: Saver | None) -> None:
    world = World(sandbox, seed=asked.seed, rates=Rates.whole())
    world.running = asked.world
    control = Control(sandbox, world)
    servers = [
        make_server(RemoteServer("omnitron", control, serves_control=True), asked.host, asked.omnitron_port),
        make_server(RemoteServer("fashfed", control, serves_control=False), asked.host, asked.fashfed_port),
    ]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _end, servers)
    # In one group, so that nothing that goes on beside the servers fails unseen.
    async with asyncio.TaskGroup() as group:
        jobs = [group.create_task(world.run(asked.world_interval, sandbox.clock))]
        if asked.split_hook:
            jobs.append(group.create_task(OmsHook(sandbox.oms, asked.split_hook, asked.split_token).run()))
        if saver:
            jobs.append(group.create_task(_keep_saving(saver, asked.size)))
        jobs.append(group.create_task(_announce(servers, asked, kept)))
        await asyncio.gather(*(_serving(server) for server in servers))
        for job in jobs:
            job.cancel()


def _end(servers: Sequence[QuietServer]) -> None:
    for server in servers:
        server.end()


async def _serving(server: QuietServer) -> None:
    # uvicorn leaves with SystemExit when the port is taken.
    try:
        await server.serve()
    except SystemExit:
        raise OSError(f"port {server.config.port} is taken") from None


async def _announce(servers: Sequence[QuietServer], asked: argparse.Namespace, kept: bool) -> None:
    for server in servers:
        await server.listening.wait()
    addresses = f"Omnitron http://{asked.host}:{asked.omnitron_port}, Fashfed http://{asked.host}:{asked.fashfed_port}"
    sys.stdout.write(f"Sandbox ready ({'kept' if kept else 'fresh'}: {_seeded_as(asked)}): {addresses}\n")
    sys.stdout.flush()


async def _keep_saving(saver: Saver, size: int) -> None:
    """The larger the catalogue, the more seldom: saving 100,000 SKUs takes a processor for some seconds."""
    while True:
        await asyncio.sleep(_SAVE_SECONDS + size / _SIZE_PER_SECOND)
        saver.start()


if __name__ == "__main__":
    sys.exit(main())
