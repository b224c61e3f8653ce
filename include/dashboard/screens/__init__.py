"""One module per screen."""

from include.dashboard.screens import (
    alarms,
    alarms_form,
    inbox,
    overview,
    readiness,
    triggers,
    triggers_backfill,
    triggers_run,
)

ROUTERS = (
    alarms.router,
    alarms_form.router,
    overview.router,
    inbox.router,
    readiness.router,
    triggers.router,
    triggers_backfill.router,
    triggers_run.router,
)
