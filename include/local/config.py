"""Where everything of a local run lies and listens, read from the environment once."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from include.deployment import state_folder
from include.local.errors import CannotStart

PROJECT: Final = Path(__file__).resolve().parents[2]
PORTS: Final = {"airflow": 8080, "omnitron": 8801, "fashfed": 8802, "smtp": 8025}
"""Default ports. ``FASHFED_PORT_<NAME>`` changes one, so that two checkouts can run side by side."""

_CATALOGUE: Final = 5000


@dataclass(frozen=True, slots=True)
class LocalConfig:
    """One local installation. ``roles`` asks for a login, ``sandbox`` runs the stand-ins of both remotes, whose brand
    has ``catalogue`` SKUs."""

    home: Path
    ports: Mapping[str, int]
    postgres_port: int
    roles: bool
    sandbox: bool
    catalogue: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read FASHFED_HOME, FASHFED_PORT_*, FASHFED_AUTH, FASHFED_SANDBOX and FASHFED_CATALOGUE.

        Raises ``CannotStart`` on nonsense.
        """
        auth = environ.get("FASHFED_AUTH") or "none"
        if auth not in ("none", "roles"):
            raise CannotStart(f"FASHFED_AUTH is {auth!r}; it can be none (everyone is admin) or roles (three logins).")
        sandbox = environ.get("FASHFED_SANDBOX") or "1"
        if sandbox not in ("0", "1"):
            raise CannotStart(f"FASHFED_SANDBOX is {sandbox!r}; it can be 1 (run the sandbox) or 0 (do not).")
        catalogue = environ.get("FASHFED_CATALOGUE") or str(_CATALOGUE)
        if not catalogue.isdecimal() or not int(catalogue):
            raise CannotStart(f"FASHFED_CATALOGUE is {catalogue!r}; it is a number of SKUs, such as 100000.")
        return cls(
            home=state_folder(),
            ports={name: _port(environ, name, default) for name, default in PORTS.items()},
            postgres_port=_port(environ, "postgres", 0),
            roles=auth == "roles",
            sandbox=sandbox == "1",
            catalogue=int(catalogue),
        )

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def mail(self) -> Path:
        return self.home / "mail"

    def url(self, name: str) -> str:
        """Address of one of the servers of ``PORTS``."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def require_free_ports(self) -> None:
        """Raise ``CannotStart`` for the first port that something else listens on."""
        for name, port in {**self.ports, "postgres": self.postgres_port}.items():
            if port and not port_is_free(port):
                raise CannotStart(
                    f"Port {port} ({name}) is taken by another program; choose a free one, for example "
                    f"FASHFED_PORT_{name.upper()}={port + 100} make run"
                )


def loopback_host() -> str:
    """The name Airflow gives this machine in a local run, so that it looks for running tasks' logs at home."""
    return "127.0.0.1"


def free_port() -> int:
    """Any port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether this port of the loopback address can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    variable = f"FASHFED_PORT_{name.upper()}"
    text = environ.get(variable) or str(default)
    if not text.isdecimal() or int(text) > 65535:
        raise CannotStart(f"{variable} is {text!r}; a port is a number from 1 to 65535.")
    return int(text)
