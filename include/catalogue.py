"""The error catalogue: every code this project may show, with its cause, who can fix it and the next step.

An exception (``errors.py``) carries only a code and the facts of the case; the words come from here, so that the
task log, Omnitron's error reports and the screens say the same. Texts that section 8 of the spec fixes are used
word for word.
"""

from dataclasses import dataclass
from typing import Literal

Owner = Literal["operations", "catalogue team", "administrator", "Fashfed", "Omnitron", "nobody"]
Side = Literal["mapping", "remote", "channel_app"]
"""Who is at fault, in the words of Omnitron's ``failed_reason_type`` (api/omnitron.md section 11)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of failure. ``message`` is a format string over the facts of the case."""

    message: str
    cause: str
    owner: Owner
    next_step: str
    side: Side = "channel_app"


CATALOGUE: dict[str, Entry] = {
    # --- the remotes and the way to them -------------------------------------------------------------------
    "remote_unreachable": Entry(
        "{remote} did not answer {call}: {reason}",
        "The network or the remote system is down, or its address is wrong.",
        "nobody",
        "Nothing to do at first: the run is tried again. If it lasts, check the host of the connection.",
        "remote",
    ),
    "remote_failed": Entry(
        "{remote} answered {call} with {status}",
        "The remote system has an internal fault.",
        "nobody",
        "Nothing to do at first: the run is tried again. If it lasts, report the call to its support.",
        "remote",
    ),
    "remote_busy": Entry(
        "{remote} asks to wait {seconds} s before {call}",
        "The remote's rate limit was reached.",
        "nobody",
        "Nothing to do: the wait is kept. If it is frequent, lower requests_per_second in the connection's extra.",
        "remote",
    ),
    "remote_paused": Entry(
        "{remote} failed {failures} times in a row; calls are paused for {seconds} s",
        "The remote is down; the circuit breaker keeps us from hammering it.",
        "nobody",
        "Nothing to do: the next run tries again.",
        "remote",
    ),
    "state_unreachable": Entry(
        "The state database cannot be used: {reason}",
        "Postgres is down, full, too slow, or the address in the connection is wrong.",
        "administrator",
        "The run is tried again. If it lasts, check Postgres and the connection connector_db.",
    ),
    "state_outdated": Entry(
        "The state database's tables are missing or outdated",
        "The database was not migrated after an installation or an update.",
        "administrator",
        "Run `python -m include.state.migrations URI` with the address of connector_db.",
    ),
    "answer_lost": Entry(
        "{remote} may have carried out {call}, but the answer never came: {reason}",
        "The connection broke after the request had left.",
        "nobody",
        "Nothing to do: the next try looks first whether it happened.",
        "remote",
    ),
    "answer_unreadable": Entry(
        "{remote} answered {call} with something that is not {expected}",
        "A proxy or login page stands in between, or the remote changed its contract.",
        "administrator",
        "Check the host in the connection or the Base URL; if both are right, report the call.",
        "remote",
    ),
    "refused": Entry(
        "{remote} refused {call} with {status}: {detail}",
        "The remote found the request invalid.",
        "operations",
        "Read the refusal; correct the record in Omnitron and let the next run send it again.",
        "remote",
    ),
    "login_refused": Entry(
        "{remote} refused the login of connection {where}",
        "User name or password is wrong, or the user was locked.",
        "administrator",
        "Correct login and password in the Airflow connection.",
    ),
    "token_refused": Entry(
        "Fashfed refused the access token",
        "The token was revoked or its valid-until date has passed.",
        "administrator",
        "Make a new token in Fashfed (Settings > Access Tokens) and put it into Omnitron > Settings > Sales Channels"
        " > Access Token.",
    ),
    "forbidden": Entry(
        "{remote} does not allow {call}: {detail}",
        "The user or token lacks a right.",
        "administrator",
        "Give the integration user the right it lacks.",
    ),
    "private_host": Entry(
        "{where} points to {host}, which is a private or local address",
        "Addresses from settings must not reach into the deployment's own network.",
        "administrator",
        "Correct the address, or set FASHFED_ALLOW_PRIVATE_HOSTS=1 where that is intended.",
    ),
    # --- configuration ---------------------------------------------------------------------------------------
    "connection_missing": Entry(
        "The connection {where} is missing or incomplete: {detail}",
        "The deployment has no such connection yet.",
        "administrator",
        "Add it in Airflow (Admin > Connections) or set AIRFLOW_CONN_{variable}.",
    ),
    "settings_invalid": Entry(
        "{flow} cannot run, settings of the sales channel are missing or wrong: {problems}",
        "The channel's form in Omnitron is not complete for this flow.",
        "operations",
        "Correct the named fields in Omnitron > Settings > Sales Channels; no record was penalised.",
    ),
    "channel_missing": Entry(
        "Omnitron has no sales channel {channel_id}",
        "The channel id in the connection's extra is wrong.",
        "administrator",
        'Correct {{"channel_id": ...}} in the extra of the Omnitron connection.',
    ),
    "run_in_progress": Entry(
        "Another run holds {content_type} of channel {channel}; waited {seconds} s",
        "Two flows of one content type exclude each other in Omnitron.",
        "nobody",
        "Nothing to do: the next run carries on.",
    ),
    "batch_held": Entry(
        "Omnitron still holds batch {batch} of {content_type} in commit",
        "Another program works on this channel, or a batch was left behind that is not ours.",
        "operations",
        "If no other integration runs on this channel, end the batch in Omnitron.",
    ),
    # --- products, prices, stock -----------------------------------------------------------------------------
    "stock_not_found": Entry(
        "Stock data not found",
        "The product has no stock row in the channel's stock list.",
        "catalogue team",
        "Add stock data for the product in Omnitron.",
    ),
    "price_not_found": Entry(
        "Price data not found",
        "The product has no price row in the channel's price list.",
        "catalogue team",
        "Add price data for the product in Omnitron.",
    ),
    "attribute_required": Entry(
        "{attribute} attribute is required",
        "The attribute is not mapped for the product's category.",
        "catalogue team",
        "Map the attribute in Omnitron's Mapper.",
        "mapping",
    ),
    "product_not_sent": Entry(
        "Product has not been sent",
        "The product is not on Fashfed yet, so it can have no stock or price there.",
        "catalogue team",
        "See why the product flow did not send the product; its stock and price follow by themselves.",
    ),
    "product_missing": Entry(
        "The product of stock row {pk} is not in the channel",
        "The row names a product that Omnitron does not show to this channel.",
        "catalogue team",
        "Check that the product is active and in the channel's catalogue.",
    ),
    "stock_invalid": Entry(
        "Stock {value} of {sku} is not a whole number",
        "The stock row in Omnitron holds something that cannot be sold in pieces.",
        "catalogue team",
        "Correct the stock of the product in Omnitron.",
    ),
    "market_refused": Entry(
        "Fashfed refused {sku}: {detail}",
        "Fashfed checked the record and did not accept it.",
        "catalogue team",
        "Correct the record in Omnitron; a new version is sent at once.",
        "remote",
    ),
    "market_silent": Entry(
        "This item's outcome was not in Fashfed's answer. SKU {sku}",
        "Fashfed finished the batch without a word about this SKU.",
        "nobody",
        "Nothing to do: it is sent again after the retry interval.",
        "remote",
    ),
    "market_timeout": Entry(
        "Fashfed gave no outcome for {sku} within {limit}",
        "The batch waited longer than Failed Integration > sent_to_remote allows.",
        "Fashfed",
        "It is sent again after the retry interval. If it repeats, ask Fashfed about the batch.",
        "remote",
    ),
    "market_lost_batch": Entry(
        "Fashfed does not know batch {batch} any more, so the outcome of {sku} is unknown",
        "The batch was dropped by Fashfed.",
        "Fashfed",
        "It is sent again after the retry interval.",
        "remote",
    ),
    "record_unreadable": Entry(
        "{kind} {key} cannot be read: {detail}",
        "The remote sent a record in a shape nobody expects.",
        "administrator",
        "Look at the record in the remote system; report it if it looks right there.",
        "mapping",
    ),
    "unexpected": Entry(
        "{kind} {key} failed unexpectedly ({detail})",
        "A fault in the connector.",
        "administrator",
        "Report it with the log id; the record is tried again.",
    ),
    # --- orders ----------------------------------------------------------------------------------------------
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
        "Check both orders; put {{id}} into Order Number Format, or exclude this package.",
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
        "Restore the order in Omnitron, or exclude the package here.",
        "remote",
    ),
    "items_missing": Entry(
        "Order {number} has {found} items in Omnitron where the package has {expected}",
        "The order in Omnitron is not what we sent.",
        "operations",
        "Compare the order with the package before shipping it.",
        "remote",
    ),
}


def entry(code: str) -> Entry:
    """The catalogue entry of a code; an unknown code is a fault of ours and raises ``KeyError``."""
    return CATALOGUE[code]
