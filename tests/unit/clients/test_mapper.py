"""Omnitron's calls for attributes, their values and their sets."""

from include.clients.omnitron.client import OmnitronClient
from tests.unit.clients.fakes import World, answer, page

CHANNEL = "https://omnitron.example/api/v1/channel/137"


def client_of(*steps: object) -> tuple[OmnitronClient, World]:
    world = World(*steps)
    return OmnitronClient(world.session, 137), world


def asked(world: World) -> list[tuple[str, str]]:
    return [(request.method, request.url.removeprefix(CHANNEL)) for request in world.transport.requests]


async def test_a_value_is_found_by_what_fashfed_takes():
    client, world = client_of(page([{"pk": 5, "attribute": 2, "label": "Siyah", "value": "SYH"}]))
    (value,) = await client.attribute_values(2, "SYH")
    assert (value.pk, value.label, value.value) == (5, "Siyah", "SYH")
    assert ("value__exact", "SYH") in world.transport.requests[0].query


async def test_bindings_and_rules_can_be_read_all_at_once():
    client, world = client_of(
        page([{"pk": 1, "attribute_set": 3, "object_id": 7}]),
        page([{"pk": 4, "name": "137 Renk Schema", "schema": {}}]),
    )
    assert (await client.attribute_set_configs())[0].object_id == 7
    assert (await client.attribute_schemas())[0].rules == {}
    assert not {name for request in world.transport.requests for name, _ in request.query} & {
        "attribute_set",
        "name__exact",
    }


async def test_names_and_labels_are_changed_one_field_at_a_time():
    client, world = client_of(
        answer({"pk": 2, "name": "Renk Tonu"}),
        answer({"pk": 4, "name": "137 Renk Tonu Schema"}),
        answer({"id": 3, "name": "Hırka"}),
        answer({"pk": 5, "attribute": 2, "label": "Kara", "value": "SYH"}),
    )
    await client.rename_attribute(2, "Renk Tonu")
    await client.rename_attribute_schema(4, "137 Renk Tonu Schema")
    assert (await client.rename_attribute_set(3, "Hırka")).pk == 3
    await client.relabel_attribute_value(5, "Kara")
    assert asked(world) == [
        ("PATCH", "/attributes/2/"),
        ("PATCH", "/attribute_schemas/4/"),
        ("PATCH", "/attribute_sets/3/"),
        ("PATCH", "/attribute_values/5/"),
    ]
    assert world.transport.bodies() == [
        {"name": "Renk Tonu"},
        {"name": "137 Renk Tonu Schema"},
        {"name": "Hırka"},
        {"label": "Kara"},
    ]


async def test_what_objects_are_called_at_fashfed_is_read_page_by_page():
    rows = [{"pk": n, "object_id": n + 100, "remote_id": f"r{n}" if n else None} for n in range(3)]
    client, world = client_of(page(rows[:2], more=True, count=3), page(rows[2:], count=3))
    assert await client.remote_ids("marketplaceattribute") == {101: "r1", 102: "r2"}
    assert all(("content_type_name", "marketplaceattribute") in one.query for one in world.transport.requests)


async def test_all_attributes_of_a_category_go_in_one_call():
    client, world = client_of(answer({}))
    await client.send_category_attributes(7, "c1", "Kazak", [{"name": "Renk"}])
    assert asked(world) == [("POST", "/bulk_category_attributes/")]
    assert world.transport.bodies() == [
        {"category_node_id": 7, "remote_id": "c1", "attribute_set_name": "Kazak", "attributes": [{"name": "Renk"}]}
    ]
