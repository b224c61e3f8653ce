"""What the environment says about a local run, and the environment Airflow gets from it."""

from pathlib import Path
from typing import cast

import pytest

from include.local import airflow_environment as environment
from include.local.config import LocalConfig
from include.local.errors import CannotStart
from include.local.keys import keys, passwords
from include.local.postgres import EmbeddedPostgres


class _Postgres:
    def uri(self, database: str) -> str:
        return f"postgresql://fashfed:pw@127.0.0.1:5999/{database}"


def _airflow(config: LocalConfig, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(environment, "free_port", lambda: 8793)
    made = keys(config.home)
    return environment.airflow_environment(config, made, cast(EmbeddedPostgres, _Postgres()), environ)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FASHFED_HOME", str(tmp_path))
    return tmp_path


def test_each_port_has_a_default_and_a_variable(home: Path) -> None:
    assert LocalConfig.from_environment({}).ports == {"airflow": 8080, "omnitron": 8801, "fashfed": 8802, "smtp": 8025}
    assert LocalConfig.from_environment({"FASHFED_PORT_AIRFLOW": "9090"}).url("airflow") == "http://127.0.0.1:9090"


@pytest.mark.parametrize("text", ["http", "-1", "65536", "80.5"])
def test_a_port_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(CannotStart, match="FASHFED_PORT_SMTP is"):
        LocalConfig.from_environment({"FASHFED_PORT_SMTP": text})


def test_the_brand_of_the_sandbox_has_as_many_skus_as_asked_for() -> None:
    assert LocalConfig.from_environment({}).catalogue == 5000
    assert LocalConfig.from_environment({"FASHFED_CATALOGUE": "100000"}).catalogue == 100_000


@pytest.mark.parametrize("text", ["many", "0", "-5", "1e5"])
def test_a_catalogue_without_a_size_is_refused(text: str) -> None:
    with pytest.raises(CannotStart, match=f"FASHFED_CATALOGUE is '{text}'"):
        LocalConfig.from_environment({"FASHFED_CATALOGUE": text})


@pytest.mark.parametrize("variable", ["FASHFED_AUTH", "FASHFED_SANDBOX"])
def test_an_unknown_choice_is_refused_with_the_choices(variable: str) -> None:
    with pytest.raises(CannotStart, match=f"{variable} is 'maybe'; it can be"):
        LocalConfig.from_environment({variable: "maybe"})


def test_airflow_listens_on_loopback_only_and_everyone_is_admin(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _airflow(LocalConfig.from_environment({}), {}, monkeypatch)
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert made["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "True"


def test_with_roles_there_are_three_logins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = LocalConfig.from_environment({"FASHFED_AUTH": "roles"})
    made = _airflow(config, {}, monkeypatch)
    assert made["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert made["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "admin:admin,operator:op,viewer:viewer"
    assert set(passwords(config.airflow_home)) == {"admin", "operator", "viewer"}


def test_airflow_settings_can_be_tuned_from_outside_but_not_where_things_are(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "AIRFLOW__CORE__PARALLELISM": "12",
        "AIRFLOW_HOME": "/elsewhere",
        "AIRFLOW__API__HOST": "0.0.0.0",  # noqa: S104 - the point of the test
        "OMNITRON_URL": "https://brand.example",
        "SMTP_HOST": "",
    }
    made = _airflow(LocalConfig.from_environment({}), given, monkeypatch)
    assert made["AIRFLOW__CORE__PARALLELISM"] == "12"
    assert made["OMNITRON_URL"] == "https://brand.example"
    assert made["SMTP_HOST"] == "127.0.0.1"
    assert made["AIRFLOW_HOME"] == str(home / "airflow")
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_private_hosts_are_allowed_only_with_the_sandbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_sandbox = _airflow(LocalConfig.from_environment({}), {}, monkeypatch)
    without = _airflow(LocalConfig.from_environment({"FASHFED_SANDBOX": "0"}), {}, monkeypatch)
    assert with_sandbox["FASHFED_ALLOW_PRIVATE_HOSTS"] == "1"
    assert "FASHFED_ALLOW_PRIVATE_HOSTS" not in without


def test_the_known_secret_of_split_packages_is_only_for_the_sandbox(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sandbox = _airflow(LocalConfig.from_environment({}), {}, monkeypatch)
    own = _airflow(LocalConfig.from_environment({}), {"SPLIT_PACKAGES_SECRET": "own"}, monkeypatch)
    without = _airflow(LocalConfig.from_environment({"FASHFED_SANDBOX": "0"}), {}, monkeypatch)
    assert with_sandbox["SPLIT_PACKAGES_SECRET"] == environment.SPLIT_SECRET
    assert own["SPLIT_PACKAGES_SECRET"] == "own"
    assert "SPLIT_PACKAGES_SECRET" not in without


def test_keys_are_made_once_long_enough_and_for_the_owner_only(tmp_path: Path) -> None:
    made = keys(tmp_path)
    assert keys(tmp_path) == made
    assert len(made["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert len(made["AIRFLOW__API__SECRET_KEY"]) >= 64
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    assert keys(tmp_path / "other") != made
