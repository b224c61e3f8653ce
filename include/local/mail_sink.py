"""A mail server that delivers nothing and keeps every mail as a file, so that alarms can be looked at locally."""

import argparse
import asyncio
import signal
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class KeepInFolder:
    """Writes each mail it is handed to ``<time>-<number>.eml``, readable for the owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail; the answer is what the sender reads."""
        content = envelope.content or b""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{next(self._numbers):04d}.eml"
        (self._folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        print(f"kept {name}", flush=True)
        return "250 kept"


async def serve(host: str, port: int, folder: Path) -> None:
    """Accept mail until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    keeper = KeepInFolder(folder)
    server = await loop.create_server(lambda: SMTP(keeper, hostname="fashfed.local"), host, port)
    async with server:
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m include.local.mail_sink", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.host, arguments.port, arguments.folder))


if __name__ == "__main__":
    main()
