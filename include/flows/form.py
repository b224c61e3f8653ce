"""What a person may fill in when a flow is started: the trigger form of Airflow and that of the Trigger screen.

Like the registry it imports nothing but the standard library: DAG files read it when they are parsed.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from include.flows.registry import Flow

Kind = Literal["moment", "skus", "csv", "yes_no"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``name`` is its key among a run's params; left empty or unticked it changes nothing."""

    name: str
    kind: Kind
    title: str
    description: str


_CSV = "Instead of SKUs: the content of a CSV file, sku in its first line and one SKU in each below."
_DRY_RUN = "Only work out and keep what would be sent; nothing is changed in Omnitron or at Fashfed."
_HELD = "Send also the changes that the brake of the channel's settings holds back now."


def fields(flow: Flow) -> tuple[Field, ...]:
    """The fields of a flow's form, in the order they are shown."""
    found: list[Field] = []
    if flow.look_back is not None:
        back = f"{flow.look_back / timedelta(hours=1):g} hours behind the end"
        since = f"Read what changed at Fashfed since this time. Empty: {back}."
        until = "Read what changed at Fashfed up to this time. Empty: now."
        found += [Field("window_start", "moment", "From", since), Field("window_end", "moment", "To", until)]
    if "skus" in flow.takes:
        found += [Field("skus", "skus", "SKUs", "Only these SKUs, one a line."), Field("csv", "csv", "CSV", _CSV)]
    if "send" in flow.steps:
        found.append(Field("dry_run", "yes_no", "Dry run", _DRY_RUN))
    if "let_pass" in flow.takes:
        found.append(Field("let_pass", "yes_no", "Let Held Changes Pass", _HELD))
    return tuple(found)
