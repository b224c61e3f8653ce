"""What Fashfed says to a decision about a return (reference/flows.md section 4.13, api/fashfed.md section 7)."""

from collections.abc import Callable
from typing import Any

import pytest

from include.clients.transport import Request, Response
from tests.unit.flows.orders.returns import Returns, left_open
from tests.worldkit import Kit

FLOW = "send_refund_order_status"
Row = dict[str, Any]


@pytest.fixture
def shop(kit: Kit) -> Returns:
    return Returns(kit)


def answering(claim: Row, response: Response) -> Callable[[Request], Response | None]:
    """The market answers every decision about a claim like this."""

    def answer(request: Request) -> Response | None:
        return response if request.method == "POST" and f"/claims/{claim['id']}/" in request.url else None

    return answer


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("approved", ["approved"]), ("approved", ["approved", "completed"]), ("rejected", ["rejected"])],
)
async def test_what_the_market_decided_in_the_same_way_is_agreement(
    shop: Returns, caplog: pytest.LogCaptureFixture, ours: str, theirs: list[str]
) -> None:
    caplog.set_level("INFO")
    claim = await shop.asked()
    for status in theirs:
        shop.market.decide_claim(claim, status)
    await shop.kit.later(days=10)
    shop.decide(claim, ours)
    report = await shop.tell()
    assert (report.counts["sent"], report.counts["failed"]) == (1, 0)
    assert f"Return claim {claim['id']} is {theirs[-1]} at Fashfed already" in caplog.text
    assert (await shop.tell()).counts["read"] == 0
    assert list(left_open(shop)) == []


@pytest.mark.parametrize(("ours", "theirs"), [("approved", "rejected"), ("rejected", "approved")])
async def test_what_the_market_decided_otherwise_is_a_conflict_for_a_person(
    shop: Returns, ours: str, theirs: str
) -> None:
    claim, other = await shop.asked(), await shop.asked()
    shop.market.decide_claim(claim, theirs)
    await shop.kit.later(days=10)
    for each in (claim, other):
        shop.decide(each, ours)
    report = await shop.tell()
    assert report.errors == {"refund_conflict": 1}
    told = (await shop.told(FLOW))[claim["id"]]
    assert told == f"Return claim {claim['id']} is {ours} in Omnitron, but {theirs} at Fashfed"
    assert (claim["status"], other["status"]) == (theirs, ours)
    await shop.kit.later(hours=8, seconds=1)
    shop.kit.wire.requests.clear()
    assert (await shop.tell()).errors == {"refund_conflict": 1}
    assert not shop.kit.wire.count("POST", "/claims/"), "what Fashfed has decided is known"


async def test_an_approval_that_was_sent_and_is_a_rejection_now_is_a_conflict_and_not_sent(shop: Returns) -> None:
    claim = await shop.asked()
    shop.decide(claim, "approved")
    await shop.tell()
    shop.decide(claim, "rejected")
    shop.kit.wire.requests.clear()
    report = await shop.tell()
    assert report.errors == {"refund_conflict": 1}
    assert shop.decisions() == []
    assert claim["status"] == "approved"


async def test_a_decision_that_the_market_refuses_costs_only_itself_and_is_tried_again(shop: Returns) -> None:
    claims = [await shop.asked() for _ in range(3)]
    for each in claims:
        shop.decide(each, "rejected")
    refusal = Response(400, {}, b'{"reason": ["Ensure this field has no more than 20 characters."]}')
    shop.kit.wire.interceptors.append(answering(claims[1], refusal))
    report = await shop.tell()
    assert report.errors == {"refund_decision_refused": 1}
    assert "no more than 20 characters" in (await shop.told(FLOW))[claims[1]["id"]]
    assert [claim["status"] for claim in claims] == ["rejected", "open", "rejected"]
    shop.kit.wire.interceptors.clear()
    await shop.kit.later(hours=8, seconds=1)
    await shop.tell()
    assert claims[1]["status"] == "rejected"


async def test_a_decision_that_cannot_be_brought_is_tried_again_without_a_penalty(shop: Returns) -> None:
    claims = [await shop.asked() for _ in range(2)]
    for each in claims:
        shop.decide(each, "approved")
    shop.kit.wire.interceptors.append(answering(claims[0], Response(503, {}, b"")))
    report = await shop.tell()
    assert report.counts["failed"] == 0
    assert [claim["status"] for claim in claims] == ["open", "approved"]
    shop.kit.wire.interceptors.clear()
    await shop.tell()
    assert claims[0]["status"] == "approved"
    assert list(left_open(shop)) == []


async def test_a_change_made_during_the_run_is_seen_by_the_next_and_told_no_second_time(shop: Returns) -> None:
    claim = await shop.asked()
    shop.decide(claim, "approved")

    def meanwhile(request: Request) -> None:
        if request.url.endswith("/approve/"):
            shop.hub.touch("cancellationrequest", shop.request(claim), description="edited")

    shop.kit.wire.interceptors.append(meanwhile)
    pk = shop.request(claim)["pk"]
    await shop.tell()
    assert shop.due() == [pk]
    await shop.tell()
    assert shop.decisions() == [f"{claim['id']}/approve"]
    assert shop.due() == []
