"""The remotes, the way to them, and the state database."""

from include.catalogue.entries import Entry

REMOTES: dict[str, Entry] = {
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
    "list_unsteady": Entry(
        "{remote} counts {counted} rows of {call} and shows {read}",
        "The remote is overloaded, or gives its list cut short.",
        "nobody",
        "Nothing to do at first: the list is read again. If it lasts, report the call to the remote's support.",
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
}
