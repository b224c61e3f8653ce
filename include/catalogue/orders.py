"""Orders."""

from include.catalogue.entries import Entry

ORDERS: dict[str, Entry] = {
    "address_not_valid": Entry(
        "Address is not valid. channel: {channel_id} code: {code} model: {model} {parents}",
        "The buyer's {level} is not known to Omnitron under this name and is not mapped.",
        "operations",
        "Complete the {level} mapping of this address in Omnitron; the order comes in by itself.",
        "mapping",
    ),
    "address_ambiguous": Entry(
        "Address is not valid. channel: {channel_id} code: {code} model: {model} {parents} ({count} rows match)",
        "Several rows of Omnitron bear this name.",
        "operations",
        "Map the {level} to the right row in Omnitron; the order comes in by itself.",
        "mapping",
    ),
    "address_incomplete": Entry(
        "The {role} address has no {fields}",
        "Fashfed sent an address that Omnitron cannot take.",
        "operations",
        "Ask Fashfed for the buyer's address.",
        "mapping",
    ),
    "address_too_long": Entry(
        "{field} of the {role} address has {length} characters; Omnitron takes {limit}",
        "Cutting it could send the parcel to the wrong door, so the order waits.",
        "operations",
        "Have the address shortened at Fashfed, or enter the order by hand and exclude it here.",
        "mapping",
    ),
    "product_unknown": Entry(
        "Product not found: remote_id={sku}",
        "A line names an SKU that was not sent through this channel.",
        "catalogue team",
        "Send the product through this channel, or correct its SKU; the order comes in by itself.",
        "mapping",
    ),
    "cargo_unmapped": Entry(
        "Cargo Company Mapping has no usable entry for {slug}",
        "The carrier is not mapped to a cargo company of Omnitron.",
        "operations",
        "Complete Cargo Company Mapping in Omnitron > Settings > Sales Channels.",
        "mapping",
    ),
    "customer_incomplete": Entry(
        "The buyer has no {field}",
        "Omnitron finds customers by this field.",
        "operations",
        "Ask Fashfed for the buyer's data.",
        "mapping",
    ),
    "order_number_too_long": Entry(
        "Order number {number} has {length} characters; Omnitron takes {limit}",
        "Order Number Format makes numbers that are too long.",
        "operations",
        "Shorten Order Number Format in Omnitron > Settings > Sales Channels.",
    ),
    "order_empty": Entry(
        "Package {number} has no items",
        "Fashfed shows the package without lines.",
        "Fashfed",
        "Nothing to do at first: it is looked at again. If it lasts, ask Fashfed.",
        "remote",
    ),
    "order_amounts": Entry(
        "Package {number} does not add up: {detail}",
        "Amounts of the lines are missing or negative.",
        "Fashfed",
        "Ask Fashfed to correct the package.",
        "mapping",
    ),
    "order_number_taken": Entry(
        "Omnitron has order {number} already, for another package ({other})",
        "Two packages make the same number, or the order was entered by hand.",
        "operations",
        "Check both orders; put {{id}} into Order Number Format, or assign this package its order or exclude it"
        " in the Inbox.",
        "mapping",
    ),
    "order_refused": Entry(
        "Omnitron refused order {number}: {detail}",
        "Omnitron checked the order and did not accept it.",
        "operations",
        "Correct what the refusal names; the order is tried again by itself.",
        "remote",
    ),
    "order_gone": Entry(
        "Omnitron does not show order {number} (pk {pk}) any more, although it was created for this package",
        "The order was deleted in Omnitron.",
        "operations",
        "Restore the order in Omnitron, or assign the package another or exclude it in the Inbox.",
        "remote",
    ),
    "items_missing": Entry(
        "Order {number} has {found} items in Omnitron where the package has {expected}",
        "The order in Omnitron is not what we sent.",
        "operations",
        "Compare the order with the package before shipping it.",
        "remote",
    ),
    "order_not_imported": Entry(
        "The order of package {number} is not in Omnitron yet (line {line})",
        "Order Create has not brought the package into Omnitron, or waits for something itself.",
        "nobody",
        "Nothing to do if the package comes in by itself; else see why it is parked in the inbox.",
    ),
    "order_unclear": Entry(
        "Package {number} was cancelled, and it is unclear yet whether its order was made before that",
        "The answer to an earlier try got lost a few minutes ago.",
        "nobody",
        "Nothing to do: it is looked at again.",
    ),
    "order_not_linked": Entry(
        "Order {number} was made, but Omnitron did not take its name at Fashfed: {detail}",
        "Omnitron refused the order in the batch request that links it.",
        "operations",
        "See in Omnitron what became of the order; it is tried again by itself.",
        "remote",
    ),
}
