"""Who may import whom (design.md section 2)."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parents[2]
_INCLUDE = _PROJECT / "include"
_DAG_FILES = sorted((_PROJECT / "dags").rglob("*.py"))
_FOR_DAG_FILES = {"airflow.sdk", "include.dag_defaults", "include.flows.registry"}
_TIE_LAYERS_TOGETHER = {"command_connections", "command_line", "dag_defaults", "run", "task_run"}
"""Entry points: whatever they need of any layer, they may import."""


def test_the_import_rules_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([linter, "--no-cache"], cwd=_PROJECT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout


def test_every_part_of_include_is_under_a_rule() -> None:
    rules = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    ruled = {module.split(".")[1] for rule in rules for module in rule["source_modules"]}
    parts = {path.stem for path in _INCLUDE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - ruled - _TIE_LAYERS_TOGETHER == {"__init__"}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


@pytest.mark.parametrize("path", _DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_file_declares_and_nothing_else(path: Path) -> None:
    text = path.read_text()
    assert set(_imports(ast.parse(text))) <= _FOR_DAG_FILES
    assert "from airflow.sdk import" in text, "without the word airflow the dag-processor skips the file silently"
    assert len(text.splitlines()) <= 40


def test_only_one_file_registers_plugins() -> None:
    assert {path.name for path in (_PROJECT / "plugins").rglob("*.py")} <= {"fashfed.py"}


@pytest.mark.parametrize("layer", ["domain", "mapping", "flows", "clients", "settings"])
def test_nothing_below_the_entry_points_reads_the_environment_or_the_wall_clock(layer: str) -> None:
    forbidden = {"os.environ", "os.getenv", "datetime.now", "datetime.utcnow", "time.time", "time.monotonic"}
    for path in (_INCLUDE / layer).rglob("*.py"):
        attributes = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute))
        assert not {ast.unparse(node) for node in attributes} & forbidden, path


def test_work_side_by_side_is_begun_where_its_end_is_seen_to() -> None:
    """A bare ``asyncio.gather`` leaves works behind when one fails."""
    begins = ("asyncio.create_task", "asyncio.ensure_future", "asyncio.gather", "asyncio.TaskGroup")
    files = {
        str(path.relative_to(_INCLUDE))
        for path in _INCLUDE.rglob("*.py")
        if any(begin in path.read_text() for begin in begins)
    }
    assert files == {"together.py", "stopping.py", "flows/once.py", "flows/push.py", "sandbox/__main__.py"}
