"""What reaches Fashfed, and from whom: in which order the values of a SKU come, and whether anybody may send them."""

from collections.abc import Sequence
from typing import Any

from include.sandbox import Sandbox
from include.state import rules
from include.state.memory import MemoryDatabase
from include.state.store import Sent
from tests.simulation.mortal import SENDING, Life, Sending
from tests.simulation.people import People
from tests.worldkit import CHANNEL

Row = dict[str, Any]
_SENDERS = {"stock": {"stock", "delete_product"}, "price": {"price"}, "product": {"product"}}
"""Kind of call -> the flows that may make it."""
_CARRIED = {"stock": ("productstock",), "price": ("productprice",), "product": ("productstock", "productprice")}
"""Kind of call -> the values it carries. The 0 of a product that left the catalogue has no version."""


class Arrivals:
    """Listens at the market and at the ledger. What must not be is kept in ``wrong``."""

    def __init__(self, sandbox: Sandbox, database: MemoryDatabase, people: People) -> None:
        self.wrong = ""
        self.overtaken: set[str] = set()
        """SKUs for which a newer value was overtaken by one whose sender had given up: nothing can prevent that."""
        self.writes = 0
        self._sandbox = sandbox
        self._database = database
        self._people = people
        self._newest: dict[tuple[str, str], str] = {}
        market = sandbox.fashfed
        submit = market.submit

        def noted(kind: str, items: list[Row]) -> Row:
            if sending := SENDING.get():
                self._arrive(kind, items, sending)
            return submit(kind, items)

        market.submit = noted  # type: ignore[method-assign]

    def leaving(self, life: Life, kind: str, rows: Sequence[Sent]) -> None:
        """Values are about to leave: equal content must not, once Fashfed has confirmed it."""
        for row in rows:
            life.submitted[kind, row.key] = row.version
            known = self._database.sent.get((CHANNEL, kind, row.key))
            if kind == "product" and known and known.value == row.value and self._agreed(row.key):
                self._fail(f"{life.name} suggests {row.key} again with equal content")

    def _agreed(self, key: str) -> bool:
        actions = self._sandbox.omnitron.actions.with_remote([key])
        return any(action.model == "product" and action.agreed for action in actions)

    def _arrive(self, kind: str, items: list[Row], sending: Sending) -> None:
        flow = sending.life.name.split(".")[0]
        if flow not in _SENDERS[kind]:
            self._fail(f"{sending.life.name} sends a {kind}")
        if self._people.off_before(flow, sending.life.born):
            self._fail(f"{sending.life.name} sends, although the flag was off before it began")
        if flow == "delete_product":
            return
        for item in items:
            for carried in _CARRIED[kind]:
                self._compare(carried, item["sku"], sending)

    def _compare(self, carried: str, sku: str, sending: Sending) -> None:
        version, newest = sending.versions.get((carried, sku)), self._newest.get((carried, sku))
        if version is None:
            self._fail(f"{sending.life.name} sends {carried} of {sku} without having noted its version")
        elif newest is None or not rules.older(version, newest):
            self._newest[carried, sku] = version
        elif sending.awaited:
            self._fail(f"{sending.life.name} overwrites {carried} {newest} of {sku} with the older {version}")
        else:
            self.overtaken.add(sku)

    def _fail(self, text: str) -> None:
        self.wrong = self.wrong or text
