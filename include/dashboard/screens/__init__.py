"""One module per screen."""

from include.dashboard.screens import inbox, overview, readiness

ROUTERS = (overview.router, inbox.router, readiness.router)
