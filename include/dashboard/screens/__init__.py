"""One module per screen."""

from include.dashboard.screens import inbox, overview

ROUTERS = (overview.router, inbox.router)
