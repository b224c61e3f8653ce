"""Having products sent again by a list of SKUs (spec sections 8 and 9, api/omnitron.md section 3.2)."""

from include.clients.transport import Request, TransportError
from tests.unit.flows.operations.worklist import MOVE, asked, counted, due_updates, hold, product_of, remember, verdicts
from tests.worldkit import CHANNEL, Kit

OLD = "1970-01-01T00:00:00"


async def test_moved_products_are_due_again_and_no_longer_look_unchanged(kit: Kit, sold: list[str]) -> None:
    await remember(kit, *sold[:3])
    assert due_updates(kit) == set()
    report = await kit.run(MOVE, sku_list=asked(sold[0], sold[1]))
    assert due_updates(kit) == {sold[0], sold[1]}
    assert set(await kit.store().sent(CHANNEL, "product", sold[:3])) == {sold[2]}
    assert counted(report) == {"read": 2, "updated": 2}
    action = kit.sandbox.omnitron.actions.get("product", product_of(kit, sold[0]))
    assert action is not None
    assert (action.version_date or "").startswith(OLD)
    assert action.remote_id == sold[0]


async def test_a_product_never_sent_has_no_version_to_move(kit: Kit, sold: list[str], unsent: str) -> None:
    await kit.run(MOVE, sku_list=asked(unsent, sold[0]))
    assert await verdicts(kit, MOVE) == {unsent: "never_sent", sold[0]: "moved"}


async def test_a_product_whose_first_sending_failed_counts_as_never_sent(kit: Kit, unsent: str) -> None:
    hub = kit.sandbox.omnitron
    hub.actions.create("product", product_of(kit, unsent), hub.now()).status = "error"
    await kit.run(MOVE, sku_list=asked(unsent))
    assert await verdicts(kit, MOVE) == {unsent: "never_sent"}


async def test_a_product_that_waits_for_fashfed_stays_as_it_is(kit: Kit, sold: list[str]) -> None:
    await remember(kit, *sold[:2])
    hold(kit, sold[0])
    await kit.run(MOVE, sku_list=asked(sold[0], sold[1]))
    assert await verdicts(kit, MOVE) == {sold[0]: "record_busy", sold[1]: "moved"}
    assert set(await kit.store().sent(CHANNEL, "product", sold[:2])) == {sold[0]}


async def test_what_was_sent_is_forgotten_before_any_version_moves(kit: Kit, sold: list[str]) -> None:
    await remember(kit, sold[0])
    kept: list[bool] = []

    def look(request: Request) -> TransportError | None:
        if request.method == "PATCH":
            kept.append((CHANNEL, "product", sold[0]) in kit.database.sent)
        return None

    kit.wire.interceptors.append(look)
    await kit.run(MOVE, sku_list=asked(sold[0]))
    assert kept == [False]


async def test_a_second_run_changes_nothing_more_and_forgets_what_was_confirmed_meanwhile(
    kit: Kit, sold: list[str]
) -> None:
    await kit.run(MOVE, sku_list=asked(sold[0]))
    await remember(kit, sold[0])
    await kit.run(MOVE, sku_list=asked(sold[0]))
    assert await verdicts(kit, MOVE) == {sold[0]: "moved"}
    assert await kit.store().sent(CHANNEL, "product", [sold[0]]) == {}
