"""What happens to stocks, prices and the assortment in a living world."""

import random
from decimal import Decimal

from include.sandbox.sandbox import Sandbox
from include.sandbox.seed.assortment import articles
from include.sandbox.seed.catalogue import add_article


class TradeLife:
    """One method per happening, named as in ``Rates``; each says whether it happened."""

    def __init__(self, sandbox: Sandbox, rng: random.Random, seed: int) -> None:
        self.rng = rng
        self._sandbox = sandbox
        self._seed = seed
        self._made = 0

    def _stock(self, *amounts: int) -> bool:
        hub = self._sandbox.omnitron
        if not len(hub.stocks):
            return False
        # Of one: so that the worlds of known seeds stay what they were.
        stock = self.rng.choice([hub.stocks.rows.get(self.rng.randrange(len(hub.stocks)) + 1)])
        amount = self.rng.choice(amounts)
        if stock is None:
            return False
        hub.touch("productstock", stock, stock=max(0, stock["stock"] + amount))
        return True

    def restocks(self) -> bool:
        return self._stock(5, 10, 20, 50)

    def sales_elsewhere(self) -> bool:
        return self._stock(-1, -1, -1, -2, -3)

    def reprices(self) -> bool:
        hub = self._sandbox.omnitron
        if not len(hub.prices):
            return False
        price = hub.prices.rows.get(self.rng.randrange(len(hub.prices)) + 1)
        factor = Decimal(self.rng.choice(("0.80", "0.90", "0.95", "1.05", "1.10")))
        if price is None:
            return False
        value = min(Decimal(price["price"]) * factor, Decimal(price["retail_price"]))
        hub.touch("productprice", price, price=f"{value:.2f}")
        return True

    def new_products(self) -> bool:
        hub = self._sandbox.omnitron
        article = next(articles(self.rng, first=500_000 + self._seed * 1000 + self._made))
        if hub.products.find("sku", article.sku):
            return False
        add_article(hub, article, self.rng.choice((10, 20, 40)))
        self._made += 1
        return True
