"""Reading `airflow_settings.yaml`: the Astro form, the environment filled in, what has changed since the last load."""

import json
from pathlib import Path

import pytest

from include.local.airflow_settings import LoadedSettings, read_entries
from include.local.errors import CannotStart

PROJECT = Path(__file__).resolve().parents[3]
EXAMPLE = """
airflow:
  connections:
    - conn_id: omnitron_default
      conn_type: http
      conn_host: ${OMNITRON_URL:-http://127.0.0.1:8801}
      conn_password: ${OMNITRON_PASSWORD}
      conn_extra: {channel_id: "${CHANNEL:-137}", secure: "${SECURE:-false}", note: "${NOTE:-12 months}"}
    - conn_id:
      conn_type:
  pools:
    - {pool_name: fashfed_api, pool_slot: 4, pool_description: }
    - {pool_name: , pool_slot: }
  variables:
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "airflow_settings.yaml"
    path.write_text(EXAMPLE)
    return path


def test_blank_entries_of_the_astro_template_are_left_out(file: Path) -> None:
    assert [(entry.kind, entry.name) for entry in read_entries(file, {})] == [
        ("connections", "omnitron_default"),
        ("pools", "fashfed_api"),
    ]


def test_the_environment_is_filled_in_and_the_default_used_without_it(file: Path) -> None:
    given = read_entries(file, {"OMNITRON_URL": "https://brand.example", "OMNITRON_PASSWORD": "s3cret"})[0].fields
    assert (given["conn_host"], given["conn_password"]) == ("https://brand.example", "s3cret")
    absent = read_entries(file, {"OMNITRON_URL": ""})[0].fields
    assert (absent["conn_host"], absent["conn_password"]) == ("http://127.0.0.1:8801", "")


def test_truth_values_of_the_extra_keep_their_type_and_numbers_are_text_that_can_be_a_header(file: Path) -> None:
    assert read_entries(file, {})[0].fields["conn_extra"] == {"channel_id": "137", "secure": False, "note": "12 months"}


def test_a_password_of_digits_stays_text(file: Path) -> None:
    assert read_entries(file, {"OMNITRON_PASSWORD": "0123"})[0].fields["conn_password"] == "0123"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("airflow: [", "is not valid YAML"),
        ("connections: []", "needs a top-level key `airflow`"),
        ("", "needs a top-level key `airflow`"),
        ("airflow:\n  pools: [fashfed_api]", "entry 1 of pools"),
    ],
)
def test_a_file_of_another_form_is_refused_in_one_line(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(CannotStart, match=told) as refused:
        read_entries(file, {})
    assert "\n" not in str(refused.value)


def test_only_what_differs_from_the_last_load_is_loaded_again(file: Path, tmp_path: Path) -> None:
    loaded = LoadedSettings(tmp_path / "state" / "loaded.json")
    entries = read_entries(file, {})
    assert loaded.changed(entries) == entries
    loaded.remember(entries)
    assert loaded.changed(read_entries(file, {})) == []
    assert [entry.name for entry in loaded.changed(read_entries(file, {"CHANNEL": "9"}))] == ["omnitron_default"]


def test_what_is_remembered_shows_no_secret(file: Path, tmp_path: Path) -> None:
    loaded = LoadedSettings(tmp_path / "loaded.json")
    loaded.remember(read_entries(file, {"OMNITRON_PASSWORD": "s3cret"}))
    assert "s3cret" not in loaded.path.read_text()
    assert loaded.path.stat().st_mode & 0o077 == 0


def test_the_project_loads_its_connections() -> None:
    entries = {entry.name: entry.fields for entry in read_entries(PROJECT / "airflow_settings.yaml", {})}
    assert set(entries) == {"omnitron_default", "connector_db", "split_packages_default", "smtp_default"}
    assert entries["omnitron_default"]["conn_extra"] == {"channel_id": "137"}
    assert json.dumps(entries["smtp_default"]["conn_extra"]).count("true") == 2
