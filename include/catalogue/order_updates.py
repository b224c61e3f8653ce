"""Orders on their way: what Fashfed is told of them, and what it tells."""

from include.catalogue.entries import Entry

ORDER_UPDATES: dict[str, Entry] = {
    "package_unknown": Entry(
        "Fashfed does not show package {number} of order {order}",
        "The package was made under another Fashfed account, or Fashfed has removed it.",
        "operations",
        "Check the package at Fashfed and the Access Token of the channel; the order is tried again by itself.",
        "remote",
    ),
    "order_update_refused": Entry(
        "Fashfed refused the update of package {sku}: {detail}",
        "Fashfed found a value of the update invalid.",
        "operations",
        "Correct in Omnitron what the refusal names (status, invoice, tracking); the order is sent again by itself.",
        "remote",
    ),
    "movement_refused": Entry(
        "Omnitron refused to bring the items of package {number} up to date: {detail}",
        "Omnitron found the status or the tracking number invalid.",
        "operations",
        "Correct what the refusal names; the package is tried again by itself.",
        "remote",
    ),
    "tracking_number_awaited": Entry(
        "Package {number} is shipped and has no tracking number yet",
        "Fashfed shows the package as shipped without a tracking number; its status is in Omnitron already.",
        "nobody",
        "Nothing to do: the tracking number is taken over when Fashfed shows it.",
        "remote",
    ),
    "carrier_refused": Entry(
        "Omnitron refused to note carrier {slug} for order {number}: {detail}",
        "Omnitron did not accept the shipping info; status and tracking number are in Omnitron already.",
        "operations",
        "Check the cargo company that Cargo Company Mapping gives for this carrier; enter it at the order by hand.",
        "remote",
    ),
}
