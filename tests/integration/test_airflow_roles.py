"""Airflow's word on who may do what on the screens, under each of its auth managers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from include.local.config import PROJECT

_SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
_FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
_NO_DATABASE = 503
"""What somebody who gets in is answered here."""


def _statuses(home: Path, manager: str, **more: str) -> dict[str, tuple[int, ...]]:
    """By role: a page, then a write that needs to read, to operate and to administer, then one from another site."""
    environment = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__AUTH_MANAGER": manager,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of this test and of nobody else, long enough for HS512 to accept",
        "PYTHONPATH": str(PROJECT),
        "PYTHONWARNINGS": "ignore",
        **more,
    }
    command = [sys.executable, "-m", "tests.airflow_roles"]
    ended = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return {who: tuple(found.values()) for who, found in json.loads(ended.stdout.splitlines()[-1]).items()}


@pytest.mark.parametrize("manager", [_SIMPLE, _FAB])
def test_viewers_look_operators_act_and_administrators_change_rules(tmp_path: Path, manager: str) -> None:
    assert _statuses(tmp_path, manager) == {
        "nobody": (401, 401, 401, 401, 401),
        "forged": (401, 401, 401, 401, 401),
        "Viewer": (_NO_DATABASE, 200, 403, 403, 403),
        "User": (_NO_DATABASE, 200, 403, 403, 403),
        "Op": (_NO_DATABASE, 200, 200, 403, 403),
        "Admin": (_NO_DATABASE, 200, 200, 200, 403),
    }


def test_where_everybody_is_an_administrator_nobody_logs_in_and_other_sites_are_refused(tmp_path: Path) -> None:
    found = _statuses(tmp_path, _SIMPLE, AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="True")
    assert found["nobody"] == (_NO_DATABASE, 200, 200, 200, 403)
