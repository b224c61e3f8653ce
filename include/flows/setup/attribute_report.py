"""What operators read about the attributes of a category: lines of the task log, and findings."""

from collections.abc import Mapping

from include.errors import RecordFailed
from include.flows.context import FlowContext
from include.flows.setup.attribute_book import ATTRIBUTE, VALUE
from include.flows.setup.attribute_sets import Category, Written
from include.mapping.attributes import Change
from include.state.store import Finding

_WORDS = {"is_required": "required", "is_variant": "variant", "is_custom": "free text"}


def key_of(category: Category, attribute: str) -> str:
    """How a finding names an attribute of a category."""
    return f"{category.remote_id}/{attribute}"


def findings(category: Category, written: Written) -> list[Finding]:
    """What was written: a row for each attribute that is new or behaves otherwise, and for each value that was added
    to an attribute the set had before."""
    refused = {attribute.key for attribute, _ in written.refused}
    return [row for one in written.changes if one.attribute.key not in refused for row in _rows(category, one)]


def _rows(category: Category, one: Change) -> list[Finding]:
    attribute = one.attribute
    key, text = key_of(category, attribute.key), f"{category.label}: {attribute.name}"
    if one.is_new:
        return [Finding(ATTRIBUTE, key, "added", _flags(attribute.flags), text=text)]
    rows = [Finding(ATTRIBUTE, key, "changed", _flags(one.flags), text=text)] if one.flags else []
    return rows + [Finding(VALUE, key, "added", value, text=text) for value in one.added]


def kept(kind: str, key: str, value: str, error: RecordFailed) -> Finding:
    """A difference that is left to a person, with what he can do about it."""
    return Finding(kind, key, "kept", value, error.code, error.message)


def _flags(flags: Mapping[str, str | bool]) -> str:
    said = {_WORDS[name]: "yes" if value else "no" for name, value in flags.items() if name in _WORDS}
    return ", ".join(f"{name}: {value}" for name, value in said.items())


def say(ctx: FlowContext, category: Category, written: Written) -> None:
    """One line for a category in which something was written."""
    new = sum(one.is_new for one in written.changes)
    changed = sum(bool(one.flags) for one in written.changes)
    values = sum(len(one.attribute.values if one.is_new else one.added) for one in written.changes)
    if new or changed or values:
        ctx.log.info("%s: %d attributes new, %d changed, %d values added", category.label, new, changed, values)
    gone = sum(len(one.surplus) for one in written.changes)
    if gone:
        ctx.log.info("%s: %d values are gone at Fashfed; Compare Attributes takes them away", category.label, gone)
