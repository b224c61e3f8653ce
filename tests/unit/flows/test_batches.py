"""Batch requests are opened for something, held shortly and always closed (design.md section 6)."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from include.clients.omnitron.schemas import BatchObject
from include.domain.batch import BatchItem, BatchState, Fate
from include.errors import AnswerLost, RemoteUnavailable, RunInProgress
from include.flows.batches import HeldBatch, held_batch, recover, wire_object
from include.flows.context import FlowContext
from include.sandbox import Sandbox
from include.state.memory import MemoryStore
from tests.worldkit import CHANNEL, Kit, Process

STOCK = "productstock"


@pytest.fixture
async def ctx(kit: Kit) -> AsyncIterator[FlowContext]:
    """A step of the stock flow, of a process of its own."""
    store = MemoryStore(kit.database, kit.clock)
    process = await Process.start(kit.sandbox, kit.wire, store, kit.tokens, random.Random(1))
    yield await process.context("stock")
    await store.close()


def items(sandbox: Sandbox, count: int = 3, **facts: Any) -> list[BatchItem]:
    """Stocks that the brand has just changed."""
    rows = [(sku, sandbox.touch_stock(sku, 50)) for sku in sandbox.skus_on_sale()[:count]]
    return [BatchItem(row["pk"], STOCK, row["modified_date"], sku, "47", **facts) for sku, row in rows]


def states(sandbox: Sandbox) -> list[str]:
    """How Omnitron's batches stand, oldest first."""
    return [batch["status"] for batch in sandbox.omnitron.batches.rows.values()]


async def ours(ctx: FlowContext) -> list[str]:
    """How our own open batches stand."""
    return [batch.state.value for batch in await ctx.store.open_batches(CHANNEL, STOCK)]


def action(sandbox: Sandbox, item: BatchItem) -> Any:
    return sandbox.omnitron.actions.get(STOCK, item.pk)


async def due(ctx: FlowContext) -> set[int]:
    """Stocks that Omnitron's feeds show."""
    pages = [await ctx.hub.stock_feed(kind, 1000) for kind in ("inserts", "updates")]
    return {row.pk for page in pages for row in page.rows}


async def test_a_batch_is_noted_before_omnitron_is_asked_and_forgotten_when_it_is_closed(
    ctx: FlowContext, sandbox: Sandbox
) -> None:
    mine = items(sandbox, fate=Fate.SENT)
    async with held_batch(ctx, STOCK) as batch:
        assert await ours(ctx) == ["initialized"]
        assert await batch.commit(mine) == mine
        assert (states(sandbox), await ours(ctx)) == (["commit"], ["commit"])
        await batch.close(mine)
    assert (states(sandbox), await ours(ctx)) == (["done"], [])
    assert [action(sandbox, item).version_date for item in mine] == [item.version for item in mine]
    assert [action(sandbox, item).remote_id for item in mine] == [item.key for item in mine]
    history = await ctx.store.events(CHANNEL, "batch", batch.id)
    assert [event.after for event in history] == ["opening", "initialized", "commit", "done"]


async def test_a_batch_handed_over_lets_the_content_type_go_and_keeps_the_tickets(
    ctx: FlowContext, sandbox: Sandbox
) -> None:
    mine = items(sandbox, fate=Fate.SENT, ticket="ticket-1")
    async with held_batch(ctx, STOCK) as batch:
        await batch.commit(mine)
        await batch.hand_over(mine)
    assert states(sandbox) == ["sent_to_remote"]
    assert sandbox.omnitron.batches.rows[batch.pk]["remote_batch_id"] == "ticket-1"
    (kept,) = await ctx.store.open_batches(CHANNEL, STOCK)
    assert (kept.state, kept.sent_at) == (BatchState.SENT_TO_REMOTE, ctx.clock.now())
    assert await ctx.store.batch_items(kept.id) == mine
    async with held_batch(ctx, STOCK) as other:
        assert await other.commit(items(sandbox, 5)[3:])


@pytest.mark.parametrize(
    "error", [RuntimeError("a fault"), RemoteUnavailable("remote_failed"), asyncio.CancelledError()]
)
@pytest.mark.parametrize("committed", [False, True])
async def test_a_batch_does_not_stay_behind_whatever_ends_the_block(
    ctx: FlowContext, sandbox: Sandbox, error: BaseException, committed: bool
) -> None:
    mine = items(sandbox)

    async def work() -> None:
        async with held_batch(ctx, STOCK) as batch:
            if committed:
                await batch.commit(mine)
            raise error

    with pytest.raises(type(error)):
        await work()
    assert (states(sandbox), await ours(ctx)) == (["fail"], [])
    assert await due(ctx) >= {item.pk for item in mine}


async def test_released_objects_come_back_without_a_penalty_and_failed_ones_with_one(
    ctx: FlowContext, sandbox: Sandbox
) -> None:
    sent, failed, released = items(sandbox)
    outcome = [
        BatchItem(sent.pk, STOCK, sent.version, sent.key, fate=Fate.SENT),
        BatchItem(failed.pk, STOCK, failed.version, failed.key, fate=Fate.FAILED, code="market_refused"),
        released,
    ]
    async with held_batch(ctx, STOCK) as batch:
        await batch.commit(outcome)
        await batch.close(outcome)
    assert states(sandbox) == ["fail"], "an unnamed object is released only by fail"
    assert {item.pk for item in outcome} & await due(ctx) == {released.pk}


async def test_an_object_that_omnitron_does_not_accept_costs_only_itself(ctx: FlowContext, sandbox: Sandbox) -> None:
    mine = items(sandbox, 9, fate=Fate.SENT)
    mine[4] = replace(mine[4], pk=999_999)
    async with held_batch(ctx, STOCK) as batch:
        held = await batch.commit(mine)
        await batch.close(held)
    assert held == mine[:4] + mine[5:]
    (refused,) = batch.refused
    assert (refused.pk, refused.fate, refused.code) == (999_999, Fate.FAILED, "refused")
    assert "999999" in str(refused.text)
    assert states(sandbox) == ["done"]


async def test_a_batch_of_which_nothing_is_accepted_is_closed_all_the_same(ctx: FlowContext, sandbox: Sandbox) -> None:
    nothing = [replace(item, pk=999_990 + item.pk) for item in items(sandbox)]
    async with held_batch(ctx, STOCK) as batch:
        assert await batch.commit(nothing) == []
    assert (len(batch.refused), states(sandbox), await ours(ctx)) == (3, ["fail"], [])


async def test_a_second_batch_of_the_same_type_is_refused_while_another_program_holds_one_in_commit(
    ctx: FlowContext, sandbox: Sandbox
) -> None:
    theirs = await ctx.hub.open_batch()
    first, *rest = items(sandbox)
    await ctx.hub.change_batch(theirs.pk, "commit", content_type=STOCK, objects=[wire_object(first)])
    with pytest.raises(RunInProgress, match=f"still holds batch {theirs.local_batch_id} of productstock in commit"):
        async with held_batch(ctx, STOCK) as batch:
            await batch.commit(rest)
    assert (states(sandbox), await ours(ctx)) == (["commit", "fail"], [])


async def test_outcomes_that_omnitron_does_not_take_release_the_objects(
    ctx: FlowContext, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    mine = items(sandbox, fate=Fate.SENT)
    async with held_batch(ctx, STOCK) as batch:
        await batch.commit(mine)
        await batch.close([replace(mine[0], version="never"), *mine[1:]])
    assert (states(sandbox), await ours(ctx)) == (["fail"], [])
    assert await due(ctx) >= {item.pk for item in mine}
    assert "its objects are released" in caplog.text


async def test_what_a_killed_run_left_in_commit_is_closed_by_the_next_one(ctx: FlowContext, sandbox: Sandbox) -> None:
    mine = items(sandbox)
    killed = HeldBatch(ctx, STOCK, "killed")
    await killed.open()
    await killed.commit(mine)
    assert not await due(ctx) & {item.pk for item in mine}
    await recover(ctx, STOCK)
    assert (states(sandbox), await ours(ctx)) == (["fail"], [])
    assert await due(ctx) >= {item.pk for item in mine}


async def test_only_batches_of_the_content_type_are_swept(ctx: FlowContext, sandbox: Sandbox) -> None:
    await HeldBatch(ctx, "order", "of orders").open()
    await recover(ctx, STOCK)
    assert states(sandbox) == ["initialized"]
    await recover(ctx, "order")
    assert states(sandbox) == ["fail"]


async def test_a_batch_that_the_market_has_is_left_to_wait_for_its_answer(ctx: FlowContext, sandbox: Sandbox) -> None:
    mine = items(sandbox, fate=Fate.SENT, ticket="t")
    async with held_batch(ctx, STOCK) as batch:
        await batch.commit(mine)
        await batch.hand_over(mine)
    await recover(ctx, STOCK)
    assert (states(sandbox), await ours(ctx)) == (["sent_to_remote"], ["sent_to_remote"])


@pytest.mark.parametrize(("ended", "noted"), [("done", "done"), ("fail", "fail"), ("deleted", "fail")])
async def test_a_run_killed_after_omnitron_had_ended_its_batch_leaves_nothing_to_do(
    ctx: FlowContext, sandbox: Sandbox, ended: str, noted: str
) -> None:
    killed = HeldBatch(ctx, STOCK, "killed")
    await killed.open()
    mine = await killed.commit(items(sandbox, fate=Fate.SENT))
    if ended == "deleted":
        sandbox.omnitron.batches.remove(sandbox.omnitron.batches.rows[killed.pk])
    else:
        await ctx.hub.change_batch(killed.pk, ended, objects=[wire_object(item) for item in mine])
    await recover(ctx, STOCK)
    assert await ours(ctx) == []
    assert (await ctx.store.events(CHANNEL, "batch", "killed"))[-1].after == noted


async def test_an_empty_batch_whose_number_never_came_is_found_later_and_closed(
    kit: Kit, ctx: FlowContext, sandbox: Sandbox
) -> None:
    older = await ctx.hub.open_batch()
    await kit.later(minutes=24)
    sandbox.faults.add("reset_after", method="POST", path="*/batch_requests/", next=1)
    with pytest.raises(AnswerLost):
        async with held_batch(ctx, STOCK):
            raise AssertionError("nothing can be done with it")
    assert (states(sandbox), await ours(ctx)) == (["initialized"] * 2, ["opening"])
    await kit.later(minutes=24)
    younger = await ctx.hub.open_batch()
    await recover(ctx, STOCK)
    assert (states(sandbox), await ours(ctx)) == (["initialized"] * 3, ["opening"]), "a living run may still get it"
    await kit.later(minutes=20)
    await recover(ctx, STOCK)
    assert await ours(ctx) == []
    batches = sandbox.omnitron.batches.rows
    assert {pk for pk, row in batches.items() if row["status"] == "initialized"} == {older.pk, younger.pk}


async def test_a_batch_that_omnitron_never_made_is_forgotten(kit: Kit, ctx: FlowContext, sandbox: Sandbox) -> None:
    sandbox.faults.add("timeout_before", method="POST", path="*/batch_requests/", next=1)
    with pytest.raises(AnswerLost):
        await HeldBatch(ctx, STOCK, "lost").open()
    await kit.later(minutes=41)
    await recover(ctx, STOCK)
    assert (states(sandbox), await ours(ctx)) == ([], [])


async def test_a_batch_that_cannot_be_closed_now_is_closed_by_the_next_run(ctx: FlowContext, sandbox: Sandbox) -> None:
    mine = items(sandbox)

    async def work() -> None:
        async with held_batch(ctx, STOCK) as batch:
            await batch.commit(mine)
            sandbox.faults.add("error", method="PATCH", path="*/batch_requests/*")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await work()
    assert (states(sandbox), await ours(ctx)) == (["commit"], ["commit"])
    sandbox.faults.clear()
    await recover(ctx, STOCK)
    assert (states(sandbox), await ours(ctx)) == (["fail"], [])


@pytest.mark.parametrize(
    ("fate", "code", "remote_id", "reason"),
    [
        (Fate.SENT, None, "SKU-1", None),
        (Fate.UNCHANGED, None, "SKU-1", None),
        (Fate.FAILED, "market_refused", None, "remote"),
        (Fate.FAILED, "product_unknown", None, "mapping"),
        (Fate.FAILED, None, None, "channel_app"),
        (Fate.RELEASED, None, None, None),
    ],
)
def test_an_object_names_its_market_id_or_who_is_at_fault_and_always_the_version_that_was_read(
    fate: Fate, code: str | None, remote_id: str | None, reason: str | None
) -> None:
    item = BatchItem(7, STOCK, "2026-03-02T09:00:00.000001Z", "SKU-1", fate=fate, code=code)
    assert wire_object(item) == BatchObject(7, STOCK, "2026-03-02T09:00:00.000001Z", remote_id, reason)
