"""The stand-in Omnitron: state in ``hub``, one module of handlers per part of the API."""

from include.sandbox.omnitron import (
    access,
    batches,
    bulk_attributes,
    cancellations,
    categories,
    channel,
    failed_integrations,
    feed_calls,
    integration_actions,
    mapper,
    orders,
    people,
    resources,
)
from include.sandbox.omnitron.access import guard
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Route

_PARTS = (
    access,
    batches,
    bulk_attributes,
    cancellations,
    categories,
    channel,
    failed_integrations,
    feed_calls,
    integration_actions,
    mapper,
    orders,
    people,
    resources,
)
ROUTES: list[Route] = [route for part in _PARTS for route in part.ROUTES]

__all__ = ["ROUTES", "Omnitron", "guard"]
