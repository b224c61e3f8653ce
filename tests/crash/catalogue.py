"""Products, prices and stocks in whose sending a process is killed."""

from include.sandbox.merchant import Merchant
from tests.crash.stage import Stage

_SETUP = ("category_node", "category_attributes", "default_attributes")
SKUS = ("ELB-1001-BYZ-XS", "ELB-1001-BYZ-S")


def stocks_change(stage: Stage) -> None:
    """The brand changes three stocks; a fourth is refused by Fashfed."""
    skus = stage.sandbox.touch_stocks(4)
    stage.sandbox.fashfed.refused_skus[skus[3]] = "not today"


def stocks_agree(stage: Stage) -> None:
    """Fashfed has what Omnitron has, but for what it refused."""
    stage.sandbox.settle()
    assert [sku for sku, *_ in stage.sandbox.stock_differences()] == list(stage.sandbox.fashfed.refused_skus)


def offers_change(stage: Stage) -> None:
    """Somebody changed a price and a stock at Fashfed; a stock changed before is put right there already."""
    stage.must_run("stock")
    stage.later(hours=1)
    skus, market = stage.sandbox.skus_on_sale(), stage.sandbox.fashfed
    right = market.offers.rows[skus[3]]["stock"]
    market.offers.rows[skus[3]]["stock"] = 98
    stage.must_run("reconcile")
    market.offers.rows[skus[3]]["stock"] = right
    market.offers.rows[skus[1]].update(price=1.0)
    market.offers.rows[skus[2]].update(stock=99)
    stage.later(hours=1)


def offers_are_corrected(stage: Stage) -> None:
    """Both were queued; their flows send them, and the next comparison confirms all three."""
    assert stage.ask("select kind from corrections where confirmed_at is null and times > 0 order by kind") == [
        ("price",),
        ("stock",),
    ]
    for flow in ("stock", "price"):
        stage.must_run(flow)
    stage.sandbox.settle()
    assert stage.sandbox.stock_differences() == []
    assert stage.sandbox.price_differences() == []
    stage.later(hours=1)
    stage.must_run("reconcile")
    assert stage.ask("select count(*), bool_and(confirmed_at is not null) from corrections") == [(3, True)]
    assert stage.ask("select count(*) from sku_states") == [(16,)]


def prices_change_too_far(stage: Stage) -> None:
    """Two prices change, one of them further than the brake allows."""
    _, far = stage.sandbox.touch_prices(2)
    stage.must_run("price")
    stage.sandbox.omnitron.channel["conf"]["price_brake"] = {"change_percent": 20}
    stage.later(minutes=1)
    stage.sandbox.touch_prices(1)
    stage.sandbox.brand.set_price(far, "1.00")


def prices_are_held(stage: Stage) -> None:
    """The one is at Fashfed, the other is held."""
    stage.sandbox.settle()
    assert len(stage.sandbox.price_differences()) == 1
    assert stage.ask("select count(*) from holds where passed_at is null") == [(1,)]


def prices_are_braked(stage: Stage) -> None:
    """The same, and the run has held it already."""
    prices_change_too_far(stage)
    stage.must_run("price")
    prices_are_held(stage)
    stage.later(minutes=1)


def prices_agree(stage: Stage) -> None:
    """The held change has passed."""
    stage.sandbox.settle()
    assert stage.sandbox.price_differences() == []
    assert stage.ask("select count(*) from holds") == [(0,)]


def _drawn(stage: Stage) -> None:
    for flow in _SETUP:
        stage.must_run(flow)
        Merchant(stage.sandbox).work()


def products_wait(stage: Stage) -> None:
    """A catalogue that was never sent; the owner of Fashfed turns one product down."""
    _drawn(stage)
    sku = next(row["sku"] for row in stage.sandbox.omnitron.products.rows.values())
    stage.sandbox.fashfed.rejected_skus[sku] = "no picture of it"


def products_agree(stage: Stage) -> None:
    """All are on sale, and the word about the one that was turned down is known."""
    stage.sandbox.settle()
    assert stage.sandbox.product_differences() == []
    turned_down = [(sku, "rejected") for sku in stage.sandbox.fashfed.rejected_skus]
    assert stage.ask("select key, state from suggestions where state <> 'approved'") == turned_down


def products_are_there(stage: Stage) -> None:
    """Everything is at Fashfed."""
    _drawn(stage)
    for flow in ("product", "price", "stock"):
        stage.must_run(flow)
    stage.later(minutes=1)
    assert stage.sandbox.product_differences() == []


def products_leave(stage: Stage) -> None:
    """Two products leave the catalogue."""
    products_are_there(stage)
    for sku in stage.sandbox.skus_on_sale()[:2]:
        stage.sandbox.brand.leave_catalogue(sku)


def products_are_gone(stage: Stage) -> None:
    """They are at 0, and Omnitron has forgotten that they were there."""
    stage.sandbox.settle()
    hub = stage.sandbox.omnitron
    assert hub.departed
    assert stage.sandbox.stock_differences() == []
    assert [hub.actions.get("product", pk) for pk in hub.departed] == [None] * len(hub.departed)


def products_are_due(stage: Stage) -> None:
    """Omnitron shows them as changed."""
    hub = stage.sandbox.omnitron
    due = {hub.products.rows[pk]["sku"] for pk in hub.feeds.due("product", "0", "updates").members}
    assert due == set(SKUS)
