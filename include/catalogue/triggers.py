"""What a person asks of the Trigger screen."""

from include.catalogue.entries import Entry

TRIGGERS: dict[str, Entry] = {
    "dag_unknown": Entry(
        "Airflow does not know {dag}",
        "Its DAG file was not read yet, or could not be read.",
        "administrator",
        "Wait a minute after a start. If it lasts, see the import errors in Airflow under Dags.",
    ),
    "run_refused": Entry(
        "{dag} was not started: {detail}",
        "What was filled in does not suit the flow's form.",
        "operations",
        "Correct the form and start the flow again.",
    ),
    "form_value": Entry(
        "{field}: {detail}",
        "What was filled in cannot be read.",
        "operations",
        "Correct the field and start the flow again.",
    ),
    "skus_twice": Entry(
        "SKUs and a CSV file were both given",
        "Only one of the two can be worked off.",
        "operations",
        "Empty the field or take the file away.",
    ),
    "upload_too_large": Entry(
        "The file has more than {limit} MB",
        "One run works off a list of at most this size.",
        "operations",
        "Divide the file into several, each with sku in its first row.",
    ),
    "upload_too_long": Entry(
        "The list has {rows} SKUs; one run takes at most {limit}",
        "One run works off a list of at most this length.",
        "operations",
        "Divide the list into several, each with sku in its first row.",
    ),
    "backfill_running": Entry(
        "A backfill of {dag} is running",
        "Airflow runs one backfill of a flow at a time.",
        "operations",
        "Wait until it is over, or end it in Airflow on the page of the DAG.",
    ),
    "backfill_empty": Entry(
        "There is nothing to run for in this period",
        "No slot of the schedule lies in it, or each has had its run already.",
        "operations",
        "Choose an earlier or longer period, or have past runs repeated.",
    ),
}
