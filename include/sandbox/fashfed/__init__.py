"""The stand-in Fashfed: state in ``market``, one module of handlers per part of the API."""

from include.sandbox.fashfed import catalogue, claims, packages
from include.sandbox.fashfed.market import Fashfed, Line, guard
from include.sandbox.fashfed.processing import settle
from include.sandbox.routing import Route

ROUTES: list[Route] = [*catalogue.ROUTES, *packages.ROUTES, *claims.ROUTES]

__all__ = ["ROUTES", "Fashfed", "Line", "guard", "settle"]
