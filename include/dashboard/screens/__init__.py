"""One module per screen."""

from include.dashboard.screens import (
    alarms,
    alarms_form,
    inbox,
    ledger,
    logs,
    monitoring,
    overview,
    readiness,
    reports,
    skus,
    triggers,
    triggers_backfill,
    triggers_run,
)

ROUTERS = (
    alarms.router,
    alarms_form.router,
    overview.router,
    inbox.router,
    ledger.router,
    logs.router,
    monitoring.router,
    readiness.router,
    reports.router,
    skus.router,
    triggers.router,
    triggers_backfill.router,
    triggers_run.router,
)
