"""One module per screen."""

from include.dashboard.screens import overview

ROUTERS = (overview.router,)
