"""What the documents say has to be so."""

import re
from pathlib import Path

import pytest

from docs import error_guide
from include.flows.registry import FLOWS
from include.local.airflow_environment import SPLIT_SECRET
from include.local.config import PORTS

_PROJECT = Path(__file__).resolve().parents[2]
_README = (_PROJECT / "README.md").read_text(encoding="utf-8")
_PAGES = [*_PROJECT.glob("*.md"), *_PROJECT.glob("docs/*.md"), *_PROJECT.glob("include/*.md")]


def test_the_error_guide_is_current() -> None:
    assert error_guide.PAGE.read_text(encoding="utf-8") == error_guide.page(), "run `python -m docs.error_guide`"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


def test_the_readme_names_only_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (_PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^|roles )make ([a-z]+)", _README, re.MULTILINE)) <= targets
    modules = re.findall(r"python -m ([a-z_.]+[a-z])", _README)
    assert not [name for name in modules if not (_PROJECT / f"{name.replace('.', '/')}.py").exists()]


def test_the_examples_of_split_packages_use_what_make_run_sets() -> None:
    page = (_PROJECT / "docs" / "split_packages.md").read_text(encoding="utf-8")
    assert f"SECRET={SPLIT_SECRET}\n" in page
    assert f"AIRFLOW=http://127.0.0.1:{PORTS['airflow']}\n" in page
    assert f"OMNITRON=http://127.0.0.1:{PORTS['omnitron']}\n" in page


def test_the_readme_lists_the_flows_there_are() -> None:
    assert re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \| (?:to |both|–)", _README, re.MULTILINE) == [
        (flow.name, flow.display_name) for flow in FLOWS.values()
    ]


def test_the_readme_explains_the_variables_a_deployment_can_set() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (_PROJECT / "include").rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get\(|\[)\"(FASHFED_[A-Z_]+)\"", source))
    assert read
    assert read <= set(re.findall(r"`(FASHFED_[A-Z_]+)`", _README))
