"""What somebody spoils after both sides have agreed, so that the ledger has something to name."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.fashfed.market import PREPARING
from include.sandbox.omnitron.orders import change_item

Row = dict[str, Any]
_MORE = Decimal("1.50")


def _amount(sandbox: Sandbox, rng: random.Random, order: Row) -> bool:
    _raise(sandbox, order, "amount")
    return True


def _price(sandbox: Sandbox, rng: random.Random, order: Row) -> bool:
    _raise(sandbox, order, "amount")
    return _change_item(sandbox, rng, order, "price")


def _discount(sandbox: Sandbox, rng: random.Random, order: Row) -> bool:
    return _change_item(sandbox, rng, order, "discount_amount")


def _units(sandbox: Sandbox, rng: random.Random, order: Row) -> bool:
    """Units leave a line at Fashfed, and no claim says so."""
    market = sandbox.fashfed
    lines = {sandbox.hands.line_of(item) for item in sandbox.omnitron.order_items.find("order", order["pk"])}
    several = [line for line in sorted(lines & market.items.rows.keys()) if market.items.rows[line]["quantity"] > 1]
    several = [line for line in several if market.items.rows[line]["status"] == PREPARING]
    if several:
        line = market.items.rows[rng.choice(several)]
        market.take_units(line, 1)
        market.packages.change(market.packages.rows[line["package"]], updated_at=market.now())
    return bool(several)


def _raise(sandbox: Sandbox, order: Row, *names: str) -> None:
    sandbox.omnitron.touch("order", order, **{name: f"{Decimal(order[name]) + _MORE:.2f}" for name in names})


def _change_item(sandbox: Sandbox, rng: random.Random, order: Row, name: str) -> bool:
    items = [item for item in sandbox.omnitron.order_items.find("order", order["pk"]) if int(item["status"]) > 100]
    if items:
        item = rng.choice(items)
        change_item(sandbox.omnitron, item, **{name: f"{Decimal(item[name]) + _MORE:.2f}"})
    return bool(items)


SPOILINGS: tuple[Callable[[Sandbox, random.Random, Row], bool], ...] = (_amount, _price, _discount, _units)
"""Each says whether there was something to spoil about the order."""
