"""``python -m include.local [run|stop|status|reset|logs]``: what the Makefile calls."""

import argparse
import os
import signal
import sys
from contextlib import suppress

from include.local import control, kernel
from include.local.config import LocalConfig
from include.local.errors import CannotStart
from include.local.postgres import EmbeddedPostgres
from include.local.processes import end_descendants

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS = 8.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m include.local", description="The local installation.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("run", "start everything"), ("stop", "end it"), ("status", "what runs")):
        commands.add_parser(name, help=text)
    commands.add_parser("reset", help="remove all local data").add_argument("--yes", action="store_true")
    commands.add_parser("logs", help="follow the logs").add_argument("what", nargs="?", default="")
    arguments = parser.parse_args()
    try:
        config = LocalConfig.from_environment()
        match arguments.command:
            case "run":
                return _run(config)
            case "stop":
                control.stop(config)
            case "status":
                control.status(config)
            case "reset":
                control.reset(config, sure=arguments.yes)
            case "logs":
                control.logs(config, arguments.what)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.strerror}: {error.filename or ''}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run(config: LocalConfig) -> int:
    """Supervise in a child and outlive it: whatever it should leave behind, even killed, is ended here."""
    kernel.adopt_orphans()
    child = os.fork()
    if child == 0:
        os._exit(_supervise(config))
    for number in _SIGNALS:
        signal.signal(number, lambda sent, _frame: _forward(child, sent))
    _, status = os.waitpid(child, 0)
    postgres = EmbeddedPostgres(config.home)
    end_descendants(os.getpid(), spared=postgres.guard_pid(), grace=_GRACE_SECONDS)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        print(f"The supervisor was killed by signal {-code}; everything it started has been ended.", file=sys.stderr)
    return abs(code)


def _forward(child: int, sent: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, sent)


def _supervise(config: LocalConfig) -> int:
    os.setsid()  # signals reach it once, through its parent, and not again from the terminal
    kernel.die_with_parent()
    from include.local.supervisor import Supervisor

    try:
        return Supervisor(config).run()
    except CannotStart as reason:
        print(reason, file=sys.stderr)
    except OSError as error:
        print(f"{error.strerror}: {error.filename or config.home}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 1


if __name__ == "__main__":
    sys.exit(main())
