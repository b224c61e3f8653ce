"""Secrets of a local installation: made once, kept in the state folder for its owner only."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Final

USERS: Final = {"admin": "admin", "operator": "op", "viewer": "viewer"}
"""Logins of ``FASHFED_AUTH=roles`` and the Airflow role of each."""


def keys(home: Path) -> dict[str, str]:
    """The Airflow settings that are secrets: token signing, sessions, encryption of stored connections."""
    return _kept(
        home / "keys.json",
        {
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(64),
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        },
    )


def passwords(airflow_home: Path) -> dict[str, str]:
    """Password of each user of ``USERS``, in the file where Airflow's simple auth manager looks for them."""
    return _kept(passwords_file(airflow_home), {user: secrets.token_urlsafe(12) for user in USERS})


def passwords_file(airflow_home: Path) -> Path:
    """Where ``passwords`` are kept."""
    return airflow_home / "passwords.json"


def _kept(path: Path, fresh: dict[str, str]) -> dict[str, str]:
    """What the file holds; what it lacks is added from ``fresh`` and written first."""
    held: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    merged = {**fresh, **held}
    if merged != held:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(merged, file, indent=2)
        unfinished.replace(path)
    return merged
