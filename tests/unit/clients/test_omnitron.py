from decimal import Decimal

import pytest

from include.clients.omnitron.client import OmnitronClient
from include.clients.omnitron.customers import DuplicateAddress
from include.clients.omnitron.schemas import BatchObject
from include.clients.transport import Request, Response
from include.errors import AnswerLost, ConfigurationError, Refused, RemoteUnavailable
from tests.unit.clients.fakes import BROKEN_CONNECTION, World, answer, page

CHANNEL = "https://omnitron.example/api/v1/channel/137"
VERSION = "2025-01-10T08:00:00.000100Z"


def hub(*steps) -> tuple[OmnitronClient, World]:
    world = World(*steps)
    return OmnitronClient(world.session, 137), world


def batch(status: str, pk: int = 22) -> Response:
    return answer({"pk": pk, "channel": 137, "local_batch_id": "uuid-1", "status": status, "objects": None})


def stock(pk: int, **fields: object) -> dict[str, object]:
    return {"pk": pk, "product": pk + 100, "stock": 7, "modified_date": VERSION, **fields}


def sent(world: World) -> list[tuple[str, str]]:
    return [(request.method, request.url.removeprefix(CHANNEL)) for request in world.transport.requests]


def query(world: World, index: int = -1) -> dict[str, str]:
    return dict(world.transport.requests[index].query)


# --- channel ---


async def test_the_channel_is_read_with_what_people_typed_into_it():
    client, world = hub(answer({"pk": 137, "catalog": {"pk": 4}, "conf": {"buffer_stock": "3"}, "new": [1]}))
    channel = await client.channel()
    assert (channel.pk, channel.catalog, channel.conf) == (137, 4, {"buffer_stock": "3"})
    assert channel.is_active
    assert world.transport.requests[0].url == "https://omnitron.example/api/v1/channels/137/"


async def test_a_channel_that_is_not_there_is_a_configuration_error():
    client, _ = hub(answer({"detail": "Not found."}, 404))
    with pytest.raises(ConfigurationError) as caught:
        await client.channel()
    assert caught.value.code == "channel_missing"


async def test_a_base_url_with_a_slash_at_its_end_is_fine():
    world = World(answer({"pk": 137}), base="https://omnitron.example/")
    await OmnitronClient(world.session, 137).channel()
    assert world.transport.requests[0].url == "https://omnitron.example/api/v1/channels/137/"


async def test_a_content_type_is_asked_for_once():
    client, world = hub(page([{"id": 5, "app_label": "search", "model": "productstock"}]))
    assert (await client.content_type("productstock")).id == 5
    assert (await client.content_type("productstock")).id == 5
    assert world.session.requests == 1


async def test_a_content_type_must_be_unique():
    client, _ = hub(page([]))
    with pytest.raises(RemoteUnavailable):
        await client.content_type("productstock")


# --- feeds ---


async def test_a_feed_gives_one_page_and_never_more_rows_than_asked_for():
    client, world = hub(page([stock(1), stock(2), stock(3)], more=True))
    feed = await client.stock_feed("updates", limit=2)
    assert [row.pk for row in feed.rows] == [1, 2]
    assert world.session.requests == 1
    assert sent(world) == [("GET", "/product_stocks/updates/")]
    assert query(world)["limit"] == "2"
    assert query(world)["sort"] == "stock"


async def test_a_version_is_kept_byte_for_byte():
    client, _ = hub(page([stock(1, modified_date="2025-01-10T08:00:00.100000+00:00")]))
    assert (await client.stock_feed("updates", 10)).rows[0].modified_date == "2025-01-10T08:00:00.100000+00:00"


async def test_a_row_that_cannot_be_read_costs_only_itself():
    client, _ = hub(page([stock(1), stock(2, stock="lots"), {"pk": 3}, "what", stock(4)]))
    feed = await client.stock_feed("updates", 10)
    assert [row.pk for row in feed.rows] == [1, 4]
    assert [bad.key for bad in feed.bad] == ["2", "3", None]
    assert "stock" in feed.bad[0].detail
    assert "lots" not in feed.bad[0].detail


async def test_unknown_fields_and_enum_values_are_fine():
    client, _ = hub(page([stock(1, unit_type="barrel", product={"pk": 9, "sku": "x"}, stock="7.00", new={"a": 1})]))
    row = (await client.stock_feed("updates", 10)).rows[0]
    assert (row.product, row.stock, row.unit_type) == (9, Decimal(7), "barrel")
    other, _ = hub(batch("resting"))
    assert (await other.batch(22)).status == "resting"


async def test_id_is_read_as_pk():
    client, _ = hub(page([{"id": 77, "order_item": 1, "status": "waiting", "modified_date": VERSION}]))
    assert (await client.cancellation_request_updates(10)).rows[0].pk == 77


async def test_a_feed_page_beyond_the_end_is_empty():
    client, _ = hub(answer({"detail": "Invalid page."}, 404))
    assert (await client.stock_feed("updates", 10, page=7)).rows == []
    with pytest.raises(Refused):
        await client.stock_feed("updates", 10)


async def test_a_feed_tells_whether_it_goes_on():
    client, world = hub(page([stock(1)], more=True), page([stock(2)]))
    assert [(await client.stock_feed("updates", 1, page=number)).more for number in (1, 2)] == [True, False]
    assert query(world)["page"] == "2"


async def test_plans_are_read_to_the_end_because_nothing_takes_them_out():
    plans = [{"id": number, "plan_type": "cancel", "items": None, "modified_date": VERSION} for number in (1, 2)]
    client, _ = hub(page(plans[:1], more=True, count=2), page(plans[1:], count=2))
    assert [plan.pk async for rows in client.cancellation_plans("cancel") for plan in rows] == [1, 2]


async def test_plans_are_asked_for_the_newest_first_and_one_by_one():
    plan = {"id": 7, "plan_type": "cancel", "items": [], "modified_date": VERSION}
    client, world = hub(page([plan]), answer(plan))
    assert [plan.pk async for rows in client.cancellation_plans("cancel", sort="-id") for plan in rows] == [7]
    assert query(world)["sort"] == "-id"
    assert (await client.cancellation_plan(7)).pk == 7


async def test_products_are_asked_for_as_simple_ones():
    client, world = hub(page([]))
    await client.product_feed("inserts", 50)
    assert query(world)["product_type"] == "0"


# --- batches ---


async def test_opening_a_batch_is_never_repeated_blindly():
    client, world = hub(BROKEN_CONNECTION)
    with pytest.raises(AnswerLost):
        await client.open_batch()
    assert world.session.requests == 1


async def test_objects_of_a_batch_carry_the_version_that_was_read():
    client, world = hub(batch("commit"))
    objects = [BatchObject(7, "productstock", VERSION, remote_id="LSD-1")]
    await client.change_batch(22, "commit", content_type="productstock", objects=objects)
    assert sent(world) == [("PATCH", "/batch_requests/22/")]
    assert world.transport.bodies() == [
        {
            "channel": 137,
            "status": "commit",
            "content_type": "productstock",
            "objects": [
                {
                    "pk": 7,
                    "content_type": "productstock",
                    "version_date": VERSION,
                    "remote_id": "LSD-1",
                    "failed_reason_type": None,
                }
            ],
        }
    ]


async def test_a_batch_closed_by_a_try_whose_answer_was_lost_counts_as_closed():
    refusal = answer({"non_field_errors": ["no"], "code": "batch_request_status_100_1"}, 406)
    client, world = hub(BROKEN_CONNECTION, refusal, batch("done"))
    assert (await client.change_batch(22, "done", objects=[])).status == "done"
    assert [method for method, _ in sent(world)] == ["PATCH", "PATCH", "GET"]


async def test_a_change_that_the_hub_does_not_allow_is_refused_with_its_code():
    client, _ = hub(answer({"code": "batch_request_status_100_1"}, 406), batch("initialized"))
    with pytest.raises(Refused) as caught:
        await client.change_batch(22, "done")
    assert (caught.value.status, caught.value.remote_code) == (406, "batch_request_status_100_1")


async def test_a_refused_commit_is_refused_even_if_the_batch_holds_something():
    client, world = hub(answer({"code": "locked"}, 406), batch("commit"))
    with pytest.raises(Refused):
        await client.change_batch(22, "commit", content_type="productstock", objects=[])
    assert world.session.requests == 1


async def test_open_batches_are_found_by_their_states():
    client, world = hub(page([{"pk": 1, "local_batch_id": "u", "status": "ongoing"}]))
    assert [one.pk for one in await client.batches(["sent_to_remote", "ongoing"], "productstock")] == [1]
    assert [value for name, value in world.transport.requests[0].query if name == "status"] == [
        "sent_to_remote",
        "ongoing",
    ]


# --- look-ups ---


def echo(request: Request) -> Response:
    """Rows for the ids asked for."""
    ids = dict(request.query)["object_id__in"].split(",")
    return page([{"pk": 1000 + int(one), "object_id": int(one), "remote_id": one} for one in ids])


async def test_actions_are_looked_up_fifty_objects_at_a_time():
    client, world = hub(echo)
    found = await client.integration_actions("product", object_ids=[*range(120), 5, 7], status="success")
    assert sorted(action.object_id for action in found) == list(range(120))
    sizes = [len(dict(request.query)["object_id__in"].split(",")) for request in world.transport.requests]
    assert sizes == [50, 50, 20]
    assert all(int(dict(request.query)["limit"]) >= 50 for request in world.transport.requests)
    assert query(world)["content_type_name"] == "product"
    assert query(world)["status"] == "success"


async def test_nothing_to_look_up_asks_nothing():
    client, world = hub(page([]))
    assert await client.integration_actions("product", object_ids=[]) == []
    assert await client.products([]) == []
    assert world.session.requests == 0


async def test_a_remote_id_with_a_comma_is_looked_up_alone():
    client, world = hub(page([]))
    await client.integration_actions("product", remote_ids=["A", "B,C", "D"])
    asked = [dict(request.query) for request in world.transport.requests]
    assert [one.get("remote_id__in") for one in asked] == ["A,D", None]
    assert asked[1]["remote_id__exact"] == "B,C"


async def test_an_action_tells_its_object_and_model():
    row = {
        "pk": 23,
        "content_type": {"id": 1, "app_label": "products", "model": "product"},
        "object_id": 5,
        "remote_id": 77,
        "state": None,
        "status": "dreaming",
    }
    client, _ = hub(page([row]))
    action = (await client.integration_actions("product", local_batch_id="uuid-1"))[0]
    assert (action.model, action.object_id, action.remote_id, action.state) == ("product", 5, "77", {})


async def test_deleting_what_is_gone_already_is_fine():
    client, _ = hub(BROKEN_CONNECTION, answer({"detail": "Not found."}, 404))
    await client.delete_action(23)


# --- customers and addresses ---


@pytest.mark.parametrize(
    "errors",
    [
        ["hash_data:b5e07b50cb033f5e4c86de7f1093bb37 already exists"],
        "hash_data:b5e07b50cb033f5e4c86de7f1093bb37 already exists",
        ["something else", "hash_data: b5e07b50cb033f5e4c86de7f1093bb37"],
    ],
)
async def test_a_duplicate_address_tells_its_hash(errors):
    client, _ = hub(answer({"non_field_errors": errors}, 400))
    with pytest.raises(DuplicateAddress) as caught:
        await client.create_address({"line": "Moda Cad. 5"})
    assert caught.value.hash == "b5e07b50cb033f5e4c86de7f1093bb37"
    assert "refused" in str(caught.value)


async def test_an_address_is_sent_again_because_a_second_one_is_refused_with_its_hash():
    client, world = hub(BROKEN_CONNECTION, answer({"non_field_errors": ["hash_data:abc"]}, 400))
    with pytest.raises(DuplicateAddress):
        await client.create_address({})
    assert world.session.requests == 2


async def test_another_refusal_of_an_address_is_a_refusal():
    client, _ = hub(answer({"phone_number": ["This field is required."]}, 400))
    with pytest.raises(Refused) as caught:
        await client.create_address({})
    assert not isinstance(caught.value, DuplicateAddress)
    assert "This field is required." in str(caught.value)


async def test_only_customers_that_really_have_the_address_are_found():
    rows = [{"pk": 1, "email": "ada@example.com"}, {"pk": 2, "email": "Ada@Example.com "}, {"pk": 3, "email": "a@b.c"}]
    client, _ = hub(page(rows))
    assert [one.pk for one in await client.customers(email="ada@example.com")] == [1, 2]


async def test_a_customer_is_never_created_twice_blindly():
    client, world = hub(answer({}, 500))
    with pytest.raises(AnswerLost):
        await client.create_customer({"email": "ada@example.com"})
    assert world.session.requests == 1


async def test_places_are_searched_with_the_hubs_own_filters():
    client, world = hub(page([{"pk": 933, "name": "Kadıköy", "city": 80}]))
    found = await client.locations("township", name__iexact="Kadıköy", city=80, is_active=True)
    assert [(one.pk, one.city) for one in found] == [(933, 80)]
    assert sent(world) == [("GET", "/townships/")]
    assert query(world)["is_active"] == "true"


# --- orders ---


async def test_an_order_whose_answer_is_lost_is_not_sent_again():
    client, world = hub(BROKEN_CONNECTION)
    with pytest.raises(AnswerLost):
        await client.create_order({"number": "FD-1"}, [{"product": 1}])
    assert world.transport.bodies() == [{"order": {"number": "FD-1"}, "order_item": [{"product": 1}]}]


async def test_an_order_is_found_by_exactly_its_number():
    rows = [
        {"pk": 1, "number": "FD-1-10", "modified_date": VERSION},
        {"pk": 2, "number": "FD-1-1", "modified_date": VERSION},
    ]
    client, _ = hub(page(rows))
    assert [order.pk for order in await client.orders_by_number("FD-1-1")] == [2]


async def test_a_cancel_names_each_item_with_its_reason():
    client, world = hub(answer({"pk": 1}))
    await client.cancel_order(5, {1001: 4, 1002: 9})
    body = world.transport.bodies()[0]
    assert body["cancel_items"] == [1001, 1002]
    assert body["reasons"] == {"1001": 4, "1002": 9}
    assert sent(world) == [("POST", "/orders/5/cancel/")]


async def test_a_record_that_we_may_not_see_does_not_stop_the_run():
    client, _ = hub(answer({"detail": "No."}, 403))
    with pytest.raises(Refused):
        await client.mapped_product(5)


# --- reports ---


async def test_an_error_report_carries_no_personal_data():
    kinds = [{"id": 7, "model": "order"}, {"id": 9, "model": "channel"}]
    client, world = hub(*[page([kind]) for kind in kinds], answer(None, 201))
    await client.error_report(
        "order",
        12,
        code="uuid-1-Channel-GetOrders_42",
        description="GetOrders",
        request={"shipping_address": {"first_name": "Ada", "line": "Moda Cad. 5"}},
        response="mapping-Address is not valid. call 0532 123 45 67",
        modified_date=VERSION,
    )
    body = world.transport.bodies()[-1]
    assert (body["action_content_type"], body["target_content_type"], body["target_object_id"]) == (7, 9, "137")
    assert body["obj_modified_date"] == VERSION
    assert "Ada" not in str(body)
    assert "Moda" not in str(body)
    assert "0532" not in str(body)
    assert "Address is not valid." in body["raw_response"]


async def test_a_missing_place_is_reported_at_its_level():
    client, world = hub(answer(None, 201))
    await client.location_error("township", remote_code="137_Merkez", name="Merkez", city_id=80, description="d")
    assert sent(world) == [("POST", "/error_reports/township/")]
    assert world.transport.bodies() == [
        {
            "type": "township",
            "remote_code": "137_Merkez",
            "city_id": 80,
            "name": "Merkez",
            "integration_type": "sales_channel",
            "err_code": "integrations_200_10_1",
            "err_desc": "d",
        }
    ]


async def test_a_report_is_sent_again_because_two_lines_do_no_harm():
    client, world = hub(BROKEN_CONNECTION, answer(None, 201))
    await client.location_error("city", remote_code="x", name="x", description="d")
    assert world.session.requests == 2


async def test_an_answer_of_another_shape_is_unreadable():
    client, _ = hub(answer({"hello": "world"}))
    with pytest.raises(RemoteUnavailable) as caught:
        await client.batch(22)
    assert caught.value.code == "answer_unreadable"


# --- the Mapper ---


async def test_the_category_tree_is_written_and_read():
    node = {"pk": 256, "name": "Elbise", "path": "00010001", "numchild": 0}
    client, world = hub(answer({**node, "children": [{"pk": 257, "name": "Mini"}]}), answer(node, 201), answer(node))
    assert [child.name for child in await client.category_children(256)] == ["Mini"]
    assert (await client.create_category_node(255, "Elbise")).pk == 256
    await client.patch_category_node(256, {})
    assert sent(world) == [
        ("GET", "/category_nodes/256/detailed/"),
        ("POST", "/category_nodes/"),
        ("PATCH", "/category_nodes/256/"),
    ]
    assert world.transport.bodies() == [None, {"node": 255, "name": "Elbise"}, {}]


async def test_a_node_is_moved_behind_the_last_child_and_again_after_a_broken_connection():
    client, world = hub(BROKEN_CONNECTION, answer({}))
    await client.move_category_node(256, 12)
    assert sent(world) == [("POST", "/category_nodes/move/")] * 2
    assert world.transport.bodies()[1] == {"node": 256, "target": 12, "pos": "last-child"}


async def test_all_nodes_are_read_to_the_last_page():
    client, _ = hub(page([{"pk": 1, "name": "Root", "path": "0001"}, {"pk": 2, "name": "Kadın", "path": "00010001"}]))
    assert [(node.pk, node.path) for node in await client.category_nodes()] == [(1, "0001"), (2, "00010001")]


async def test_attribute_configs_are_read_with_their_attributes_expanded():
    row = {
        "pk": 5,
        "attribute_set": {"id": 1, "name": "Elbise"},
        "attribute": {"pk": 223, "name": "Renk"},
        "is_required": True,
    }
    client, _ = hub(page([row]))
    config = (await client.attribute_configs(1))[0]
    assert (config.attribute_set, config.attribute, config.is_required) == (1, 223, True)


async def test_penalties_are_found_and_lifted():
    client, world = hub(page([{"pk": 1, "object_id": 7, "retry_count": 1}]), answer(None, 204))
    assert [one.object_id for one in await client.failed_integrations("product", [7])] == [7]
    await client.delete_failed_integration(1)
    assert sent(world) == [("GET", "/failed_integrations/"), ("DELETE", "/failed_integrations/1/")]
