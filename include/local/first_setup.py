"""What makes the catalogue of a new sandbox appear by itself: the flows that set a sales channel up, started once."""

from collections.abc import Iterator
from typing import Final

import psycopg

from include.local.airflow_api import AirflowApi

_USED: Final = "SELECT 1 FROM run_reports LIMIT 1"
_READY: Final = "SELECT 1 FROM watermarks WHERE channel = 'default' AND flow = 'default_attributes'"


def is_used(uri: str) -> bool:
    """Whether any flow ever ran on this connector database."""
    return _is_true(_USED, uri) or False


def was_done(uri: str) -> bool | None:
    """Whether the sales channel was ever made ready for products; None while the database cannot be asked."""
    return _is_true(_READY, uri)


def _is_true(query: str, uri: str) -> bool | None:
    try:
        with psycopg.connect(uri, connect_timeout=3, options="-c statement_timeout=3000") as connection:
            return connection.execute(query.encode()).fetchone() is not None
    except psycopg.Error:
        return None


def first_setup(airflow: AirflowApi, uri: str, mapping_steps: int) -> Iterator[str]:
    """Start one flow after the other; each step gives what there is to tell, an empty text while it waits.

    ``mapping_steps``: how many steps the sandbox's brand is given to put products into the new categories and to map
    the attributes, before products that lack them are refused.
    """
    while (run := airflow.trigger("channel_setup")) is None:
        yield ""
    yield "this sales channel is new: channel_setup started"
    while (state := airflow.state("channel_setup", run)) != "success":
        if state == "failed":
            yield "channel_setup failed: see its log in Airflow; trigger it again, and then category_node"
            return
        yield ""
    while airflow.trigger("category_node") is None:
        yield ""
    yield "channel_setup succeeded: category_node started; category_attributes and default_attributes follow it"
    while not was_done(uri):
        yield ""
    yield "default_attributes succeeded: the sandbox's brand sorts its products into the categories"
    for _ in range(mapping_steps):
        yield ""
    while airflow.trigger("product") is None:
        yield ""
    yield "product started, the catalogue appears at Fashfed"
