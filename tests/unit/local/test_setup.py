"""`make setup`: when it does nothing, and the one line it says when it cannot work."""

import collections
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from include.local import setup


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with a lock, where no installer may be called."""
    (tmp_path / "requirements.lock").write_text("uv==0.13.9\nruff==0.1\n")
    monkeypatch.setattr(setup, "PROJECT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(setup, "STAMP", tmp_path / ".venv" / "made-from")
    monkeypatch.setattr(setup, "_index_answers", lambda: True)
    return tmp_path


class _Programs:
    """Stands in for every program that would be run; ``fails`` decides which one ends with an error."""

    def __init__(self, project: Path, fails: str = "") -> None:
        self.commands: list[str] = []
        self._project = project
        self._fails = fails

    def run(self, command: list[str], **_options: object) -> "subprocess.CompletedProcess[str]":
        line = " ".join(command)
        self.commands.append(line)
        if "-m venv" in line:
            python = self._project / ".venv" / "bin" / "python"
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        failed = bool(self._fails) and self._fails in line
        return subprocess.CompletedProcess(command, int(failed), "", "details" if failed else "")


def _programs(monkeypatch: pytest.MonkeyPatch, project: Path, fails: str = "", uv: str | None = "/bin/uv") -> _Programs:
    programs = _Programs(project, fails)
    monkeypatch.setattr(subprocess, "run", programs.run)
    monkeypatch.setattr(shutil, "which", lambda _name: uv)
    return programs


def test_an_environment_that_matches_is_left_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _programs(monkeypatch, project)
    assert setup.main() == 0
    again = _programs(monkeypatch, project)
    capsys.readouterr()
    assert setup.main() == 0
    assert again.commands == []
    assert capsys.readouterr().out == ""


def test_a_new_lock_is_brought_in_line_without_making_the_environment_anew(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _programs(monkeypatch, project)
    setup.main()
    (project / "requirements.lock").write_text("uv==0.13.9\nruff==0.2\n")
    again = _programs(monkeypatch, project)
    assert setup.main() == 0
    assert not any("-m venv" in command for command in again.commands)
    assert any("pip sync" in command for command in again.commands)


def test_a_half_made_environment_is_made_anew(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(monkeypatch, project, fails="pip sync")
    assert setup.main() == 1
    again = _programs(monkeypatch, project)
    assert setup.main() == 0
    assert "-m venv --clear" in again.commands[0]


def test_an_environment_that_another_folder_lends_is_not_emptied(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lent = tmp_path / "lent"
    lent.mkdir()
    (project / ".venv").symlink_to(lent)
    programs = _programs(monkeypatch, project)
    assert setup.main() == 1
    assert programs.commands == []
    assert str(lent) in _said(capsys)


def test_without_an_installer_the_locked_one_is_fetched_into_the_environment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = _programs(monkeypatch, project, uv=None)
    assert setup.main() == 0
    python = str(project / ".venv" / "bin" / "python")
    fetched = next(command for command in programs.commands if "pip install" in command)
    assert fetched.startswith(python)
    assert fetched.endswith("uv==0.13.9")


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("version", [(3, 10, 1), (3, 14, 0)])
def test_an_unsupported_python_is_one_clear_line(
    version: tuple[int, ...],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert setup.main() == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in _said(capsys)


def test_a_full_disk_is_one_clear_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = collections.namedtuple("room", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: room(10**10, 10**10, 10**8))
    assert setup.main() == 1
    assert "the disk is full: 2.5 GB are needed" in _said(capsys)


def test_a_missing_network_is_one_clear_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _programs(monkeypatch, project, fails="pip sync")
    monkeypatch.setattr(setup, "_index_answers", lambda: False)
    assert setup.main() == 1
    assert "no connection to the package index" in _said(capsys)


def test_a_python_without_venv_is_one_clear_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda _name: None)
    assert setup.main() == 1
    assert "lacks the module venv: install python3." in _said(capsys)
