"""The error catalogue and the exceptions that speak through it."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from include import catalogue
from include.catalogue import CATALOGUE
from include.errors import RecordFailed, RecordParked


def test_a_message_is_built_from_the_catalogue_and_the_facts_of_the_case() -> None:
    error = RecordParked("product_unknown", sku="ELB-1-M")
    assert str(error) == "Product not found: remote_id=ELB-1-M"
    assert error.side == "mapping"
    assert "comes in by itself" in error.next_step


def test_a_code_that_the_catalogue_does_not_know_is_a_fault_at_once() -> None:
    with pytest.raises(KeyError):
        RecordFailed("no_such_code")


def test_a_missing_fact_never_hides_the_failure_it_belongs_to() -> None:
    assert str(RecordFailed("market_refused", sku="A")) == "Fashfed refused A: -"


def test_no_part_of_the_catalogue_replaces_an_entry_of_another() -> None:
    modules = [import_module(f"{catalogue.__name__}.{part.name}") for part in iter_modules(catalogue.__path__)]
    codes = [code for module in modules for words in vars(module).values() if isinstance(words, dict) for code in words]
    entries = [code for code in codes if code in CATALOGUE]
    assert len(entries) == len(set(entries)) == len(CATALOGUE)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_entry_says_cause_and_next_step_in_whole_sentences(code: str) -> None:
    found = CATALOGUE[code]
    assert found.cause.endswith(".")
    assert found.next_step.endswith(".")
