"""The steps of setting the channel up (spec sections 2 to 6, 9 and 10), each done or with what is missing and where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from include.dashboard.screens.readiness_place import Place
from include.flows.registry import FLOWS, Flow
from include.settings import ChannelSettings, Problem, ReadinessRow

State = Literal["done", "missing", "look", "unknown"]

MAPPING: Final = ("attribute_required", "mapping_failed", "value_not_allowed")
"""Why a product cannot be mapped: codes of the error catalogue."""
CATEGORIES: Final = ("category_missing", "category_several", "category_not_drawn", "category_not_leaf")
"""Why a product does not sit in exactly one category of the tree."""
_BASE: Final = ("base_url", "access_token")
_NOT_ASKED: Final = "Omnitron did not answer, so this is not known now."


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``text`` says what is there or missing, ``fix`` where to correct it; ``screen`` is a page of ours that
    helps."""

    title: str
    state: State
    text: str
    fix: str = ""
    screen: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a channel. ``settings`` is None when Omnitron could not be asked; ``trouble`` says why."""

    settings: ChannelSettings | None
    trouble: str
    next_step: str
    rows: Sequence[ReadinessRow]
    successes: Mapping[str, datetime]
    skus: Mapping[str, int]
    """SKUs by the code of what is wrong with them."""
    has_sent: bool
    paused: Sequence[Flow]
    place: Place


def steps(known: Known) -> list[Step]:
    """All steps in the order in which they are taken."""
    settings = known.settings
    return [
        _omnitron(known),
        _database(known.place),
        _flow_step("channel_setup", "Form of the sales channel", "the form and its defaults", known),
        *(_of_settings(known, settings) if settings else _not_known()),
        _flow_step("category_node", "Category tree", "Fashfed's categories", known),
        _flow_step(
            "category_attributes", "Category attributes", "the attributes of the categories and their values", known
        ),
        _flow_step("default_attributes", "Default attributes", "the fixed targets of the mapping", known),
        _mapping(known),
        _categories(known),
        *(_of_flags(known, settings) if settings else _flags_not_known()),
        _airflow(known.paused),
        _mails(known.place),
    ]


def _omnitron(known: Known) -> Step:
    title, conn = "Connection to Omnitron", known.place.omnitron
    if not known.settings:
        return Step(title, "missing", known.trouble, known.next_step)
    settings = known.settings
    return Step(title, "done", f"{conn.shown}; sales channel {settings.name} ({settings.channel_id})")


def _database(place: Place) -> Step:
    title = "State database"
    if place.version == place.needed_version:
        return Step(title, "done", f"Its tables are up to date (version {place.version}).")
    text = f"Its tables are of version {place.version}, this connector needs {place.needed_version}."
    state: State = "look" if place.version > place.needed_version else "missing"
    return Step(title, state, text, "python -m include.state.migrations <URI of the database>")


def _flow_step(name: str, title: str, what: str, known: Known) -> Step:
    """A step that is done by a flow."""
    flow, done_at = FLOWS[name], known.successes.get(name)
    if done_at:
        return Step(
            title, "done", f"{flow.display_name} has brought {what} into Omnitron, last at {known.place.at(done_at)}."
        )
    text = f"{flow.display_name} has not succeeded yet; it brings {what} into Omnitron."
    before = FLOWS[flow.after].display_name if flow.after else None
    fix = f"It starts by itself when {before} has succeeded, or start it on the Trigger screen." if before else ""
    return Step(title, "missing", text, fix or "Start it on the Trigger screen.", f"triggers/{name}")


def _of_settings(known: Known, settings: ChannelSettings) -> Iterator[Step]:
    where = f"Omnitron > Settings > Sales Channels > {settings.name}"
    if settings.catalog_id:
        yield Step("Catalog", "done", f"The channel has catalog {settings.catalog_id} of Omnitron.")
    else:
        yield Step("Catalog", "missing", "The sales channel has no catalog.", f"{where} > Catalog Name")
    yield _problems(
        "Base URL and Access Token",
        [problem for problem in settings.problems if problem.setting in _BASE],
        f"Fashfed at {settings.base_url}; the token is filled in.",
    )
    yield _problems(
        "Category Ids",
        [problem for problem in settings.problems if problem.setting == "category_ids"],
        f"{len(settings.category_ids)} main categories of Fashfed.",
    )
    if settings.is_active:
        yield Step("Status", "done", "The sales channel is active.")
    else:
        yield Step("Status", "missing", "The sales channel is inactive, so no flow runs.", f"{where} > Status")


def _not_known() -> Iterator[Step]:
    for title in ("Catalog", "Base URL and Access Token", "Category Ids", "Status"):
        yield Step(title, "unknown", _NOT_ASKED)


def _problems(title: str, problems: Sequence[Problem], done: str) -> Step:
    if not problems:
        return Step(title, "done", done)
    told = "; ".join(
        f"{each.key} {f'is {each.value}' if each.value else 'is empty'}, expected {each.expected}" for each in problems
    )
    return Step(title, "missing", told, " · ".join(dict.fromkeys(each.where for each in problems)))


def _mapping(known: Known) -> Step:
    title, number = "Mapping", sum(known.skus.get(code, 0) for code in MAPPING)
    fix = "Omnitron > Mapper: map the categories, attributes and values of Fashfed"
    if number:
        return Step(title, "look", f"{_skus(number)} not on sale because something is not mapped.", fix, "inbox")
    if known.has_sent:
        return Step(title, "done", "Products were mapped and sent; none is held up by its mapping now.")
    return Step(
        title, "unknown", "No product has been sent yet, so nobody can say whether the mapping is complete.", fix
    )


def _categories(known: Known) -> Step:
    title, number = "Products in the category tree", sum(known.skus.get(code, 0) for code in CATEGORIES)
    fix = "Omnitron > Category Management: put each product into exactly one category of Fashfed's tree"
    if number:
        text = f"{_skus(number)} not on sale because they are in no category, or in several."
        return Step(title, "look", text, fix, "inbox")
    if known.has_sent:
        return Step(title, "done", "No product is held up by its category now.")
    return Step(title, "unknown", "No product has been sent yet.", fix)


def _skus(number: int) -> str:
    return "1 SKU is" if number == 1 else f"{number:,} SKUs are"


def _of_flags(known: Known, settings: ChannelSettings) -> Iterator[Step]:
    where = f"Omnitron > Settings > Sales Channels > {settings.name} > Feature Flags"
    flags = known.rows[1:]
    on = [row for row in flags if row.state == "on"]
    absent = [row.flag or "" for row in flags if row.state == "missing"]
    unreadable = [row.flag or "" for row in flags if row.state == "unreadable"]
    if not on:
        yield Step(
            "Feature flags", "missing", "No flag is on: nothing is sent to Fashfed and nothing is read there.", where
        )
    elif absent or unreadable:
        told = [f"not in the form: {', '.join(absent)}"] if absent else []
        told += [f"not readable: {', '.join(unreadable)}"] if unreadable else []
        yield Step(
            "Feature flags", "look", f"{len(on)} of {len(flags)} are on; {'; '.join(told)} (count as off).", where
        )
    else:
        yield Step("Feature flags", "done", f"{len(on)} of {len(flags)} are on.")
    unready = [row.flag or "" for row in on if not row.ready]
    if unready:
        yield Step(
            "Settings of the flags",
            "missing",
            f"Settings are missing or wrong for: {', '.join(unready)}.",
            "See below, flag by flag.",
        )
    else:
        yield Step("Settings of the flags", "done", "Every flag that is on has the settings it needs.")


def _flags_not_known() -> Iterator[Step]:
    for title in ("Feature flags", "Settings of the flags"):
        yield Step(title, "unknown", _NOT_ASKED)


def _airflow(paused: Sequence[Flow]) -> Step:
    if not paused:
        return Step("Flows in Airflow", "done", "No flow is paused.")
    names = ", ".join(flow.display_name for flow in paused)
    return Step("Flows in Airflow", "look", f"Paused: {names}.", "Airflow > Dags: switch them on")


def _mails(place: Place) -> Step:
    title = "Mails to operators"
    if not place.mail.present:
        return Step(
            title,
            "missing",
            "There is no connection smtp_default, so no alarm can be mailed.",
            "Airflow > Admin > Connections",
        )
    if not place.operators:
        text = "Nobody is named who hears of trouble by mail; rules with addresses of their own still work."
        return Step(title, "look", text, "FASHFED_OPERATORS in the environment of the deployment")
    told = "1 address hears" if place.operators == 1 else f"{place.operators} addresses hear"
    return Step(title, "done", f"{told} of trouble, by {place.mail.shown}.")
