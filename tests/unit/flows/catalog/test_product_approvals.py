"""Suggestions are followed until Fashfed's owner has decided (spec section 8)."""

from include.state.store import SuggestionState
from tests.unit.flows.catalog.shelf import action, brand, offer, penalties, skus, suggested, told
from tests.worldkit import CHANNEL, Kit


async def _states(kit: Kit) -> dict[str, SuggestionState]:
    return {
        row.key: state for state in SuggestionState for row in await kit.store().suggestions(CHANNEL, state, limit=1000)
    }


async def test_an_approval_is_followed_over_runs_however_long_it_takes(drawn: Kit) -> None:
    drawn.sandbox.fashfed.approval_seconds = 30 * 3600
    sku = skus(drawn)[0]
    await drawn.run("product")
    assert (await _states(drawn))[sku] is SuggestionState.WAITING
    assert not offer(drawn, sku)["is_active"]
    await drawn.later(hours=12)
    await drawn.run("product")
    await drawn.later(hours=20)
    await drawn.run("product")
    assert set((await _states(drawn)).values()) == {SuggestionState.APPROVED}
    assert offer(drawn, sku)["is_active"]
    assert len(suggested(drawn)) == len(skus(drawn))


async def test_a_decision_that_came_before_we_could_note_the_suggestion_is_learnt(drawn: Kit) -> None:
    first, *_, last = skus(drawn)
    drawn.sandbox.fashfed.rejected_skus[last] = "Görsel yok"
    await drawn.run("product", "send")
    await drawn.later(hours=3)
    await drawn.run("product", "settle")
    states = await _states(drawn)
    assert (states[first], states[last]) == (SuggestionState.APPROVED, SuggestionState.REJECTED)


async def test_a_rejected_suggestion_fails_in_omnitron_with_its_reason_and_remedy(drawn: Kit) -> None:
    drawn.sandbox.fashfed.approval_seconds = 600
    sku = skus(drawn)[0]
    drawn.sandbox.fashfed.rejected_skus[sku] = "Kategori özellikleri hatalı"
    await drawn.run("product")
    await drawn.later(minutes=20)
    report = await drawn.run("product")
    assert report.errors == {"suggestion_failed": 1}
    words = (await told(drawn, "product"))[sku]
    assert words.startswith("Failed to suggest product to catalog")
    assert "Kategori özellikleri hatalı" in words
    assert action(drawn, "product", sku).status == "error"
    assert len(penalties(drawn, "product")) == 1
    assert (await _states(drawn))[sku] is SuggestionState.REJECTED


async def test_a_rejected_product_goes_out_again_when_it_was_edited(drawn: Kit) -> None:
    sku = skus(drawn)[0]
    drawn.sandbox.fashfed.rejected_skus[sku] = "Ad uygun değil"
    await drawn.run("product")
    await drawn.run("product")
    del drawn.sandbox.fashfed.rejected_skus[sku]
    brand(drawn).change(sku, name="Daha iyi bir ad")
    await drawn.run("product")
    await drawn.run("product")
    assert (await _states(drawn))[sku] is SuggestionState.APPROVED
    assert offer(drawn, sku)["is_active"]


async def test_a_rejected_revision_is_noticed_although_the_product_was_approved_before(listed: Kit) -> None:
    listed.sandbox.fashfed.approval_seconds = 3600
    await listed.run("product")
    sku = skus(listed)[0]
    listed.sandbox.fashfed.rejected_skus[sku] = "Yeni ad uygun değil"
    brand(listed).change(sku, name="Yeni ad")
    await listed.run("product")
    await listed.later(minutes=5)
    assert (await listed.run("product")).errors == {}
    assert (await _states(listed))[sku] is SuggestionState.WAITING
    await listed.later(hours=2)
    assert (await listed.run("product")).errors == {"suggestion_failed": 1}
    assert offer(listed, sku)["is_active"]


async def test_a_run_that_finds_nothing_waiting_does_not_ask_fashfed(listed: Kit) -> None:
    await listed.run("product")
    listed.wire.requests.clear()
    await listed.run("product")
    assert listed.wire.count("GET", "/i2/products/") == 0


async def test_a_product_that_is_touched_before_its_rejection_is_known_goes_out_again(drawn: Kit) -> None:
    drawn.sandbox.fashfed.approval_seconds = 600
    sku = skus(drawn)[0]
    drawn.sandbox.fashfed.rejected_skus[sku] = "Marka onayı yok"
    await drawn.run("product")
    await drawn.later(minutes=20)
    drawn.sandbox.settle()
    del drawn.sandbox.fashfed.rejected_skus[sku]  # the brand got its approval, and edits the product at once
    brand(drawn).change(sku)
    drawn.wire.requests.clear()
    await drawn.run("product")
    assert [item["sku"] for item in suggested(drawn)] == [sku]
    await drawn.later(minutes=20)
    await drawn.run("product")
    assert (await _states(drawn))[sku] is SuggestionState.APPROVED


async def test_a_rejection_is_not_lost_while_the_product_is_in_another_batch(drawn: Kit) -> None:
    drawn.sandbox.fashfed.approval_seconds = 600
    sku, other = skus(drawn)[:2]
    drawn.sandbox.fashfed.rejected_skus[sku] = "Marka onayı yok"
    await drawn.run("product")
    brand(drawn).change(sku)
    brand(drawn).change(other, name="Yeni ad")
    drawn.sandbox.fashfed.processing_seconds = 1800
    await drawn.run("product")  # unchanged, but held until the other is answered
    assert action(drawn, "product", sku).status == "processing"
    await drawn.later(minutes=15)
    assert (await drawn.run("product")).errors == {}
    await drawn.later(minutes=20)
    await drawn.run("product")
    report = await drawn.run("product")
    assert (await _states(drawn))[sku] is SuggestionState.REJECTED
    assert sku in await told(drawn, "product"), report.errors
    assert action(drawn, "product", sku).status == "error"
