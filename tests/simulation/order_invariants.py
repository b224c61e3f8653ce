"""What must be true of the whole life of orders, whatever happened (design.md section 7)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.order_view import lives
from include.state.memory import MemoryDatabase, MemoryStore
from include.state.store import OWED, ClaimState, InboxRow
from tests.simulation.invariants import Broken, nothing_held_by, nothing_personal, shown_is_kept
from tests.worldkit import CHANNEL

Row = dict[str, Any]
KINDS = ("package", "cancel", "refund", "movement", "plan", "split")
FOR_A_PERSON = {
    "cancel": {"cancel_refused", "cancel_plans_used_up"},
    "plan": {"partial_line_cancel", "seller_cancel_refused"},
    "split": {"split_refused"},
}
"""What the world does that no program can put right: some units of a line cancelled in Omnitron, or a line cancelled at
Fashfed that the warehouse had given away."""


class OrderInvariants:
    """Looks at both remotes and at our database from outside."""

    def __init__(self, sandbox: Sandbox, database: MemoryDatabase) -> None:
        self._hub = sandbox.omnitron
        self._market = sandbox.fashfed
        self._sandbox = sandbox
        self._database = database
        self._versions: tuple[int, ...] = ()

    # --- after every task --------------------------------------------------------------------------------------
    def always(self) -> None:
        """Nothing twice, nothing backward, nothing cancelled that lives at the market. Looked at after each change."""
        hub = self._hub
        tables = (hub.orders, hub.order_items, hub.cancellation_requests, hub.cancellation_plans, self._market.claims)
        versions = tuple(table.version for table in tables)
        if versions == self._versions:
            return
        self._versions = versions
        self._no_order_twice()
        self._nothing_went_back()
        self._no_request_twice()
        for number, excess in self._cancelled_too_much():
            raise Broken(f"of market order {number} {excess} units are cancelled in Omnitron that nobody cancelled")

    def nothing_held_by(self, process: MemoryStore) -> None:
        nothing_held_by(self._database, process)

    def everything_shown_is_kept(self, start: datetime, end: datetime, shown_before: set[str]) -> None:
        shown_is_kept(self._database, start, end, shown_before)

    def _no_order_twice(self) -> None:
        owners = Counter(str(order["extra_field"].get("id")) for order in self._hub.orders.rows.values())
        twice = [package for package, count in owners.items() if count > 1]
        _hold(not twice, f"packages {twice} have several orders")
        bought, made = self._bought(), self._made()
        more = {key: (made[key], bought[key]) for key in made if made[key] > bought[key]}
        _hold(not more, f"(market order, SKU): (units in Omnitron, units ever bought) {more}")

    def _bought(self) -> Counter[tuple[str, str]]:
        """Units that buyers ever ordered: those of lines that were not divided from others."""
        units: Counter[tuple[str, str]] = Counter()
        for line in self._market.lines.values():
            if line["parent"] is None:
                order = self._market.packages.rows[line["package"]]["order_number"]
                units[order, line["product"]] += next(iter(line["discounts"]))
        return units

    def _made(self) -> Counter[tuple[str, str]]:
        units: Counter[tuple[str, str]] = Counter()
        for item in self._hub.order_items.rows.values():
            order = self._hub.orders.rows[item["order"]]["extra_field"]["order_number"]
            units[order, self._hub.products.rows[item["product"]]["sku"]] += item["quantity"]
        return units

    def _nothing_went_back(self) -> None:
        _hold(not self._hub.backward_moves, f"items went back in Omnitron: {self._hub.backward_moves[:3]}")
        _hold(not self._market.backward_attempts, f"packages were sent back: {self._market.backward_attempts[:3]}")

    def _no_request_twice(self) -> None:
        hub, asked = self._hub, Counter[str]()
        for request in hub.cancellation_requests.rows.values():
            claims = [claim for claim in self._market.claims.rows if claim in (request["description"] or "")]
            asked.update(claims)
        twice = [claim for claim, count in asked.items() if count > self._market.claims.rows[claim]["quantity"]]
        _hold(not twice, f"returns {twice} have several requests")

    def _cancelled_too_much(self) -> Iterator[tuple[str, int]]:
        """Market orders of which more units are cancelled in the hub than buyers and brand cancelled."""
        brand = self._cancelled_by_brand()
        dead: Counter[str] = Counter()
        for item in self._hub.order_items.rows.values():
            if not lives(item) and item["pk"] not in brand:
                dead[self._hub.orders.rows[item["order"]]["extra_field"]["order_number"]] += item["quantity"]
        claimed: Counter[str] = Counter()
        for claim in self._market.claims.find("type", "cancel"):
            package = self._market.lines[claim["package_item"]]["package"]
            if claim["status"] == "completed":
                claimed[self._market.packages.rows[package]["order_number"]] += claim["quantity"]
        yield from ((number, units - claimed[number]) for number, units in dead.items() if units > claimed[number])

    def _cancelled_by_brand(self) -> set[int]:
        reason = str(self._hub.channel["conf"]["send_cancel_reason_id"])
        return {
            entry["order_item"]
            for plan in self._hub.cancellation_plans.rows.values()
            for entry in plan["items"]
            if str(entry["reason"]) == reason and plan["status"] != "rejected"
        }

    def waits_for_a_person(self) -> bool:
        """Whether something is left that no program can put right."""
        return any(True for _ in self._owed())

    def _owed(self) -> Iterator[InboxRow]:
        for kind in KINDS:
            yield from (row for row in self._database.inbox[CHANNEL, kind].values() if row.state in OWED)

    def _returned_though_cancelled(self, row: InboxRow) -> bool:
        """Whether more units came back than Omnitron has left, because some of their line are cancelled only there."""
        if (row.kind, row.code) != ("refund", "refund_no_unit"):
            return False
        plans = [int(plan.market_id) for plan in self._owed() if plan.code == "partial_line_cancel"]
        orders = {self._hub.cancellation_plans.rows[pk]["order"] for pk in plans}
        line = self._market.claims.rows[row.market_id]["package_item"]
        lines = [item["extra_field"]["id"] for order in orders for item in self._hub.order_items.find("order", order)]
        return line in lines

    def packages_for_a_person(self) -> set[str]:
        """Packages that hold a line whose cancellation or return Omnitron has no unit for, and their parts."""
        rows = [row for row in self._owed() if row.kind == "cancel" or self._returned_though_cancelled(row)]
        claims = [self._market.claims.rows[row.market_id] for row in rows]
        packages = {self._market.lines[claim["package_item"]]["package"] for claim in claims}
        orders = {self._market.packages.rows[number]["order_number"] for number in packages}
        return {row["number"] for row in self._market.packages.rows.values() if row["order_number"] in orders}

    # --- at the very end ------------------------------------------------------------------------------------------
    def everything_converged(self) -> None:
        """After the quiet: both remotes tell the same, nothing is owed, nothing is open."""
        self.always()
        nothing_personal(self._hub, self._database)
        owed = [
            f"{row.kind} {row.market_id} ({row.code or 'new'}: {row.reason})"
            for row in self._owed()
            if row.code not in FOR_A_PERSON.get(row.kind, set()) and not self._returned_though_cancelled(row)
        ]
        _hold(not owed, f"still owed: {owed[:4]}")
        excused = self.packages_for_a_person()
        differences = [one for one in self._sandbox.order_differences() if one[0] not in excused]
        _hold(not differences, f"{len(differences)} differences: {differences[:4]}")
        named = self._database.differences[CHANNEL, "order"].values()
        stood = [one for one in named if one.key not in self._market.owner_decided | excused]
        _hold(not stood, f"the ledger names differences where there are none: {stood[:3]}")
        left = [
            (row["pk"], row["status"])
            for row in self._hub.batches.rows.values()
            if row["status"] not in ("done", "fail")
        ]
        _hold(not left, f"batches {left} are left behind")
        opened = [key for key, claim in self._database.claims.items() if claim.state is ClaimState.OPEN]
        unclear = [key for key in opened if key[1] not in ("shipping_amount", "shipping_info")]
        _hold(not unclear, f"claims are left open: {unclear[:4]}")
        _hold(not self._database.locks, "locks are left behind")


def _hold(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)
