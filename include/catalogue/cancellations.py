"""Cancellations of orders, in both directions."""

from include.catalogue.entries import Entry

CANCELLATIONS: dict[str, Entry] = {
    "unreported_order": Entry(
        "Unreported order of ERP can not be canceled",
        "The related order has not yet been transmitted to ERP.",
        "operations",
        "To proceed with the cancellation, order {order} must first be sent to ERP; the cancellation then follows by"
        " itself.",
        "remote",
    ),
    "cancel_refused": Entry(
        "Omnitron did not cancel line {line} (order {order}): {detail}",
        "The line was shipped before the cancellation arrived, or the cancellation reason cannot be used.",
        "operations",
        "Stop the parcel or wait for its return; if the refusal names a reason, correct Cancellation Reason ID or"
        " Cancel Reason Mapping. It is tried again by itself.",
        "remote",
    ),
    "cancel_plans_used_up": Entry(
        "Order {order} has had its {most} cancellation plans; line {line} is not cancelled",
        "At most six cancellation plans are made for one order.",
        "operations",
        "Cancel the line in Omnitron by hand, with the reason of Cancellation Reason ID; the claim is then done by"
        " itself.",
    ),
    "cancel_part_of_item": Entry(
        "A part of line {line} was cancelled, which is one item in Omnitron",
        "Order Item Quantity Key merges the units of a line, and Omnitron cancels only whole items.",
        "operations",
        "Cut the item in Omnitron, or cancel the rest of the line at Fashfed; the claim is then done by itself.",
        "mapping",
    ),
    "cancel_not_shown": Entry(
        "Fashfed still shows line {line} whole, although a cancellation of it was completed",
        "Fashfed has not taken the units out of the package yet, or put them back.",
        "nobody",
        "Nothing to do at first: it is looked at again. If it lasts, ask Fashfed about the claim.",
        "remote",
    ),
    "order_item_unlinked": Entry(
        "Item {pk} of Omnitron's cancellation plan {plan} has no line of Fashfed yet",
        "Order Create has not linked the order with its package yet.",
        "nobody",
        "Nothing to do: the cancellation is sent as soon as the item is linked.",
    ),
    "plan_not_carried_out": Entry(
        "Item {pk} of Omnitron's cancellation plan {plan} is not cancelled yet",
        "Omnitron has made the plan, but its items are still to be shipped.",
        "nobody",
        "Nothing to do if Omnitron carries the plan out; else reject the plan there.",
        "remote",
    ),
    "partial_line_cancel": Entry(
        "{cancelled} of the {units} units of line {line} are cancelled in Omnitron; Fashfed cancels only whole lines",
        "Fashfed's call to cancel a line takes no quantity.",
        "operations",
        "Cancel these units of the line in Fashfed's seller panel, or its other units in Omnitron; the plan is then"
        " done by itself.",
        "mapping",
    ),
    "seller_cancel_refused": Entry(
        "Line {line} was cancelled in Omnitron, but not at Fashfed: package {package} is {status}; {detail}",
        "Fashfed cancels only lines of packages in Preparing.",
        "operations",
        "Settle the line with Fashfed by hand: the buyer still expects it. If the refusal names a reason, correct Send"
        " Cancel Market Reason ID. It is tried again by itself.",
        "remote",
    ),
    "seller_cancel_missing": Entry(
        "Line {line} was cancelled in Omnitron, but Fashfed shows it neither in its package nor in a claim",
        "The line was moved to another package by hand, or Fashfed has dropped it.",
        "operations",
        "Look the line up in Fashfed's seller panel, and cancel it there if it is still to be shipped.",
        "remote",
    ),
    "seller_cancel_no_reason": Entry(
        "Fashfed shows no reason with which a seller may cancel",
        "Send Cancel Market Reason ID is empty, and Fashfed's list of cancel reasons is, too.",
        "operations",
        "Enter the id of a cancel reason of Fashfed as Send Cancel Market Reason ID in Omnitron > Settings > Sales"
        " Channels.",
    ),
}
