"""The comparison of products: why a SKU is not on sale, and what becomes of a price or a stock that differs."""

from include.catalogue.entries import Entry

COMPARISON: dict[str, Entry] = {
    # --- the comparison itself ---
    "comparison_one_sided": Entry(
        "{remote} shows no {what}, though {number} products of this channel were sent; nothing was compared",
        "The user or the token sees another account, or the remote hides what it has.",
        "administrator",
        "Check the connection omnitron_default, and Base URL and Access Token in Omnitron > Settings > Sales Channels.",
        "remote",
    ),
    "comparison_unfinished": Entry(
        "The time of the run was over before both sides of the catalogue were read; nothing was compared",
        "A remote is slow, or few calls a second are allowed for so large a catalogue.",
        "administrator",
        "The next run tries again. If it lasts, raise requests_per_second in the extra of the connections.",
    ),
    # --- not on sale ---
    "out_of_stock": Entry(
        "The stock of {sku} is {stock} in Omnitron",
        "There is nothing to sell.",
        "catalogue team",
        "Nothing to do, or add stock in Omnitron.",
    ),
    "on_its_way": Entry(
        "{sku} is on its way to Fashfed",
        "It was handed over, and Fashfed has not answered yet.",
        "nobody",
        "Nothing to do: Product asks for the answer.",
    ),
    "approval_waits": Entry(
        "{sku} was suggested on {since} and waits for the approval of Fashfed's owner",
        "New content is on sale when the marketplace owner has approved it.",
        "Fashfed",
        "Nothing to do at first; if it lasts, ask Fashfed.",
        "remote",
    ),
    "product_due": Entry(
        "{sku} has not been sent yet",
        "It is new, or was edited after its last try.",
        "nobody",
        "Nothing to do: one of the next runs of Product sends it.",
    ),
    "offer_missing": Entry(
        "{sku} was sent, but Fashfed shows no offer of it",
        "Fashfed has removed the offer, or never made one.",
        "Fashfed",
        "Have it sent again with Update Bulk Product Version Date; if that does not help, ask Fashfed.",
        "remote",
    ),
    "offer_inactive": Entry(
        "The offer of {sku} is not active at Fashfed",
        "Fashfed has taken it off sale, or its content was never approved.",
        "Fashfed",
        "See the product in the Fashfed panel; what Fashfed names there is corrected in Omnitron.",
        "remote",
    ),
    "flow_stopped": Entry(
        "{flow} does not run: {reason}",
        "Its feature flag is off, or a setting it needs is wrong.",
        "operations",
        "Correct it in Omnitron > Settings > Sales Channels.",
    ),
    "flow_fails": Entry(
        "The last run of {flow} failed: {reason}",
        "What is due waits until the flow works again.",
        "operations",
        "See the last run of the flow for its next step.",
    ),
    "left_catalogue": Entry(
        "{sku} is on sale at Fashfed and not in the channel's catalogue any more, or not active",
        "It left the catalogue after it was sent.",
        "nobody",
        "Nothing to do: Product Delete sets its stock to 0. If it is only switched off, take it out of the catalogue.",
    ),
    # --- differs ---
    "price_differs": Entry(
        "The price of {sku} is {here} in Omnitron, {there} at Fashfed",
        "It was changed at Fashfed, or what was sent was lost there.",
        "nobody",
        "Nothing to do: Price sends it again, and the next comparison reads it back.",
    ),
    "stock_differs": Entry(
        "The stock of {sku} should be {here} (Omnitron less Buffer Stock), Fashfed has {there}",
        "It was changed at Fashfed, or what was sent was lost there.",
        "nobody",
        "Nothing to do: Stock sends it again, and the next comparison reads it back.",
    ),
    "change_unsent": Entry(
        "{what} of {sku} should be {here}, Fashfed has {there}; {flow} has not sent it yet",
        "It waits for the next run of the flow; a flow that runs would have sent it long ago.",
        "operations",
        "See in the last runs of the flow why it does not get through; then it is sent by itself.",
    ),
    "correction_later": Entry(
        "{what} of {sku} should be {here}, Fashfed has {there}; it is corrected by one of the next comparisons",
        "More differ than are corrected at once.",
        "nobody",
        "Nothing to do. If so many differ unexpectedly, ask Fashfed what happened to its data.",
    ),
    "correction_in_vain": Entry(
        "{what} of {sku} should be {here}, Fashfed has {there}; it has been sent again {times} times since {since}",
        "Fashfed takes the value and does not keep it, or something else changes it there.",
        "Fashfed",
        "See in the Fashfed panel who changes it, and ask Fashfed.",
        "remote",
    ),
    "sale_not_imported": Entry(
        "The stock of {sku} should be {here}, Fashfed has {there}: orders of buyers may not be in Omnitron yet",
        "Sending the stock again now could sell the same pieces twice.",
        "operations",
        "See that Order Create runs, and settle what waits in its inbox; the stock is compared again by itself.",
    ),
    "penalty_holds": Entry(
        "{what} of {sku} should be {here}, Fashfed has {there}; Failed Integration holds it back",
        "An earlier try failed, and Retry Interval is not over or Max Retry Count is used up.",
        "catalogue team",
        "See its last failure in the log; after it is corrected, release it with Delete Bulk Failed Integration.",
    ),
}
