"""A connection as the connector sees it, whether Airflow or the environment holds it (design.md section 4)."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from include.errors import ConfigurationError

# What of a Postgres connection's extra is meant for the server; Airflow keeps options of its own beside it.
_LIBPQ = {"sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "channel_binding", "target_session_attrs"}


@dataclass(frozen=True, slots=True)
class Connection:
    """The fields of an Airflow connection, with its ``extra`` parsed."""

    id: str
    conn_type: str = ""
    host: str = ""
    port: int | None = None
    schema: str = ""
    login: str = ""
    password: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def incomplete(self, detail: str) -> ConfigurationError:
        """The error that says what this connection lacks."""
        return connection_missing(self.id, detail)

    @property
    def base_url(self) -> str:
        """Address of an HTTP remote, put together the way Airflow's ``HttpHook`` does.

        The host may bear the scheme, else the schema field is the scheme. A connection written as ``https://...``
        stays https, where Airflow would fall back to http. Raises ``ConfigurationError`` (connection_missing).
        """
        if not self.host:
            raise self.incomplete("it has no host")
        scheme = self.schema or ("https" if self.conn_type == "https" else "http")
        base = (self.host if "://" in self.host else f"{scheme}://{self.host}").rstrip("/")
        return f"{base}:{self.port}" if self.port else base

    @property
    def postgres_uri(self) -> str:
        """Address of a Postgres database. Raises ``ConfigurationError`` (connection_missing)."""
        if not self.schema:
            raise self.incomplete("it names no database")
        socket_folder = self.host.startswith("/")
        query = {name: str(value) for name, value in self.extra.items() if name in _LIBPQ}
        if socket_folder:
            query["host"] = self.host
        user = quote(self.login, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        where = "" if socket_folder else self.host + (f":{self.port}" if self.port else "")
        return f"postgresql://{user + '@' if user else ''}{where}/{quote(self.schema, safe='')}" + (
            f"?{urlencode(query)}" if query else ""
        )

    def extra_id(self, name: str) -> int:
        """A whole number out of ``extra``. Raises ``ConfigurationError`` (connection_missing)."""
        try:
            return int(self.extra[name])
        except (KeyError, TypeError, ValueError):
            raise self.incomplete(f'its extra needs {{"{name}": <number>}}') from None

    def extra_number(self, name: str, default: float) -> float:
        """A positive number out of ``extra``, or the default. Raises ``ConfigurationError`` (connection_missing)."""
        try:
            number = float(self.extra.get(name, default))
        except (TypeError, ValueError):
            number = 0.0
        if not 0 < number < float("inf"):
            raise self.incomplete(f"{name} in its extra must be a number above 0")
        return number


def connection_missing(conn_id: str, detail: str) -> ConfigurationError:
    """The error for a connection that is absent or cannot be used."""
    return ConfigurationError("connection_missing", where=conn_id, detail=detail, variable=conn_id.upper())


def from_environment(conn_id: str) -> Connection | None:
    """The connection in ``AIRFLOW_CONN_<ID>`` (JSON or URI form), or None. Raises ``ConfigurationError``."""
    text = os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}", "").strip()
    if not text:
        return None
    try:
        return _from_json(conn_id, text) if text.startswith("{") else _from_uri(conn_id, text)
    except ValueError:  # its text may hold the password, so it is not shown
        raise connection_missing(conn_id, f"AIRFLOW_CONN_{conn_id.upper()} is neither JSON nor a URI") from None


def _from_json(conn_id: str, text: str) -> Connection:
    fields = json.loads(text)
    return Connection(
        conn_id,
        str(fields.get("conn_type") or ""),
        str(fields.get("host") or ""),
        int(fields["port"]) if fields.get("port") else None,
        str(fields.get("schema") or ""),
        str(fields.get("login") or ""),
        str(fields.get("password") or ""),
        parse_extra(conn_id, fields.get("extra")),
    )


def _from_uri(conn_id: str, text: str) -> Connection:
    """``conn_type://login:password@host:port/schema?name=value``, or the host with a scheme of its own.

    Such a host is either percent-encoded (``http://https%3A%2F%2Fhost``) or stands behind the type
    (``http://https://login:password@host``).
    """
    conn_type, separator, rest = text.partition("://")
    if not separator:
        raise ValueError("no scheme")
    protocol, nested, behind = rest.partition("://")
    parts = urlsplit(f"//{behind if nested else rest}")
    host = unquote(parts.hostname or "")
    if "/" in host:  # urlsplit lowers the case of the whole name, which a path must keep
        host = unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Connection(
        conn_id,
        conn_type,
        f"{protocol}://{host}" if nested and host else host,
        parts.port,
        unquote(parts.path[1:]),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        parse_extra(conn_id, query.get("__extra__", query)),
    )


def parse_extra(conn_id: str, extra: object) -> Mapping[str, Any]:
    """The extra of a connection as a mapping; it may be JSON text. Raises ``ConfigurationError``."""
    if isinstance(extra, str) and extra.strip():
        try:
            extra = json.loads(extra)
        except ValueError:
            raise connection_missing(conn_id, "its extra is not JSON") from None
    if not extra:
        return {}
    if not isinstance(extra, Mapping):
        raise connection_missing(conn_id, "its extra is not a JSON object")
    return extra
