"""What people trigger: lists of SKUs, penalties, versions."""

from include.catalogue.entries import Entry

OPERATIONS: dict[str, Entry] = {
    "csv_header": Entry(
        "sku cannot identify please check your csv file. Header value should be set this: sku",
        "The first row of the file is not the header sku.",
        "operations",
        "Write sku into the first row and one SKU into each row below it.",
    ),
    "csv_unreadable": Entry(
        "The CSV file cannot be read: {detail}",
        "It is no text, or in an encoding that cannot be told.",
        "operations",
        "Save the file as CSV in UTF-8 and upload it again.",
    ),
    "csv_row": Entry(
        "Row {line} holds no SKU: {detail}",
        "The row has several columns or signs that no SKU has.",
        "operations",
        "Correct the row; the others were processed.",
    ),
    "skus_missing": Entry(
        "{flow} was given no SKUs",
        "The list is empty, or the CSV file has no row below its header.",
        "operations",
        "Trigger the flow again with a list of SKUs or a CSV file; its first row is sku.",
    ),
    "skus_left": Entry(
        "{sku} was not reached before the run's time was over",
        "The list is longer than what one run can work off.",
        "operations",
        "Trigger the flow again with the same list or the rows that are left; what is done does no harm.",
    ),
    "sku_unknown": Entry(
        "The relevant SKU not exists in omnitron. Request URL: {url}",
        "Omnitron shows no product with this SKU to the channel.",
        "operations",
        "Correct the SKU, or add the product to the channel's catalogue.",
    ),
    "record_busy": Entry(
        "The relevant record is processing in another queue, LocalBatchId: {local_batch_id}",
        "Fashfed has not answered yet what became of the record.",
        "nobody",
        "Wait until the flow in Waiting status is completed, then try again.",
    ),
    "already_sent": Entry(
        "{sku} is on Fashfed already; this trigger only creates",
        "The product was sent before.",
        "operations",
        "To send it again use Update Bulk Product Version Date.",
    ),
    "never_sent": Entry(
        "{sku} has not been sent yet, so it has no version to move",
        "The product flow has not brought the product to Fashfed.",
        "operations",
        "See why the product flow did not send it; trigger it there by its SKU.",
    ),
    "inbox_unchanged": Entry(
        "Nothing to {action}: {keys}",
        "The records are not in the inbox, or in a state in which this cannot be done to them.",
        "operations",
        "See their state with: python -m include.run inbox list --state ...",
    ),
    "order_number_unknown": Entry(
        "Omnitron shows {found} orders of number {number} on this channel",
        "The number is misspelt, or the order belongs to another channel.",
        "operations",
        "Take the number from Omnitron > Orders.",
    ),
}
