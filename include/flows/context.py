"""What a flow is given: its collaborators, its settings and its limits. Nothing else is read by a flow."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from include.alarms.outbox import Outbox
from include.clients.fashfed.client import FashfedClient
from include.clients.omnitron.client import OmnitronClient
from include.clock import Clock
from include.domain.run import RunReport, Window
from include.domain.sku_list import SkuList
from include.settings import ChannelSettings
from include.state.store import Store


@dataclass(frozen=True, slots=True)
class Tuning:
    """Sizes of a deployment that no business rule fixes (design.md section 13: batches of 50)."""

    feed_page: int = 100
    """Rows asked from a feed at once."""
    pass_over: int = 20
    """Pages of a feed that a run passes over in search of something for it."""
    batch_objects: int = 500
    """Records one batch request of the hub holds at most."""
    market_items: int = 50
    """Items of one market call."""
    concurrency: int = 8
    """Calls to one remote at a time."""
    mapper_calls: int = 16
    """Calls at a time where Omnitron knows only single records: the Mapper's result of a product."""
    orders_at_once: int = 17
    """Packages worked on side by side: a page of the inbox in three rounds."""
    inbox_page: int = 50
    """Packages taken from the inbox at once; their orders share one batch request."""
    lock_wait: float = 60.0
    """Seconds to wait for another run of the same content type."""
    settle_wait: float = 20.0
    """Seconds ``settle`` waits for the market's outcomes before it leaves the rest to the next run."""
    overlap: float = 3600.0
    """Seconds a pull reaches behind its watermark: the clocks of both remotes and ours may differ by many minutes."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a deployment keeps what is over."""

    payloads: timedelta
    """What the market showed of a record, with the buyer's data, once the record is done or excluded."""
    history: timedelta
    """What runs did and found."""


@dataclass(slots=True, kw_only=True)
class OwnContext:
    """One step of one run of a flow that needs neither remote."""

    flow: str
    channel: str
    store: Store
    clock: Clock
    report: RunReport
    retention: Retention
    deadline: float
    """``clock.monotonic()`` at which the step must have handed over; it leaves the rest to the next run."""
    outbox: Outbox | None = None
    """How people are told; None: the flow tells nobody."""
    run_id: str = ""
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("fashfed"))

    def out_of_time(self) -> bool:
        """Whether the step should stop taking up new work."""
        return self.clock.monotonic() >= self.deadline


@dataclass(slots=True, kw_only=True)
class FlowContext(OwnContext):
    """One step of one run of any other flow."""

    channel_id: int
    settings: ChannelSettings
    hub: OmnitronClient
    market: FashfedClient
    window: Window | None = None
    """What a pull reads: the run's time and the look-back, or what a person or a backfill asked for."""
    fixed_window: bool = False
    """The window was asked for; it is read as it is and not stretched back to the watermark."""
    dry_run: bool = False
    sku_list: SkuList | None = None
    """The records a person asked for; None: everything that is due."""
    let_pass: bool = False
    """A person lets the changes pass that a brake holds back."""
    tuning: Tuning = field(default_factory=Tuning)
