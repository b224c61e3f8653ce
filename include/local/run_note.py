"""The note of the run that a state folder belongs to. Its writer holds a lock on it, which ends with the process."""

import fcntl
import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from include.local.errors import CannotStart


def claim(home: Path, airflow_url: str, since: datetime) -> IO[str]:
    """Make this process the one run of the folder, until the file given back is closed. Raises ``CannotStart``."""
    home.mkdir(parents=True, exist_ok=True)
    note = _file(home).open("a+")
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note.close()
        url = (running(home) or {}).get("airflow", "see `make status`")
        raise CannotStart(f"It is running already: {url} (state folder {home}).") from None
    note.truncate(0)
    note.write(json.dumps({"pid": os.getpid(), "since": since.isoformat(timespec="seconds"), "airflow": airflow_url}))
    note.flush()
    return note


def running(home: Path) -> dict[str, Any] | None:
    """What the run of this folder noted about itself (pid, since, airflow), or None when there is none."""
    with suppress(FileNotFoundError), _file(home).open() as note:
        try:
            fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return dict(json.loads(note.read() or "{}"))
    return None


def _file(home: Path) -> Path:
    return home / "run.json"
