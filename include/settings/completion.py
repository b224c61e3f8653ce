"""What a sales channel lacks before people can fill it in: rows of its form, and defaults (spec section 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from include.settings.failed_integration import spec_defaults
from include.settings.problem import Spot
from include.settings.schema import ALIASES, FIELDS, REQUIRED
from include.settings.values import empty, entries, plain


@dataclass(frozen=True, slots=True)
class Completion:
    """The channel's form and settings as they should be, and the names of what differs from what is there."""

    form: dict[str, Any]
    conf: dict[str, Any]
    added: tuple[str, ...]
    """Rows that the form did not have."""
    restored: tuple[str, ...]
    """Rows of ours that somebody changed."""
    filled: tuple[str, ...]
    """Settings that got a default, or the entries of them that did (``feature_flags.stock``)."""


def completed(form: Mapping[str, Any], conf: Mapping[str, Any]) -> Completion:
    """Complete a channel. Whatever a person set stays as it is, also when it is wrong; either case of a key counts."""
    rows, values = dict(form), dict(conf)
    added, restored, filled = [], [], []
    for field in FIELDS:
        key = _spelling(field.key, form, conf)
        ours = {"key": key, "label": field.label, "required": field.required, "data_type": field.data_type}
        there = form.get(key)
        rows[key] = {**there, **ours} if isinstance(there, Mapping) else ours
        if key not in form:
            added.append(key)
        elif rows[key] != there:
            restored.append(key)
    for name, default in _defaults().items():
        told = [key for key, value in conf.items() if _same(key, name) and not empty(value)]
        if told and name in _ENTRIES:
            values[told[0]], lacked = _with_entries(conf[told[0]], _ENTRIES[name])
            filled += [f"{name}.{entry}" for entry in lacked]
        elif not told and conf.get(key := _spelling(name, form, conf)) != default:
            values[key] = default
            filled.append(name)
    return Completion(rows, values, tuple(added), tuple(restored), tuple(filled))


_ENTRIES: dict[str, dict[str, Any]] = {
    "feature_flags": dict.fromkeys(REQUIRED, False),
    "cargo_company_mapping": {"default": ""},
}
"""Settings that must name certain entries, with what these are at first."""


def _defaults() -> dict[str, Any]:
    return {
        "category_ids": [],
        "FAILED_INTEGRATION": spec_defaults(),
        "ATTRIBUTE_SET_STRATEGY": "CategoryNode",
        **{name: dict(wanted) for name, wanted in _ENTRIES.items()},
    }


def _with_entries(raw: object, wanted: Mapping[str, Any]) -> tuple[object, list[str]]:
    """The setting with the entries it lacks, and their names. What cannot be read is left to its owner."""
    found = entries(raw, Spot("", ""), "")
    if found is None:
        return raw, []
    told = {key.lower() for key in found}
    lacking = {key: value for key, value in wanted.items() if not told & {key, ALIASES.get(key, key)}}
    return ({**found, **lacking}, list(lacking)) if lacking else (raw, [])


def _spelling(key: str, *places: Iterable[str]) -> str:
    """The key as it is spelled where it is already, else as it should be."""
    for place in places:
        if key in place:
            return key
        for other in place:
            if _same(other, key):
                return other
    return key


def _same(one: str, other: str) -> bool:
    return plain(one).lower() == other.lower()
