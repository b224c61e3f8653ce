"""Returns: claims that become requests in Omnitron, and the decisions that go back."""

from include.catalogue.entries import Entry

REFUNDS: dict[str, Entry] = {
    "refund_too_early": Entry(
        "Line {line} of return claim {claim} is not delivered in Omnitron yet",
        "Omnitron takes return requests of delivered items only.",
        "nobody",
        "Nothing to do: the request is made when the order is delivered in Omnitron. If it lasts, see why Updated"
        " Orders does not bring the delivery.",
    ),
    "refund_no_unit": Entry(
        "Line {line} has no item in Omnitron left for return claim {claim}",
        "Every delivered item of the line belongs to another return claim already.",
        "operations",
        "Compare the claims of this line at Fashfed with the requests in Omnitron; reject the request that is wrong, or"
        " exclude this claim.",
    ),
    "refund_request_exists": Entry(
        "Line {line} of return claim {claim} has a return request ({request}) in Omnitron that was made by hand",
        "Whether it stands for this claim cannot be known, and two requests could refund the item twice.",
        "operations",
        "If it is for this claim, write (Fashfed claim {claim}) into its description; else reject it, or exclude the"
        " claim.",
    ),
    "refund_part_of_item": Entry(
        "Return claim {claim} is about {units} of the {pieces} pieces of line {line}, which are one item in Omnitron",
        "With Order Item Quantity Key a line is one item, and Omnitron takes return requests of whole items only.",
        "operations",
        "Make the request by hand in Omnitron, with (Fashfed claim {claim}) in its description; it is then followed.",
    ),
    "refund_refused": Entry(
        "Omnitron refused the return request of claim {claim} (line {line}): {detail}",
        "Omnitron checked the request and did not accept it.",
        "operations",
        "Correct what the refusal names (Refund Reason Mapping, Default Reason ID, the item); it is tried again by"
        " itself.",
        "remote",
    ),
    "refund_not_linked": Entry(
        "Omnitron does not take the name of return claim {claim} for its request",
        "The request was deleted in Omnitron, or another program holds it.",
        "operations",
        "If the request is gone, decide the return in the Fashfed panel and exclude the claim.",
        "remote",
    ),
    "refund_claim_unknown": Entry(
        "Return request {pk} bears no claim of Fashfed",
        "Its integration action has no remote id.",
        "operations",
        "Decide the return in the Fashfed panel; if it should be followed, enter the claim's id in the integration"
        " action.",
    ),
    "reject_reason_missing": Entry(
        "The rejection of return claim {claim} cannot be sent: Reject Item Reason is empty",
        "Fashfed takes rejections with a reason only.",
        "operations",
        "Fill in Reject Item Reason in Omnitron > Settings > Sales Channels; the rejection is sent with the next try.",
    ),
    "refund_decisions_mixed": Entry(
        "Of the return requests of claim {claim} some are approved and others rejected",
        "The claim is about several items, and Fashfed takes one decision for all of them.",
        "operations",
        "Settle the claim in the Fashfed panel, or give its requests in Omnitron the same decision.",
    ),
    "refund_conflict": Entry(
        "Return claim {claim} is {ours} in Omnitron, but {theirs} at Fashfed",
        "Fashfed decided differently, or the decision in Omnitron was changed after it had been sent.",
        "operations",
        "Settle the claim with Fashfed; nothing is sent for it any more.",
    ),
    "refund_decision_refused": Entry(
        "Fashfed refused the decision about return claim {sku}: {detail}",
        "Fashfed checked the decision and did not accept it, and the claim is still open there.",
        "operations",
        "Correct what the refusal names (for a rejection: Reject Item Reason); it is sent again by itself.",
        "remote",
    ),
}
