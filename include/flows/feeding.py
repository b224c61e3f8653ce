"""A feed of the hub: what it holds, where it goes, and how it is read (api/omnitron.md section 3.2)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from include.clients.omnitron.schemas import Versioned
from include.clients.rows import BadRow, FeedPage
from include.domain.batch import BatchItem, Fate
from include.errors import RecordFailed, RetryNow
from include.flows.apart import OUTAGES
from include.flows.context import FlowContext
from include.together import together

Row = TypeVar("Row", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Push(Generic[Row]):
    """What one feed holds and where it goes.

    ``read`` gives one page (page number from 1, page size). ``prepare`` maps rows, one item a row: ``RELEASED`` ones
    are to be sent, the others have their fate already; a row left out goes back to the feed. Items of another content
    type ride with the item of their key. ``call`` hands at most ``at_once`` items (None: ``market_items``) to Fashfed
    and returns its ticket, or None where Fashfed has answered already; it may be repeated, because values are absolute.
    It raises ``RecordFailed`` for what it hands over, where it can say more about it than ``refused`` does.
    ``turn`` is the lock of all who send values of the same records, where several flows do. ``request`` says what is
    sent of an item, for people.
    """

    content_type: str
    title: str
    read: Callable[[int, int], Awaitable[FeedPage[Row]]]
    prepare: Callable[[Sequence[Row]], Awaitable[list[BatchItem]]]
    call: Callable[[Sequence[BatchItem]], Awaitable[str | None]]
    refused: str = "market_refused"
    """Code of a record that Fashfed does not take."""
    at_once: int | None = None
    turn: str | None = "offer"
    request: Callable[[BatchItem], str | None] = lambda item: item.body


async def read_batch(ctx: FlowContext, push: Push[Row]) -> tuple[list[Row], list[BatchItem]]:
    """The rows of the next batch, each object once, and the unreadable ones as failed items.

    The pages are read before anything of them is claimed, so that they do not move under our feet. Pages that hold
    nothing for us are passed over, but not without end: that would cost every run of a large catalogue too much.
    """
    size = ctx.tuning.feed_page
    window = max(1, ctx.tuning.batch_objects // size)
    first, more = 1, True
    rows: dict[int, Row] = {}
    bad: dict[int, BatchItem] = {}
    while more and not rows and not bad and first <= ctx.tuning.pass_over:
        pages = [await read_page(ctx, push, first, size)]
        if pages[0].more:
            later = range(first + 1, first + window)
            pages += await together(*(read_page(ctx, push, number, size) for number in later))
        for page in pages:
            sort_in(ctx, push, page, rows, bad)
        first, more = first + window, pages[-1].more
    return list(rows.values()), [item for pk, item in bad.items() if pk not in rows]


async def all_prepared(ctx: FlowContext, push: Push[Row]) -> AsyncIterator[list[BatchItem]]:
    """The items of the whole feed, page by page, for looking only: nothing is claimed, so the pages stay in place."""
    number, more = 1, True
    while more:
        page = await read_page(ctx, push, number, ctx.tuning.feed_page)
        rows: dict[int, Row] = {}
        bad: dict[int, BatchItem] = {}
        sort_in(ctx, push, page, rows, bad)
        yield await push.prepare(list(rows.values())) + list(bad.values())
        number, more = number + 1, page.more


def sort_in(
    ctx: FlowContext, push: Push[Row], page: FeedPage[Row], rows: dict[int, Row], bad: dict[int, BatchItem]
) -> None:
    """Add a page to the rows, each in its newest version, and its unreadable rows to the failed items."""
    for row in page.rows:
        known = rows.get(row.pk)
        if known is None or known.modified_date < row.modified_date:
            rows[row.pk] = row
    for broken in page.bad:
        pk, version = _key_of(broken)
        if pk is None or version is None:
            ctx.log.warning("A record of %s has no readable key and is passed over: %s", push.title, broken.detail)
            continue
        error = RecordFailed("record_unreadable", kind=push.content_type, key=pk, detail=broken.detail)
        bad[pk] = BatchItem(
            pk, push.content_type, version, str(pk),
            fate=Fate.FAILED, code=error.code, text=error.message,
        )  # fmt: skip


async def read_page(ctx: FlowContext, push: Push[Row], number: int, size: int) -> FeedPage[Row]:
    """One page; one that cannot be had is read in tenths, so that the row that spoils it is passed over alone."""
    try:
        return await push.read(number, size)
    except RetryNow as trouble:
        if trouble.code in OUTAGES:
            raise
        if size == 1:
            return FeedPage([], [], more=True)
        tenth = max(1, size // 10)
        first = (number - 1) * (size // tenth) + 1
        parts = await together(*(read_page(ctx, push, first + part, tenth) for part in range(size // tenth)))
        rows = [row for part in parts for row in part.rows]
        bad = [broken for part in parts for broken in part.bad]
        if not rows and not bad and all(part.more for part in parts):
            raise  # not even an end of the feed could be read: that is no matter of single rows
        ctx.log.warning("Page %d of %s could only be read in parts: %s", number, push.title, trouble)
        return FeedPage(rows, bad, more=parts[-1].more)


def _key_of(broken: BadRow) -> tuple[int | None, str | None]:
    """The key and version of a row that cannot be read, as far as they can be."""
    raw = broken.raw if isinstance(broken.raw, dict) else {}
    pk, version = raw.get("pk"), raw.get("modified_date")
    return (pk if isinstance(pk, int) else None), (version if isinstance(version, str) else None)
