"""The hub's client: every call that the flows need, typed. Which call is unsafe to repeat is said at the call."""

from include.clients.omnitron.categories import CategoryCalls
from include.clients.omnitron.customers import CustomerCalls
from include.clients.omnitron.mapper import MapperCalls
from include.clients.omnitron.orders import OrderCalls
from include.clients.omnitron.products import ProductCalls
from include.clients.omnitron.reports import ReportCalls
from include.clients.omnitron.whole_lists import WholeListCalls


class OmnitronClient(ReportCalls, ProductCalls, WholeListCalls, CustomerCalls, OrderCalls, CategoryCalls, MapperCalls):
    """One sales channel of Omnitron.

    Made of the groups of calls in ``sync``, ``reports``, ``products``, ``whole_lists``, ``customers``, ``orders``,
    ``categories`` and ``mapper``.
    """
