"""Brings Airflow's database up to date: its schema and ``airflow_settings.yaml``, in one process.

Runs as ``python -m include.local.prepare`` in Airflow's environment, locally and in the ``airflow-init`` container.
Importing Airflow takes seconds, so a local run asks ``is_done`` first and mostly skips it.
"""

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from include.deployment import state_folder
from include.local.airflow_settings import LoadedSettings, load, read_entries
from include.local.config import PROJECT
from include.local.errors import CannotStart

_SETTINGS_FILE = PROJECT / "airflow_settings.yaml"


def is_done(home: Path, environ: Mapping[str, str]) -> bool:
    """Whether the last run left nothing to do: same locked packages, same settings with this environment filled in."""
    stamp = _stamp(home)
    known = stamp.exists() and stamp.read_text() == _lock_digest()
    return known and not _loaded(home).changed(read_entries(_SETTINGS_FILE, environ))


def main() -> int:
    """Migrate and load; prints what was done."""
    from airflow.utils.db import initdb

    home = state_folder()
    try:
        entries = read_entries(_SETTINGS_FILE, os.environ)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    initdb()  # makes an empty database, upgrades an older one, leaves a current one
    written = load(entries, _loaded(home))
    _stamp(home).write_text(_lock_digest())
    print(f"Airflow's database is current; {written} of {len(entries)} settings written")
    return 0


def _loaded(home: Path) -> LoadedSettings:
    return LoadedSettings(home / "settings-loaded.json")


def _stamp(home: Path) -> Path:
    return home / "airflow-migrated"


def _lock_digest() -> str:
    return hashlib.sha256((PROJECT / "requirements.lock").read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
