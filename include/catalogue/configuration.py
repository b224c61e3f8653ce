"""Settings, connections, and runs that exclude each other."""

from include.catalogue.entries import Entry

CONFIGURATION: dict[str, Entry] = {
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
    "variable_invalid": Entry(
        "{problem}",
        "A variable of the deployment's environment is mistyped.",
        "administrator",
        "Correct it where the deployment sets it, for example in .env, and start Airflow again.",
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
}
