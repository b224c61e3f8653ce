"""Splitting packages: what callers of the endpoint are told, and what keeps a request from being carried out."""

from include.catalogue.entries import Entry

_AGAIN = "Send a request that can be carried out; this one is set aside."

SPLITS: dict[str, Entry] = {
    # --- who asks, and how ---
    "split_unauthorized": Entry(
        "The credentials are missing or wrong",
        "Neither Authorization nor X-Fashfed-Signature fits the password of a connection split_packages_<channel>.",
        "administrator",
        "Send the secret of the Airflow connection split_packages_default (docs/split_packages.md); where there is no "
        "such connection, add it: its password is the secret.",
    ),
    "split_malformed": Entry(
        "The request cannot be read: {detail}",
        "The body is not the JSON that docs/split_packages.md describes.",
        "operations",
        "Correct what is named and send the request again.",
    ),
    "split_event_unknown": Entry(
        "Events of type {type} are not handled here; expected is package.split",
        "The web hook is set up for another event.",
        "operations",
        "Set the event type of the web hook to package.split.",
    ),
    "split_too_large": Entry(
        "The request has more than {limit} KB",
        "No package has that many lines.",
        "operations",
        "Send one request for each package.",
    ),
    "split_too_often": Entry(
        "More than {limit} requests a minute",
        "One caller may not keep the others from being heard.",
        "operations",
        "Send it again after the time that Retry-After names.",
    ),
    "split_not_stored": Entry(
        "The request was not stored: {detail}",
        "The connector's database or one of its connections cannot be used now.",
        "administrator",
        "Send it again after the time that Retry-After names; nothing has happened yet.",
    ),
    "split_unknown_request": Entry(
        "There is no split request {correlation_id} on this channel",
        "It was never accepted, or belongs to another channel.",
        "operations",
        "Use the correlation_id of the answer 202.",
    ),
    "split_off": Entry(
        "Split Packages does not run: {reason}",
        "The channel or its feature flag is switched off, or a setting it needs is wrong.",
        "operations",
        "Correct it in Omnitron > Settings > Sales Channels and send the request again.",
    ),
    "split_channel_foreign": Entry(
        "Channel {channel_id} is not the channel of these credentials",
        "The request names a sales channel that this secret does not belong to.",
        "operations",
        "Send the id of the channel in Omnitron, with the secret of its own connection.",
    ),
    "split_request_reused": Entry(
        "Request {request_id} was accepted before with other content",
        "Two different requests bear the same id.",
        "operations",
        "Give each request an id of its own.",
    ),
    # --- what is to be split ---
    "split_package_unknown": Entry(
        "Fashfed has no package {package} of order {order}",
        "The numbers are not Fashfed's, or not of this seller account.",
        "operations",
        "Use the numbers that an order of Omnitron has in extra_field: id is the package, order_number the order.",
        "remote",
    ),
    "split_package_unclear": Entry(
        "Order {order} has several packages, and the lines do not tell which one is meant",
        "Only the order was named.",
        "operations",
        "Name the package with package_number and send the request again.",
    ),
    "split_not_preparing": Entry(
        "Package {package} has status {status} at Fashfed; only one in Preparing (2) can be split",
        "It is cancelled, ready or on its way.",
        "operations",
        "Nothing can be done at Fashfed any more; correct the order where it is shipped from.",
        "remote",
    ),
    "split_group_empty": Entry(
        "There is a new package without lines",
        "Each entry of packages becomes a package and needs items.",
        "operations",
        _AGAIN,
    ),
    "split_quantity_invalid": Entry(
        "The quantity {quantity} of {line} is not a whole number above 0",
        "Only whole units can be moved.",
        "operations",
        _AGAIN,
    ),
    "split_line_unknown": Entry(
        "Package {package} has no line {line}",
        "The line is of another package, or was cancelled or moved before.",
        "operations",
        _AGAIN,
    ),
    "split_sku_ambiguous": Entry(
        "SKU {sku} is on several lines of package {package}, and the quantity does not tell which one is meant",
        "More than one line can give what is wanted.",
        "operations",
        "Name the line with item_id, which is extra_field.id of the item in Omnitron.",
    ),
    "split_too_many": Entry(
        "The new packages take {wanted} of {line}, and package {package} holds {held}",
        "The quantities add up to more than there is.",
        "operations",
        _AGAIN,
    ),
    "split_nothing_stays": Entry(
        "Nothing would stay in package {package}",
        "A split makes at least two packages: what is left over stays in the old one.",
        "operations",
        "Leave out the lines that are to stay.",
    ),
    "split_item_merged": Entry(
        "Line {line} can only be moved whole",
        "Order Item Quantity Key makes one item of a line in Omnitron, and an item cannot be cut in two.",
        "operations",
        "Ask for the whole line, or empty Order Item Quantity Key for the orders to come.",
    ),
    # --- carrying it out ---
    "split_order_unknown": Entry(
        "Package {package} has no order in Omnitron yet",
        "Order Create has not brought it in.",
        "nobody",
        "Nothing: the package is split as soon as its order is there. If that lasts, see why the package waits.",
        "mapping",
    ),
    "split_refused": Entry(
        "Fashfed refused to split package {package}: {detail}",
        "Fashfed checked the split and did not accept it.",
        "operations",
        _AGAIN,
        "remote",
    ),
    "split_unclear": Entry(
        "Nobody knows yet whether Fashfed has split package {package}",
        "The answer to the request got lost, and Fashfed may still be working on it.",
        "nobody",
        "Nothing: its packages are read again, and it is asked once more only when they have not changed.",
        "remote",
    ),
    "split_not_shown": Entry(
        "Fashfed has split package {package} and does not show the new packages yet",
        "Fashfed makes the new packages with a delay.",
        "nobody",
        "Nothing: they are looked for again. If that lasts, ask Fashfed.",
        "remote",
    ),
    "split_under_way": Entry(
        "Order {order} is being split; whether package {package} is a part of it shows when that is done",
        "A split request of this order is not finished.",
        "nobody",
        "Nothing: the package is looked at again.",
        "remote",
    ),
    "split_sister_unclear": Entry(
        "Package {package} may be a part of package {sister}, of which nobody knows yet whether its order was made",
        "The answer to the order's creation got lost.",
        "nobody",
        "Nothing: the package is looked at again. If that lasts, see why package {sister} waits.",
        "remote",
    ),
}
