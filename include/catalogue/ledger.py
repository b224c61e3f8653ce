"""The ledger: on what Omnitron and Fashfed do not agree about orders."""

from include.catalogue.entries import Entry

LEDGER: dict[str, Entry] = {
    "package_missing": Entry(
        "Package {number} has no order in Omnitron: {why}",
        "No flow has read the package, or its order was deleted.",
        "operations",
        "Run Order Sweep and Backfill over the time of the package (From and To); restore an order that was deleted.",
    ),
    "package_untouched": Entry(
        "Package {number} has been in the inbox since {since} and nobody has tried it yet",
        "Order Create reads packages but does not come to work them off.",
        "administrator",
        "See in the last runs of Order Create why its step apply does not get through.",
    ),
    "order_without_package": Entry(
        "Order {number} in Omnitron is of package {package}, which Fashfed does not show",
        "The order was entered with a wrong package number, or Fashfed has removed the package.",
        "operations",
        "Correct extra_field.id of the order, or cancel it in Omnitron when nobody bought it.",
    ),
    "order_doubled": Entry(
        "Order {number} in Omnitron is of package {package}, whose order is another one (pk {other})",
        "The order was entered a second time.",
        "operations",
        "Cancel the order that was entered by hand, so that nothing is shipped twice.",
    ),
    "line_only_in_omnitron": Entry(
        "Line {line} has {here} units in Omnitron, {there} at Fashfed",
        "Units were cancelled at Fashfed and not in Omnitron, or Omnitron has more than was bought.",
        "operations",
        "See in the inbox what became of the line's cancellations; cancel the units in Omnitron before they ship.",
    ),
    "line_only_at_fashfed": Entry(
        "Line {line} has {here} units in Omnitron, {there} at Fashfed",
        "Units were cancelled in Omnitron and not at Fashfed, or never came in; the buyer still expects them.",
        "operations",
        "Cancel the units at Fashfed, or enter them in Omnitron.",
    ),
    "line_price": Entry(
        "A unit of line {line} costs {here} in Omnitron, {there} at Fashfed",
        "The price was changed after the order came in, or the order was entered by hand.",
        "operations",
        "Correct the item in Omnitron before it is invoiced.",
    ),
    "line_discount": Entry(
        "Line {line} has a discount of {here} in Omnitron, {there} at Fashfed",
        "The discount was changed after the order came in, or the order was entered by hand.",
        "operations",
        "Correct the items in Omnitron before they are invoiced.",
    ),
    "order_discount": Entry(
        "The lines of order {number} have discounts of {here} in Omnitron, {there} at Fashfed",
        "The order was split, and the shares of its discounts do not add up to what they were.",
        "operations",
        "Correct the items in Omnitron before they are invoiced.",
    ),
    "order_amount": Entry(
        "Order {number} costs {here} in Omnitron; its items and its shipping add up to {there}",
        "The order or its items were changed after it came in.",
        "operations",
        "Correct the order in Omnitron before it is invoiced.",
    ),
    "order_shipping": Entry(
        "The shipping of order {order} costs {there} at Fashfed; its orders in Omnitron count {here}",
        "It was counted for several packages, for none, or with another amount.",
        "operations",
        "Correct the shipping amount of its orders in Omnitron: one of them has it, the others have 0.",
    ),
    "item_status_unreadable": Entry(
        "Item {pk} of line {line} has the status {status} in Omnitron, which says nothing",
        "Omnitron shows a status that is no number.",
        "Omnitron",
        "Check the item in Omnitron; if its status is right there, report it.",
    ),
    "refund_without_return": Entry(
        "Item {pk} of line {line} is refunded in Omnitron, but Fashfed knows of no return",
        "The return was made by hand in Omnitron, which Fashfed cannot be told.",
        "operations",
        "Have the buyer return it at Fashfed as well, or settle the amount with Fashfed.",
    ),
    "claim_missing": Entry(
        "Claim {claim} ({kind}) of line {line} is at Fashfed and not in the inbox",
        "No flow has read the claim.",
        "operations",
        "Run Order Sweep and Backfill over the time of the claim (From and To).",
    ),
    "return_only_at_fashfed": Entry(
        "Return {claim} of line {line} is {there} at Fashfed, its request {pk} in Omnitron is {here}",
        "Fashfed has decided itself, and otherwise than the brand.",
        "operations",
        "Agree with Fashfed on this return; then decide the request in Omnitron in the same way.",
    ),
    "return_only_in_omnitron": Entry(
        "Return {claim} of line {line} is {there} at Fashfed, its request {pk} in Omnitron is {here}",
        "Fashfed has decided itself, and otherwise than the brand.",
        "operations",
        "Agree with Fashfed on this return; what Omnitron has refunded, Fashfed has not.",
    ),
    "not_comparable": Entry(
        "{record} could not be compared: {detail}",
        "One side does not show the record so that it can be read.",
        "operations",
        "See what the message names; the record is compared again by itself.",
    ),
}
