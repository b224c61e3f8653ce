"""Return claims become return requests (reference/flows.md section 4.12)."""

import asyncio
import logging

import pytest

from include.clients.transport import Request, Response
from include.sandbox.fashfed import Line
from tests.unit.flows.orders.returns import Returns
from tests.worldkit import CHANNEL, Kit

SECRET = "Ayşe Yılmaz, 0532 000 00 01, Gül Sok. 5"


@pytest.fixture
def shop(kit: Kit) -> Returns:
    return Returns(kit)


async def test_an_open_claim_becomes_a_request_for_its_item(shop: Returns) -> None:
    package = await shop.delivered(shop.skus[0], shop.skus[1])
    claim = shop.ask(package, 2, detail="Tight at the shoulders")
    report = await shop.pull()
    request = shop.request(claim)
    item = next(row for row in shop.items(package) if row["extra_field"]["id"] == claim["package_item"])
    assert {name: request[name] for name in ("order_item", "reason", "cancellation_type", "description")} == {
        "order_item": item["pk"],
        "reason": 7,
        "cancellation_type": "refund",
        "description": f"Tight at the shoulders, return code {claim['return_code']} (Fashfed claim {claim['id']})",
    }
    assert report.counts["created"] == 1
    assert await shop.state(claim) == ("done", None)


async def test_the_request_bears_the_claims_id_on_both_sides(shop: Returns) -> None:
    claim = await shop.asked()
    request = shop.request(claim)
    action = shop.hub.actions.get("cancellationrequest", request["pk"])
    assert (action.remote_id, action.status, action.version_date) == (claim["id"], "success", request["created_date"])
    names = await shop.kit.store().identities(CHANNEL, "cancellationrequest", [claim["id"]])
    assert [each.hub_id for each in names[claim["id"]]] == [request["pk"]]
    rights = await shop.kit.store().claims(CHANNEL, "refund_request", [claim["id"]])
    assert rights[claim["id"]].state == "done"
    assert rights[claim["id"]].detail["requests"] == {str(request["pk"]): request["created_date"]}
    assert shop.due() == []


async def test_a_reason_that_is_not_mapped_or_missing_is_the_default_one(shop: Returns) -> None:
    first, second = await shop.delivered(), await shop.delivered()
    unmapped, without = shop.ask(first, reason="not-as-shown"), shop.ask(second)
    without["reason"] = None
    await shop.pull()
    assert [shop.request(claim)["reason"] for claim in (unmapped, without)] == [8, 8]


async def test_claims_are_taken_that_are_open_or_waiting_and_not_older_than_the_start_date(shop: Returns) -> None:
    packages = [await shop.delivered() for _ in range(5)]
    old = shop.ask(packages[0])
    await shop.kit.later(hours=1)
    shop.set(refund_start_date=shop.kit.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    await shop.kit.later(minutes=1)
    statuses = ("open", "waiting", "approved", "rejected")
    claims = [shop.ask(package, status=status) for package, status in zip(packages[1:], statuses, strict=True)]
    await shop.pull()
    assert [len(shop.requests(claim)) for claim in (old, *claims)] == [0, 1, 1, 0, 0]


async def test_a_claim_is_taken_however_long_nobody_ran(shop: Returns) -> None:
    claim = shop.ask(await shop.delivered())
    await shop.kit.later(days=20)
    await shop.pull()
    assert shop.request(claim)


async def test_what_is_done_is_not_done_again(shop: Returns) -> None:
    claim = await shop.asked()
    recorder = shop.record()
    for _ in range(3):
        await shop.kit.later(minutes=5)
        report = await shop.pull()
        assert report.counts["read"] == 0
    assert not recorder.calls("POST", "cancellation_requests")
    assert not recorder.calls("POST", "batch_requests"), "nothing to link: no batch"
    assert shop.request(claim)


async def test_a_claim_that_omnitron_knows_by_its_id_is_done(shop: Returns) -> None:
    """Another installation of ours has made the request, and a person has rewritten it; our memory is new."""
    claim = await shop.asked()
    request = shop.request(claim)
    shop.hub.touch("cancellationrequest", request, description="Beden küçük")
    for kept in (shop.kit.database.inbox, shop.kit.database.claims, shop.kit.database.identities):
        kept.clear()
    recorder = shop.record()
    report = await shop.pull()
    assert not recorder.calls("POST", "cancellation_requests")
    assert (report.counts["created"], report.counts["unchanged"]) == (0, 1)
    assert await shop.state(claim) == ("done", None)
    names = await shop.kit.store().identities(CHANNEL, "cancellationrequest", [claim["id"]])
    assert [each.hub_id for each in names[claim["id"]]] == [request["pk"]]


async def test_a_decision_made_before_the_request_was_linked_still_shows_as_a_change(shop: Returns) -> None:
    claim = shop.ask(await shop.delivered())
    decided = []

    def meanwhile(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/batch_requests/"):
            decided.append(shop.request(claim)["pk"])
            shop.decide(claim, "approved")

    shop.kit.wire.interceptors.append(meanwhile)
    await shop.pull()
    assert shop.due() == decided


async def test_the_buyers_words_reach_omnitron_and_no_log_and_no_report(
    shop: Returns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop.set(default_reason_id="99")
    fine, refused = await shop.delivered(), await shop.delivered()
    claims = [shop.ask(fine, detail=SECRET), shop.ask(refused, detail=SECRET, reason="not-as-shown")]
    broken = shop.ask(await shop.delivered(), detail=SECRET)
    broken["reason"] = SECRET

    def echo(request: Request) -> Response | None:
        """Omnitron repeats in its refusal what it was sent."""
        if (
            request.url.endswith("/cancellation_requests/")
            and request.method == "POST"
            and b'"reason":99' in (request.body or b"").replace(b" ", b"")
        ):
            return Response(400, {}, f'{{"description": ["{SECRET} is too long"]}}'.encode())
        return None

    shop.kit.wire.interceptors.append(echo)
    await shop.pull()
    assert SECRET in shop.request(claims[0])["description"]
    assert await shop.state(claims[1]) == ("parked", "refund_refused")
    assert (await shop.row(broken)).code == "record_unreadable"
    texts = [*(record.getMessage() for record in caplog.records), *(await shop.told("get_refund_orders")).values()]
    texts += [str(body) for body in shop.kit.wire.bodies("POST", "/error_reports/")]
    texts += [str((await shop.row(claim)).reason) for claim in (claims[1], broken)]
    assert len(texts) > 5
    for part in (SECRET, "Yılmaz", "0532", "Gül"):
        assert not [text for text in texts if part in text]


async def test_two_runs_at_once_make_one_request_a_claim(shop: Returns) -> None:
    package = await shop.delivered(Line(shop.skus[0], 2))
    claims = [shop.ask(package, quantity=1) for _ in range(2)] + [shop.ask(await shop.delivered())]
    await asyncio.gather(shop.pull(), shop.pull(), shop.pull())
    assert [len(shop.requests(claim)) for claim in claims] == [1, 1, 1]
    assert len({shop.request(claim)["order_item"] for claim in claims}) == 3


async def test_many_claims_share_one_batch(shop: Returns) -> None:
    claims = [shop.ask(await shop.delivered()) for _ in range(6)]
    recorder = shop.record()
    await shop.pull()
    assert all(shop.request(claim) for claim in claims)
    assert len(recorder.calls("POST", "batch_requests")) == 1
