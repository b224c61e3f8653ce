"""What must be true, whatever happened (design.md section 7; issue: Proof)."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.seed.buyers import UNKNOWN_CARRIER, UNKNOWN_SKU
from include.sandbox.seed.places import UNKNOWN
from include.state.memory import MemoryDatabase, MemoryStore
from include.state.store import ClaimState, InboxState
from tests.simulation.people import People
from tests.worldkit import CHANNEL

Row = dict[str, Any]
PERSONAL = ("@example.com", "+905", " No: ")
"""Marks of what buyers typed: e-mail addresses, phone numbers, address lines."""
_OVER = ("done", "fail")


class Broken(AssertionError):
    """An invariant does not hold."""


def nothing_held_by(database: MemoryDatabase, process: MemoryStore) -> None:
    """No lock outlives its process."""
    for (_, content_type), holder in database.locks.items():
        if holder is process:
            raise Broken(f"a process that has ended holds the lock on {content_type}")


def shown_is_kept(database: MemoryDatabase, start: datetime, end: datetime, shown_before: set[str]) -> None:
    """After a pull that went well: what the market showed all the while is in the inbox."""
    inbox = database.inbox[CHANNEL, "package"]
    missing = [number for number in shown_before if number not in inbox]
    if missing:
        raise Broken(f"packages {missing} were shown from {start} to {end} and are not in the inbox")


def nothing_personal(hub: Omnitron, database: MemoryDatabase) -> None:
    """Neither the hub's log nor ours names a buyer."""
    told = [str(row) for row in hub.error_reports.rows.values()]
    told += [f"{entry.key} {entry.message}" for entries in database.logs.values() for entry in entries]
    personal = [text for text in told if any(mark in text for mark in PERSONAL)]
    if personal:
        raise Broken(f"personal data was told: {personal[:1]}")


class Invariants:
    """Looks at both remotes and at our database from outside."""

    def __init__(self, sandbox: Sandbox, database: MemoryDatabase, people: People) -> None:
        self._hub = sandbox.omnitron
        self._market = sandbox.fashfed
        self._sandbox = sandbox
        self._database = database
        self._people = people
        self._checked: dict[int, str] = {}

    # --- always ---------------------------------------------------------------------------------------------
    def always(self) -> None:
        """After every step of every run, however it ended."""
        orders = list(self._hub.orders.rows.values())
        owners = Counter(str(order["extra_field"].get("id")) for order in orders)
        twice = [package for package, number in owners.items() if number > 1]
        self._hold(not twice, f"packages {twice} have several orders in the hub")
        for order in orders:
            if order["pk"] not in self._checked:
                self._order(order)
                self._checked[order["pk"]] = order["number"]
        for row in self._database.inbox[CHANNEL, "package"].values():
            if row.state is InboxState.PARKED:
                self._hold(row.code in self._causes(row.market_id), f"package {row.market_id} is parked: {row.reason}")

    def _causes(self, number: str) -> set[str]:
        """For what a package may be parked: nothing that goes wrong on the way is a reason."""
        package, causes = self._market.packages.rows[number], {"order_empty"}
        places = {
            (package[role]["city"], package[role]["township"]) for role in ("shipping_address", "billing_address")
        }
        if places & set(UNKNOWN):
            causes.add("address_not_valid")
        if package["shipping_company"] == UNKNOWN_CARRIER:
            causes.add("cargo_unmapped")
        if any(line["product"] == UNKNOWN_SKU for line in self._people.lines[number].values()):
            causes.add("product_unknown")
        return causes

    def _order(self, order: Row) -> None:
        number = str(order["extra_field"].get("id"))
        bought = self._people.lines.get(number)
        if bought is None:
            raise Broken(f"order {order['number']} is of package {number}, which nobody bought")
        package = self._market.packages.rows[number]
        self._hold(order["number"] == f"FD-{package['order_number']}-{number}", f"order number {order['number']}")
        items = self._hub.order_items.find("order", order["pk"])
        pieces = Counter(item["extra_field"]["id"] for item in items)
        self._hold(set(pieces) <= set(bought), f"order {order['number']} has lines that nobody bought")
        missing = self._people.live_lines(number) - set(pieces)
        self._hold(not missing, f"order {order['number']} lacks the lines {missing}")
        goods = Decimal(0)
        for line, count in pieces.items():
            row = bought[line]
            self._hold(count == row["quantity"], f"line {line}: {count} items for {row['quantity']} pieces")
            mine = [item for item in items if item["extra_field"]["id"] == line]
            product = self._hub.products.rows[mine[0]["product"]]
            self._hold(product["sku"] == row["product"], f"line {line} is of {product['sku']}, not {row['product']}")
            prices = {Decimal(item["price"]) for item in mine}
            self._hold(prices == {_money(row["price"])}, f"line {line} costs {prices}, not {row['price']}")
            discount = sum(Decimal(item["discount_amount"]) for item in mine)
            self._hold(discount == _money(row["discount_amount"]), f"line {line} has a discount of {discount}")
            goods += _money(row["price"]) * count - discount
        amount = goods + Decimal(order["shipping_amount"])
        self._hold(Decimal(order["amount"]) == amount, f"order {order['number']} costs {order['amount']}, not {amount}")
        self._address(order, package)

    def _address(self, order: Row, package: Row) -> None:
        for role in ("shipping_address", "billing_address"):
            stored, shown = self._hub.addresses.rows[order[role]], package[role]
            same = all((stored[name] or "") == (shown[name] or "") for name in ("line", "postcode", "company_name"))
            self._hold(same, f"the {role} of order {order['number']} is not the package's")
        customer = self._hub.customers.rows[order["customer"]]
        self._hold(
            customer["email"].lower() == package["billing_address"]["email"].lower(),
            f"order {order['number']} is of another customer",
        )

    # --- after a process ended -----------------------------------------------------------------------------------
    def nothing_held_by(self, process: MemoryStore) -> None:
        """No lock outlives its process."""
        nothing_held_by(self._database, process)

    def everything_shown_is_kept(self, start: datetime, end: datetime, shown_before: set[str]) -> None:
        """After a pull that went well: what the market showed all the while is in the inbox."""
        shown_is_kept(self._database, start, end, shown_before)

    # --- after clean runs ---------------------------------------------------------------------------------------
    def no_batch_open(self, content_type: str) -> None:
        """After a run without any trouble, nothing blocks the content type and nothing of it is in the air."""
        for batch in self._hub.batches.rows.values():
            if batch["content_type"] == content_type:
                self._hold(
                    batch["status"] in _OVER, f"batch {batch['pk']} of {content_type} is left in {batch['status']}"
                )
        held = [
            action.object_id for action in self._hub.actions.of_model(content_type) if action.status == "processing"
        ]
        self._hold(not held, f"{content_type} {held} are still processing")

    def nothing_oversold(self, changed_before: str) -> None:
        """The market offers no more than hub minus buffer, but for changes of the last moments."""
        for sku, wanted, offered in self._sandbox.stock_differences():
            if offered > wanted and not self._people.meddled(sku) and self._at_rest(sku):
                changed = self._sandbox.stock_row(sku)["modified_date"]
                self._hold(
                    changed > changed_before, f"{sku}: {offered} on sale since {changed}, where {wanted} may be sold"
                )

    def _at_rest(self, sku: str) -> bool:
        """In the catalogue and on sale, and no other flow has it in hand."""
        product = self._sandbox.brand.product(sku)
        stock = self._sandbox.stock_row(sku)
        actions = [self._hub.actions.get("product", product["pk"]), self._hub.actions.get("productstock", stock["pk"])]
        in_hand = any(action is None or action.status != "success" for action in actions)
        return self._hub.in_catalog("product", product) and not in_hand

    # --- at the end ------------------------------------------------------------------------------------------------
    def everything_converged(self) -> None:
        """After a quiet time and with everything mapped: the ledger's difference is 0."""
        self.always()
        nothing_personal(self._hub, self._database)
        self._packages_are_accounted_for()
        self._shipping_is_counted_once()
        never_told = self._cancelled_before_import() | self._people.editors.left.keys()
        differences = [one for one in self._sandbox.stock_differences() if one[0] not in never_told]
        self._hold(not differences, f"(SKU, wanted, on sale) {differences}")
        for content_type in ("order", "orderitem"):
            self.no_batch_open(content_type)
        left = [(row["pk"], row["status"]) for row in self._hub.batches.rows.values() if row["status"] not in _OVER]
        self._hold(not left, f"batches {left} are left behind")
        ours = [batch.id for batch in self._database.batches.values() if batch.state not in _OVER]
        self._hold(not ours, f"our batches {ours} are left open")
        self._hold(not self._database.locks, "locks are left behind")

    def _cancelled_before_import(self) -> set[str]:
        """SKUs the market took out of sale for a buyer who went away before we saw it: the hub never hears of it."""
        ordered = {item["extra_field"]["id"] for item in self._hub.order_items.rows.values()}
        lines = [(number, row) for package in self._people.lines.values() for number, row in package.items()]
        return {row["product"] for number, row in lines if number not in ordered}

    def _packages_are_accounted_for(self) -> None:
        inbox = self._database.inbox[CHANNEL, "package"]
        owed = [row.market_id for row in inbox.values() if row.state in (InboxState.NEW, InboxState.PARKED)]
        reasons = Counter(inbox[number].code for number in owed)
        self._hold(not owed, f"packages {owed[:5]} are still owed: {dict(reasons)}")
        by_package = {str(order["extra_field"]["id"]): order for order in self._hub.orders.rows.values()}
        for number in self._people.lines:
            row, order = inbox.get(number), by_package.get(number)
            if row is None or row.state is InboxState.EXCLUDED:
                self._hold(self._people.is_cancelled(number), f"package {number} is nowhere ({row and row.state})")
                self._hold(order is None, f"package {number} has an order that we do not know of")
                continue
            self._hold(order is not None, f"package {number} is done without an order")
            claim = self._database.claims[CHANNEL, "create_order", number]
            self._hold(claim.state is ClaimState.DONE, f"the claim of package {number} is open")
            if order:
                self._linked(order, number)

    def _linked(self, order: Row, number: str) -> None:
        action = self._hub.actions.get("order", order["pk"])
        named = action is not None and (action.remote_id, action.status) == (number, "success")
        self._hold(named, f"order {order['number']} has the integration action {action}")
        for item in self._hub.order_items.find("order", order["pk"]):
            action = self._hub.actions.get("orderitem", item["pk"])
            line = item["extra_field"]["id"]
            named = action is not None and (action.remote_id, action.status) == (line, "success")
            self._hold(named, f"item {line} has the integration action {action}")
            pair = (CHANNEL, "orderitem", line)
            self._hold(item["pk"] in self._database.identities[pair], f"item {line} is not in the identity map")

    def _shipping_is_counted_once(self) -> None:
        paid: dict[str, Decimal] = {}
        for order in self._hub.orders.rows.values():
            name = order["extra_field"]["order_number"]
            paid[name] = paid.get(name, Decimal(0)) + Decimal(order["shipping_amount"])
        for name, amount in paid.items():
            wanted = _money(self._market.orders.rows[name]["shipping_amount"])
            self._hold(amount == wanted, f"shipping of order {name} is {amount} in the hub, {wanted} at the market")

    def _hold(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Broken(otherwise)


def _money(number: float) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("0.01"))
