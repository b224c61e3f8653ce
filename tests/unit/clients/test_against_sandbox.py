"""The clients against the stand-ins: what we send is what they take, what they send is what we read."""

import random

import pytest

from include.clients.fashfed.auth import AccessToken
from include.clients.fashfed.client import FashfedClient
from include.clients.http import RemoteSession
from include.clients.limiter import LocalLimiter
from include.clients.omnitron.auth import MemoryTokenCache, TokenLogin
from include.clients.omnitron.client import OmnitronClient
from include.clients.omnitron.customers import DuplicateAddress
from include.clients.omnitron.schemas import BatchObject
from include.clients.policy import Policy
from include.errors import AuthenticationError, Refused
from include.sandbox import Sandbox
from tests.unit.clients.fakes import JumpingClock


class Both:
    """Both clients on one seeded sandbox."""

    def __init__(self, **options: object) -> None:
        self.clock = JumpingClock()
        self.sandbox = Sandbox.seeded(seed=3, size=120, packages=30, clock=self.clock, **options)
        self.login = TokenLogin(self.sandbox.username, self.sandbox.password, MemoryTokenCache(), "omnitron_default")
        self.hub = OmnitronClient(
            self.session("Omnitron", "omnitron", self.login),
            self.sandbox.channel_id,
        )
        self.market = FashfedClient(self.session("Fashfed", "fashfed", AccessToken(self.sandbox.access_token)))

    def session(self, name: str, remote: str, auth) -> RemoteSession:
        return RemoteSession(
            name,
            self.sandbox.urls[remote],
            self.sandbox.transport(),
            self.clock,
            LocalLimiter(self.clock, None),
            auth,
            Policy(attempts=8, budget_floor=1000),
            random.Random(5),
        )


async def test_a_stock_change_goes_all_the_way_to_the_market_and_back():
    both = Both()
    changed = both.sandbox.touch_stocks(20)
    feed = await both.hub.stock_feed("updates", limit=500)
    assert not feed.bad
    products = {product.pk: product for product in await both.hub.products(row.product for row in feed.rows)}
    rows = {products[row.product].sku: row for row in feed.rows}
    changed = [sku for sku in changed if sku in rows]
    assert len(changed) > 10

    batch = await both.hub.open_batch()
    objects = [BatchObject(rows[sku].pk, "productstock", rows[sku].modified_date) for sku in changed]
    await both.hub.change_batch(batch.pk, "commit", content_type="productstock", objects=objects)
    held = await both.hub.integration_actions("productstock", local_batch_id=batch.local_batch_id, status="processing")
    assert sorted(action.object_id for action in held) == sorted(one.pk for one in objects)

    ticket = await both.market.send_stocks([{"sku": sku, "stock": 4} for sku in changed])
    await both.hub.change_batch(batch.pk, "sent_to_remote", remote_batch_id=ticket.id)
    assert [one.pk for one in await both.hub.batches(["sent_to_remote", "ongoing"], "productstock")] == [batch.pk]
    both.clock.seconds += 5
    done = await both.market.batch(ticket.id)
    assert (done.status, {one.status for one in done.items}) == ("completed", {"success"})

    named = [BatchObject(rows[sku].pk, "productstock", rows[sku].modified_date, remote_id=sku) for sku in changed]
    closed = await both.hub.change_batch(batch.pk, "done", objects=named)
    assert closed.status == "done"
    left = {row.pk for row in (await both.hub.stock_feed("updates", limit=500)).rows}
    assert left.isdisjoint({one.pk for one in named})
    offers = [offer async for page in both.market.offers(skus=changed) for offer in page.rows]
    assert {(offer.sku, offer.stock) for offer in offers} == {(sku, 4) for sku in changed}


async def test_every_row_of_both_seeded_remotes_can_be_read():
    both = Both()
    pages = [page async for page in both.market.packages(limit=7)]
    assert sum(len(page.rows) for page in pages) == 30
    assert not any(page.bad for page in pages)
    numbers = [package.number for page in pages for package in page.rows]
    assert len(set(numbers)) == len(numbers)
    for package in pages[0].rows:
        items = await both.market.package_items(package.number)
        assert items.rows
        assert not items.bad
        order = await both.market.order(package.order_number)
        assert package.number in [one.number for one in order.packages]
    assert (await both.market.label(numbers[0])).startswith(b"%PDF")
    assert len(await both.market.categories()) == 4
    assert await both.market.claim_reasons()
    async for page in both.market.claims():
        assert not page.bad
    assert (await both.hub.channel()).conf["buffer_stock"] is not None
    assert await both.hub.cargos()
    assert await both.hub.cancellation_reasons("cancel")


async def test_a_batch_that_cannot_commit_is_refused_with_406():
    both = Both()
    row = (await both.hub.stock_feed("updates", limit=1)).rows[0]
    objects = [BatchObject(row.pk, "productstock", row.modified_date)]
    first, second = await both.hub.open_batch(), await both.hub.open_batch()
    await both.hub.change_batch(first.pk, "commit", content_type="productstock", objects=objects)
    with pytest.raises(Refused) as caught:
        await both.hub.change_batch(second.pk, "commit", content_type="productstock", objects=objects)
    assert caught.value.status == 406


async def test_an_address_is_created_once_and_then_found_by_its_hash():
    both = Both()
    country = (await both.hub.locations("country", code__exact="tr", is_active=True)) or (
        await both.hub.locations("country", code__exact="TR", is_active=True)
    )
    city = (await both.hub.locations("city", country=country[0].pk, name__iexact="İstanbul"))[0]
    customer = await both.hub.create_customer(
        {"email": "ada@example.com", "first_name": "Ada", "last_name": "Kaya", "channel_code": "c-1", "is_active": True}
    )
    fields = {
        "customer": customer.pk,
        "country": country[0].pk,
        "city": city.pk,
        "email": "ada@example.com",
        "phone_number": "05321234567",
        "first_name": "Ada",
        "last_name": "Kaya",
        "line": "Moda Cad. 5",
        "title": "x",
    }
    created = await both.hub.create_address(fields)
    with pytest.raises(DuplicateAddress) as caught:
        await both.hub.create_address(fields)
    assert [one.pk for one in await both.hub.addresses_by_hash(caught.value.hash)] == [created.pk]
    assert [one.pk for one in await both.hub.customers(email="ada@example.com")] == [customer.pk]


@pytest.mark.parametrize("kind", ["throttle", "error", "html", "truncated", "invalid_json", "refused", "reset_after"])
async def test_reading_survives_a_fault_at_every_third_call(kind):
    both = Both()
    both.sandbox.faults.add(kind, every=3)
    packages = [one.number async for page in both.market.packages(limit=5) for one in page.rows]
    assert len(packages) == 30
    assert len((await both.hub.stock_feed("updates", limit=50)).rows) > 0


@pytest.mark.parametrize("rows", [2, -2])
async def test_packages_that_shift_between_pages_are_all_read(rows):
    both = Both()
    both.sandbox.faults.add("shifting_page", rows=rows, next=2)
    packages = [one.number async for page in both.market.packages(limit=5) for one in page.rows]
    assert len(packages) == len(set(packages)) == 30


async def test_packages_of_repeated_pages_are_all_read():
    both = Both()
    both.sandbox.faults.add("repeated_page", next=2)
    packages = [one.number async for page in both.market.packages(limit=5) for one in page.rows]
    assert len(packages) == len(set(packages)) == 30


async def test_a_dropped_token_of_the_hub_is_renewed():
    both = Both()
    await both.hub.channel()
    both.sandbox.faults.add("unauthorized", remote="omnitron", next=1)
    assert (await both.hub.channel()).pk == both.sandbox.channel_id


async def test_a_wrong_password_is_said_at_once():
    both = Both()
    both.hub.session._auth = TokenLogin("connector", "wrong", MemoryTokenCache(), "omnitron_default")
    with pytest.raises(AuthenticationError):
        await both.hub.channel()
