"""The deployment files say the same as `make run` does, and what they need is written down."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.local.airflow_environment import SETTINGS
from include.local.airflow_history import STAMP
from include.local.config import PORTS
from include.local.supervisor import AIRFLOW_SERVICES, HISTORY, NEW_BRAND

PROJECT = Path(__file__).resolve().parents[2]
_REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")
_OPTIONAL_SECRETS = {"SMTP_PASSWORD", "SPLIT_PACKAGES_SECRET"}
_SECRETS = {"POSTGRES_PASSWORD", "OMNITRON_PASSWORD", "AIRFLOW_ADMIN_PASSWORD"} | {
    f"AIRFLOW_{key}" for key in ("FERNET_KEY", "SECRET_KEY", "JWT_SECRET")
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((PROJECT / "docker-compose.yaml").read_text()))


def _references(file: str) -> dict[str, tuple[str, str]]:
    found = _REFERENCE.finditer(re.sub(r"(?m)^\s*#.*$", "", (PROJECT / file).read_text()))
    return {match["name"]: (match["kind"] or "", match["text"] or "") for match in found}


def _example() -> dict[str, str]:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_compose_file_follows_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, "docker-compose.yaml"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_compose_and_make_run_set_airflow_up_alike(compose: dict[str, Any]) -> None:
    for name in AIRFLOW_SERVICES:
        environment = compose["services"][name]["environment"]
        in_compose = {key: _REFERENCE.sub(lambda match: match["text"], environment[key]) for key in SETTINGS}
        assert in_compose == SETTINGS


def test_compose_runs_the_airflow_processes_of_make_run(compose: dict[str, Any]) -> None:
    for name, command in AIRFLOW_SERVICES.items():
        in_compose = compose["services"][name]["command"]
        # Containers are alone on their network, so there they may serve their logs themselves.
        assert in_compose == [word for word in command if word != "--skip-serve-logs"]


def test_compose_keeps_the_history_within_bounds_as_make_run_does(compose: dict[str, Any]) -> None:
    history = compose["services"]["history"]
    assert history["command"] == ["python", "-m", *HISTORY]
    assert f"/{STAMP} " in history["healthcheck"]["test"][1]


def test_every_long_running_service_has_a_health_check_and_comes_back(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name not in ("airflow-init", "mail-sink"):
            assert "healthcheck" in service, name
        assert service["restart"] == ("no" if name == "airflow-init" else "unless-stopped"), name


def test_airflow_starts_only_on_migrated_databases(compose: dict[str, Any]) -> None:
    for name in (*AIRFLOW_SERVICES, "history", "worker"):
        needs = compose["services"][name]["depends_on"]
        assert needs["airflow-init"]["condition"] == "service_completed_successfully", name


def test_the_profiles_are_celery_and_sandbox(compose: dict[str, Any]) -> None:
    by_profile: dict[str, set[str]] = {}
    for name, service in compose["services"].items():
        for profile in service.get("profiles", [""]):
            by_profile.setdefault(profile, set()).add(name)
    assert by_profile.pop("") == {"postgres", "airflow-init", "history", *AIRFLOW_SERVICES}
    assert by_profile == {"celery": {"redis", "worker"}, "sandbox": {"sandbox", "mail-sink"}}


def test_the_sandbox_of_compose_begins_as_the_one_of_make_run_does(compose: dict[str, Any]) -> None:
    command = " ".join(compose["services"]["sandbox"]["command"])
    assert " ".join(NEW_BRAND) in command


def test_only_the_user_interface_is_published_and_by_default_on_loopback(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"api-server": ["${AIRFLOW_LISTEN:-127.0.0.1:8080}:8080"]}


def test_the_ports_inside_the_containers_are_the_usual_ones(compose: dict[str, Any]) -> None:
    text = (PROJECT / "docker-compose.yaml").read_text()
    assert f":{PORTS['airflow']}" in text
    assert f"http://sandbox:{PORTS['fashfed']}" in text
    assert f"127.0.0.1:{PORTS['omnitron']}/healthz" in text
    assert compose["services"]["api-server"]["environment"]["SMTP_PORT"] == f"${{SMTP_PORT:-{PORTS['smtp']}}}"


def test_no_secret_is_written_into_a_file_and_each_is_asked_for() -> None:
    references = _references("docker-compose.yaml")
    for name in _SECRETS:
        assert references[name][0] == "?", f"{name} must be required"
    assert not [name for name in _SECRETS | _OPTIONAL_SECRETS if _example()[name]]


def test_every_variable_is_explained_in_the_example_and_none_is_left_over() -> None:
    asked = _references("docker-compose.yaml")
    assert set(_example()) == set(asked) | {"COMPOSE_PROFILES"}


def test_what_airflow_settings_fills_in_reaches_the_containers(compose: dict[str, Any]) -> None:
    reaches = compose["services"]["airflow-init"]["environment"]
    assert set(_references("airflow_settings.yaml")) <= set(reaches)


def test_the_image_installs_the_lock_and_runs_as_an_ordinary_user() -> None:
    lines = (PROJECT / "Dockerfile").read_text()
    assert "--requirements requirements.lock" in lines
    assert lines.rstrip().endswith("USER fashfed")


def test_every_direct_dependency_is_locked() -> None:
    locked = {line.split("==")[0] for line in (PROJECT / "requirements.lock").read_text().splitlines() if "==" in line}
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (PROJECT / file).read_text().splitlines():
            name = re.split(r"[<>=\[# ]", line, maxsplit=1)[0].lower()
            assert not name or name in locked, f"{name} of {file} is not in requirements.lock: run `make lock`"
