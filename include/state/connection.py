"""How the state database is reached, and what is said when it cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from include.errors import ConfigurationError
from include.state import rules

# A dead network is noticed within a minute at both ends (the server's end holds the locks), a query never runs away,
# and a worker that froze in a transaction lets go.
_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "50000",
    "options": "-c TimeZone=UTC -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
    " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
}


def conninfo(uri: str, name: str) -> str:
    """The address with our time-outs, which the address itself may override; ``name`` shows in pg_stat_activity.

    Raises ``ConfigurationError`` for an address that is none, without repeating it: it may hold a password.
    """
    try:
        given = conninfo_to_dict(uri)
    except psycopg.ProgrammingError:
        problem = "its address is not one of PostgreSQL"
        raise ConfigurationError(
            "connection_missing", where="connector_db", detail=problem, variable="CONNECTOR_DB"
        ) from None
    return make_conninfo("", **{**_DEFAULTS, "application_name": name, **given})


@contextmanager
def trouble_is_readable() -> Iterator[None]:
    """Turns what psycopg says of a database that is away, stopping, full or too slow into one line to retry on."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise ConfigurationError("state_outdated") from error
    except psycopg.OperationalError as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise rules.unusable(lines[0]) from error
