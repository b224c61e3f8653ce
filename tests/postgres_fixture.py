"""Fixtures with a real PostgreSQL: one server for the session, one database of its own for each test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from include.local.postgres import EmbeddedPostgres
from include.state import migrations

_TEMPLATE = "migrated"
_number = count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running server."""
    server = EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres")))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database, to be copied."""
    postgres.create_database(_TEMPLATE)
    migrations.upgrade(postgres.uri(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def empty_uri(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a database without tables."""
    yield from _database(postgres, "template1")


@pytest.fixture
def state_uri(postgres: EmbeddedPostgres, migrated: str) -> Iterator[str]:
    """The address of a migrated state database that holds nothing."""
    yield from _database(postgres, migrated)


def _database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"test_{next(_number)}"
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        copy = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        connection.execute(copy)
        yield postgres.uri(name)
        drop_database(connection, name)


def drop_database(connection: psycopg.Connection, name: str) -> None:
    """Drop a database that may still be in use.

    Not ``with (force)``: that ends every session itself, and a role that is no superuser may not end an autovacuum
    worker. A plain drop asks such a worker to leave.
    """
    database = sql.Identifier(name)
    connection.execute(sql.SQL("alter database {} allow_connections false").format(database))
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and usename = current_user", (name,)
    )
    connection.execute(sql.SQL("drop database {}").format(database))
