"""The batch protocol (api/omnitron.md section 3.3)."""

import pytest

from include.sandbox import Sandbox
from tests.unit.sandbox.callers import Caller, batch_object, commit, move_batch, open_batch

_ILLEGAL = "batch_request_status_100_1"


async def _due(hub: Caller, count: int = 3, kind: str = "updates") -> list[dict[str, object]]:
    return [dict(row) for row in await hub.rows(f"product_stocks/{kind}/", limit=count)]


@pytest.fixture(autouse=True)
def due_stocks(sandbox: Sandbox) -> None:
    sandbox.touch_stocks(10)


async def test_committed_objects_are_processing_under_the_batch_and_leave_the_feed(hub: Caller) -> None:
    rows = await _due(hub)
    pk = await commit(hub, [batch_object(row) for row in rows])
    _, batch = await hub.get(f"batch_requests/{pk}/")
    held = await hub.rows("integration_actions/", local_batch_id=batch["local_batch_id"], status="processing")
    assert sorted(action["object_id"] for action in held) == sorted(row["pk"] for row in rows)
    assert not {row["pk"] for row in rows} & {row["pk"] for row in await _due(hub, 100)}


async def test_a_second_batch_of_the_same_type_is_refused_while_one_is_in_commit(hub: Caller) -> None:
    first, second, third = await _due(hub)
    holder = await commit(hub, [batch_object(first)])
    other = await open_batch(hub)
    status, data = await move_batch(hub, other, "commit", content_type="productstock", objects=[batch_object(second)])
    assert status == 406
    assert data["code"]
    await move_batch(hub, holder, "sent_to_remote", remote_batch_id="b-1")
    status, _ = await move_batch(hub, other, "commit", content_type="productstock", objects=[batch_object(third)])
    assert status == 200


async def test_an_object_held_by_another_batch_is_refused(hub: Caller) -> None:
    row = (await _due(hub))[0]
    holder = await commit(hub, [batch_object(row)])
    await move_batch(hub, holder, "sent_to_remote")
    other = await open_batch(hub)
    status, data = await move_batch(hub, other, "commit", content_type="productstock", objects=[batch_object(row)])
    assert status == 406
    assert "processing in another queue" in data["non_field_errors"]


async def test_a_batch_of_one_type_may_hold_objects_of_others_and_grow(hub: Caller) -> None:
    product = (await hub.rows("products/inserts/", product_type=0, limit=1))[0]
    stock = (await hub.rows("product_stocks/", product=product["pk"]))[0]
    pk = await commit(hub, [batch_object(product, "product")], "product")
    status, batch = await move_batch(hub, pk, "commit", content_type="product", objects=[batch_object(stock)])
    assert status == 200
    assert {entry["content_type"] for entry in batch["objects"]} == {"product", "productstock"}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ([], "sent_to_remote"),
        ([], "ongoing"),
        (["commit"], "ongoing"),
        (["commit", "sent_to_remote"], "commit"),
        (["commit", "sent_to_remote", "ongoing"], "sent_to_remote"),
        (["commit", "done"], "fail"),
        (["commit", "fail"], "done"),
    ],
)
async def test_illegal_transitions_are_refused_with_the_code(hub: Caller, path: list[str], wrong: str) -> None:
    objects = [batch_object(row, remote_id="x") for row in await _due(hub)]
    pk = await open_batch(hub)
    for status in path:
        assert (await move_batch(hub, pk, status, content_type="productstock", objects=objects))[0] == 200
    status, data = await move_batch(hub, pk, wrong, content_type="productstock", objects=objects)
    assert (status, data["code"]) == (406, _ILLEGAL)


async def test_the_whole_road_of_an_asynchronous_batch_is_legal(hub: Caller) -> None:
    objects = [batch_object(row, remote_id="x") for row in await _due(hub)]
    pk = await commit(hub, objects)
    for status in ("commit", "sent_to_remote", "ongoing", "ongoing", "done"):
        assert (await move_batch(hub, pk, status, objects=objects))[0] == 200


async def test_closing_an_empty_batch_is_refused_and_locks_nothing(hub: Caller) -> None:
    pk = await commit(hub, [])
    status, data = await move_batch(hub, pk, "done", objects=[])
    assert (status, data["code"]) == (406, _ILLEGAL)
    await commit(hub, [batch_object((await _due(hub))[0])])


async def test_success_stores_version_and_remote_id_and_a_null_never_wipes_it(hub: Caller) -> None:
    row = (await _due(hub))[0]
    pk = await commit(hub, [batch_object(row)])
    await move_batch(hub, pk, "done", objects=[batch_object(row)])
    (action,) = await hub.rows("integration_actions/", content_type_name="productstock", object_id=row["pk"])
    assert action["status"] == "success"
    assert action["remote_id"]
    assert action["version_date"] == row["modified_date"]


async def test_an_object_without_any_remote_id_is_not_agreed(hub: Caller) -> None:
    row = (await hub.rows("products/inserts/", product_type=0, limit=1))[0]
    pk = await commit(hub, [batch_object(row, "product")], "product")
    await move_batch(hub, pk, "done", objects=[batch_object(row, "product")])
    assert row["pk"] in {each["pk"] for each in await hub.rows("products/inserts/", product_type=0, limit=100)}


async def test_objects_not_named_at_done_are_released(hub: Caller) -> None:
    first, second, _ = await _due(hub)
    pk = await commit(hub, [batch_object(first), batch_object(second)])
    await move_batch(hub, pk, "done", objects=[batch_object(first)])
    due = {row["pk"] for row in await _due(hub, 100)}
    assert second["pk"] in due
    assert first["pk"] not in due


async def test_fail_without_objects_releases_everything(hub: Caller) -> None:
    rows = await _due(hub)
    pk = await commit(hub, [batch_object(row) for row in rows])
    await move_batch(hub, pk, "fail", objects=None)
    assert {row["pk"] for row in rows} <= {row["pk"] for row in await _due(hub, 100)}
    assert not await hub.rows("failed_integrations/")


async def test_fail_with_objects_keeps_the_outcome_of_each(hub: Caller) -> None:
    good, bad, left = await _due(hub)
    pk = await commit(hub, [batch_object(row) for row in (good, bad, left)])
    outcomes = [batch_object(good), batch_object(bad, failed_reason_type="remote")]
    await move_batch(hub, pk, "fail", objects=outcomes)
    due = {row["pk"] for row in await _due(hub, 100)}
    assert left["pk"] in due
    assert not {good["pk"], bad["pk"]} & due
    assert [row["object_id"] for row in await hub.rows("failed_integrations/")] == [bad["pk"]]


async def test_a_version_changed_during_the_run_is_due_again(hub: Caller, sandbox: Sandbox) -> None:
    row = (await _due(hub))[0]
    pk = await commit(hub, [batch_object(row)])
    stock = sandbox.omnitron.stocks.rows[row["pk"]]
    sandbox.omnitron.touch("productstock", stock, stock=77)
    await move_batch(hub, pk, "done", objects=[batch_object(row)])
    assert row["pk"] in {each["pk"] for each in await _due(hub, 100)}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"pk": 999_999}, "pk"),
        ({"content_type": "shoe"}, "content_type"),
        ({"version_date": "yesterday"}, "version_date"),
        ({"failed_reason_type": "bad luck"}, "failed_reason_type"),
        ({"remote_id": "x" * 256}, "remote_id"),
    ],
)
async def test_a_malformed_object_refuses_the_whole_call(hub: Caller, wrong: dict[str, object], field: str) -> None:
    good, row, _ = await _due(hub)
    pk = await open_batch(hub)
    objects = [batch_object(good), {**batch_object(row), **wrong}]
    status, data = await move_batch(hub, pk, "commit", content_type="productstock", objects=objects)
    assert status == 400
    assert (data["objects"][0], list(data["objects"][1])) == ({}, [field])
    assert (await hub.get(f"batch_requests/{pk}/"))[1]["status"] == "initialized"


async def test_open_batches_are_found_by_status_and_type(hub: Caller) -> None:
    pk = await commit(hub, [batch_object(row) for row in await _due(hub)])
    (batch,) = await hub.rows("batch_requests/", status="commit", content_type="productstock")
    assert batch["pk"] == pk
    assert len(batch["objects"]) == 3
