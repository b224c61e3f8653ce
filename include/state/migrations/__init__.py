"""Migrations of the state database: numbered files of plain SQL, applied by alembic.

A migration only adds, so that a version of the connector works on a database that is already newer; this lets
services be replaced one after the other.
"""

from pathlib import Path

import psycopg

from include.state.connection import conninfo, trouble_is_readable

_HERE = Path(__file__).parent
NEWEST = max(path.name[:4] for path in (_HERE / "versions").glob("[0-9]*.py"))
"""The version this code needs."""
_LOCK = 4_600_235_141
"""Key of the advisory lock that one upgrade holds against another (any number nobody else uses)."""


def is_current(uri: str) -> bool:
    """Whether the database has all we need; one query, cheap enough for every start. Raises ``RemoteUnavailable``."""
    with trouble_is_readable(), psycopg.connect(conninfo(uri, "fashfed-migrations")) as connection:
        return _version(connection) >= NEWEST


def upgrade(uri: str) -> None:
    """Bring the database to ``NEWEST`` in one transaction; does nothing when it is there. Of several callers one
    works and the others wait for it. Raises ``RemoteUnavailable``."""
    with trouble_is_readable(), psycopg.connect(conninfo(uri, "fashfed-migrations")) as connection:
        connection.execute("select set_config('statement_timeout', '15min', false)")
        # Held by the session: SQLAlchemy rolls back once when it makes itself known to a server.
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        connection.commit()
        if _version(connection) < NEWEST:
            _run_alembic(connection)


def _version(connection: psycopg.Connection) -> str:
    found = connection.execute("select to_regclass('alembic_version')").fetchone()
    if found is None or found[0] is None:
        return ""
    row = connection.execute("select version_num from alembic_version").fetchone()
    return str(row[0]) if row else ""


def _run_alembic(connection: psycopg.Connection) -> None:
    # Imported here: alembic and SQLAlchemy take half a second that a start without anything to migrate need not pay.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as wrapped:
        config = Config()
        config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
        config.attributes["connection"] = wrapped
        command.upgrade(config, "head")
        wrapped.commit()
