"""Packages, their items, orders and labels (api/fashfed.md section 4, PKG101 to ORD201)."""

from typing import TYPE_CHECKING, Any

from include.sandbox.fashfed.catalogue import LARGEST_PAGE, dates, moments
from include.sandbox.fashfed.claims import shown_claim
from include.sandbox.fashfed.parcels import DELIVERED, PREPARING, READY, SHIPPED, Group
from include.sandbox.fields import Field, clean, text
from include.sandbox.routing import Call, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import paged, select

if TYPE_CHECKING:
    from include.sandbox.fashfed.market import Fashfed

_BOUNDS = ("", "__gt", "__gte", "__lt", "__lte")
_DATES = dates("updated_at", "created_at", bounds=_BOUNDS)
_FORWARD = (PREPARING, READY, SHIPPED, DELIVERED)
_UPDATE = {
    "status": Field("integer"),
    "waybill_number": text(255),
    "invoice_number": text(255),
    "invoice_date": Field("moment"),
    "e_archive_url": text(2000),
    "tracking_number": text(255),
    "tracking_url": text(2000),
    "shipped_date": Field("moment"),
}


def list_packages(market: "Fashfed", call: Call) -> Reply:
    moments(call)
    for value in call.query.get("status", ()):
        if value not in {"1", "2", "3", "4", "5", "6"}:
            raise invalid(status=f"Select a valid choice. {value} is not one of the available choices.")
    if len(call.query.get("status", ())) > 1:
        call.query["status"] = call.query["status"][-1:]
    if "order__number" in call.query:
        call.query["order_number"] = call.query.pop("order__number")
    filters = ("number", "order_number", "waybill_number", "status", *_DATES)
    return paged(call, select(market.packages, call, filters), largest=LARGEST_PAGE)


def package_of(market: "Fashfed", call: Call) -> Row:
    package: Row | None = market.packages.rows.get(call.params["number"])
    if package is None:
        raise not_found()
    return package


def list_items(market: "Fashfed", call: Call) -> Reply:
    package = package_of(market, call)
    moments(call)
    call.query["package"] = [package["number"]]
    rows = select(market.items, call, ("package", *_DATES))
    del call.query["package"]
    return paged(call, [shown_item(item) for item in rows], largest=LARGEST_PAGE)


def shown_item(item: Row) -> Row:
    return {name: value for name, value in item.items() if name != "package"}


def update_package(market: "Fashfed", call: Call) -> Reply:
    """Statuses move forward only; repeating the same body is harmless."""
    package = package_of(market, call)
    changes = clean(_UPDATE, call.data(), market, partial=True)
    if not changes:
        raise invalid(non_field_errors="At least one field is needed.")
    status = changes.pop("status", None) or package["status"]
    if status != package["status"]:
        _check_forward(market, package, status)
    tracking = changes.get("tracking_number")
    market.move(package, status, **changes)
    if tracking:
        for item in market.items.find("package", package["number"]):
            market.items.change(item, tracking_number=tracking)
    return Reply(200, package)


def _check_forward(market: "Fashfed", package: Row, wanted: int) -> None:
    current = package["status"]
    if current not in _FORWARD or wanted not in _FORWARD or wanted < current:
        market.backward_attempts.append((package["number"], current, wanted))
        raise invalid(status=f"A package of status {current} cannot go to {wanted}.")


def split_package(market: "Fashfed", call: Call) -> Reply:
    """Move chosen lines of a preparing package into new packages; at least one line stays."""
    package = package_of(market, call)
    if package["status"] != PREPARING:
        raise invalid(non_field_errors="Only a preparing package can be split.")
    groups = _groups(market, package, call.data().get("packages"))
    try:
        market.split(package, groups)
    except ValueError as refusal:
        raise invalid(packages=str(refusal)) from None
    return Reply(200, {"packages": market.packages.find("order_number", package["order_number"])})


def _groups(market: "Fashfed", package: Row, wanted: Any) -> list[Group]:
    if not isinstance(wanted, list) or not wanted:
        raise invalid(packages="This list may not be empty.")
    items = {item["number"]: item for item in market.items.find("package", package["number"])}
    left = {number: item["quantity"] for number, item in items.items()}
    groups = []
    for entry in wanted:
        group = []
        for line in entry.get("items") or []:
            number = line.get("number")
            quantity = line.get("quantity", left.get(number))
            if number not in items or not isinstance(quantity, int):
                raise invalid(packages=f"Line {number} is not in the package with this quantity.")
            left[number] -= quantity
            group.append((items[number], quantity))
        groups.append(group)
    return groups


def cancel_items(market: "Fashfed", call: Call) -> Reply:
    """The seller cancels lines of a preparing package; the claims carry cancelled_by 2."""
    package = package_of(market, call)
    if package["status"] != PREPARING:
        raise invalid(non_field_errors="Only lines of a preparing package can be cancelled.")
    wanted = call.data().get("items")
    if not isinstance(wanted, list) or not wanted:
        raise invalid(items="This list may not be empty.")
    items = {item["number"]: item for item in market.items.find("package", package["number"])}
    for line in wanted:
        reason = market.reasons.rows.get(line.get("reason"))
        if line.get("number") not in items:
            raise invalid(items=f"Line {line.get('number')} is not in the package.")
        if reason is None or reason["type"] != "cancel":
            raise invalid(items=f"Reason {line.get('reason')} is not a cancel reason.")
    claims = [
        market.cancel_item(items[line["number"]], by=2, reason=line["reason"], detail=line.get("detail") or "")
        for line in wanted
    ]
    return Reply(200, {"claims": [shown_claim(market, claim) for claim in claims]})


def label(market: "Fashfed", call: Call) -> Reply:
    """A one-page PDF that names the package."""
    number = package_of(market, call)["number"]
    stream = f"BT /F1 24 Tf 40 80 Td ({number}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 140]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    parts = [b"%d 0 obj%s endobj\n" % (place, body) for place, body in enumerate(objects, 1)]
    body = b"%PDF-1.4\n" + b"".join(parts) + b"trailer<</Root 1 0 R/Size 5>>\n%%EOF\n"
    return Reply(200, body=body, content_type="application/pdf")


def order_head(market: "Fashfed", call: Call) -> Reply:
    order = market.orders.rows.get(call.params["number"])
    if order is None:
        raise not_found()
    packages = [{"number": row["number"]} for row in market.packages.find("order_number", order["number"])]
    names = ("number", "currency", "shipping_amount", "installment_interest_amount")
    return Reply(200, {**{name: order[name] for name in names}, "packages": packages})


_PATH = "/api/i2/packages/"
ROUTES: list[Route] = [
    ("GET", _PATH, list_packages),
    ("PATCH", _PATH + "{number}/", update_package),
    ("GET", _PATH + "{number}/items/", list_items),
    ("POST", _PATH + "{number}/split/", split_package),
    ("POST", _PATH + "{number}/cancel/", cancel_items),
    ("GET", _PATH + "{number}/label/", label),
    ("GET", "/api/i2/orders/{number}/", order_head),
]
