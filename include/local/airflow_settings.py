"""Loads ``airflow_settings.yaml`` (the Astro form) into Airflow's database: connections, pools, variables.

An entry is written when it is new or when its text in the file, with the environment filled in, has changed since it
was last loaded. What somebody edited in the Airflow UI meanwhile is left alone.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from include.local.errors import CannotStart

_REFERENCE: Final = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_KEY: Final = {"connections": "conn_id", "pools": "pool_name", "variables": "variable_name"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One connection, pool or variable. ``kind`` is the name of its list in the file."""

    kind: str
    name: str
    fields: Mapping[str, Any]

    @property
    def digest(self) -> str:
        text = json.dumps(self.fields, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def read_entries(path: Path, environ: Mapping[str, str] = os.environ) -> list[Entry]:
    """The entries of the file with ``${NAME:-default}`` filled in, without the nameless ones of the Astro template.

    Raises ``CannotStart`` naming the entry when the file does not have the expected form.
    """
    try:
        document = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise CannotStart(f"{path.name} is not valid YAML: {' '.join(str(error).split())}") from error
    lists = document.get("airflow") if isinstance(document, dict) else None
    if not isinstance(lists, dict):
        raise CannotStart(f"{path.name} needs a top-level key `airflow` with connections, pools and variables.")
    return list(_entries(path, lists, environ))


def _entries(path: Path, lists: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[Entry]:
    for kind, key in _KEY.items():
        for position, raw in enumerate(lists.get(kind) or [], start=1):
            if not isinstance(raw, dict):
                raise CannotStart(f"{path.name}: entry {position} of {kind} is not a list of `key: value` lines.")
            fields = {name: _filled(value, environ) for name, value in raw.items()}
            if fields.get(key):
                yield Entry(kind, str(fields[key]), fields)


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _typed(_filled(inner, environ)) for key, inner in value.items()}
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: environ.get(match["name"]) or match["default"] or "", value)
    return value


def _typed(value: Any) -> Any:
    """Inside ``conn_extra`` a filled-in truth value is one. Numbers stay text: Airflow's own test of an HTTP connection
    sends them as headers, and refuses anything else."""
    return value == "true" if value in ("true", "false") else value


class LoadedSettings:
    """Remembers, in a file of the state folder, what was loaded last."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def changed(self, entries: list[Entry]) -> list[Entry]:
        """The entries that are new or differ from what was loaded last."""
        held = json.loads(self.path.read_text()) if self.path.exists() else {}
        return [entry for entry in entries if held.get(f"{entry.kind}/{entry.name}") != entry.digest]

    def remember(self, entries: list[Entry]) -> None:
        """These are in Airflow's database now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        self.path.write_text(json.dumps({f"{entry.kind}/{entry.name}": entry.digest for entry in entries}, indent=2))


def load(entries: list[Entry], loaded: LoadedSettings) -> int:
    """Write what changed, and what Airflow's database lacks; returns how many. Needs Airflow's environment."""
    from airflow.utils.session import create_session

    changed = {(entry.kind, entry.name) for entry in loaded.changed(entries)}
    written = 0
    with create_session() as session:
        for entry in entries:
            written += _WRITERS[entry.kind](entry, (entry.kind, entry.name) in changed, session)
    loaded.remember(entries)
    return written


def _write_connection(entry: Entry, replace: bool, session: Any) -> bool:
    from airflow.models import Connection
    from sqlalchemy import select

    held = session.scalar(select(Connection).where(Connection.conn_id == entry.name))
    if held is not None:
        if not replace:
            return False
        session.delete(held)
        session.flush()
    value = entry.fields.get
    extra = value("conn_extra") or None
    connection = Connection(
        conn_id=entry.name,
        conn_type=value("conn_type"),
        host=value("conn_host") or None,
        schema=value("conn_schema") or None,
        login=value("conn_login") or None,
        password=str(value("conn_password") or "") or None,
        port=int(value("conn_port") or 0) or None,
        extra=json.dumps(extra) if isinstance(extra, dict) else extra,
        description=value("conn_description") or None,
    )
    session.add(connection)
    return True


def _write_pool(entry: Entry, replace: bool, session: Any) -> bool:
    from airflow.models import Pool

    if not replace and Pool.get_pool(entry.name, session=session) is not None:
        return False
    description = str(entry.fields.get("pool_description") or "")
    slots = int(entry.fields.get("pool_slot") or 1)
    Pool.create_or_update_pool(entry.name, slots, description, include_deferred=False, session=session)
    return True


def _write_variable(entry: Entry, replace: bool, session: Any) -> bool:
    from airflow.models import Variable
    from sqlalchemy import select

    if not replace and session.scalar(select(Variable).where(Variable.key == entry.name)) is not None:
        return False
    value = entry.fields.get("variable_value")
    Variable.set(
        entry.name, "" if value is None else value, serialize_json=isinstance(value, dict | list), session=session
    )
    return True


_WRITERS: Final[dict[str, Callable[[Entry, bool, Any], bool]]] = {
    "connections": _write_connection,
    "pools": _write_pool,
    "variables": _write_variable,
}
