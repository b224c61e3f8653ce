"""What the screens read: the store, and pages of it that no flow asks for."""

from include.state.postgres import PostgresStore
from include.state.postgres.screens.alarms import AlarmPages
from include.state.postgres.screens.health import Health
from include.state.postgres.screens.inbox import InboxPages
from include.state.postgres.screens.logs import Logs
from include.state.postgres.screens.reports import ReportPages
from include.state.postgres.screens.skus import SkuPages
from include.state.postgres.screens.triggers import Triggers


class ScreenStore(AlarmPages, Health, InboxPages, Logs, ReportPages, SkuPages, Triggers, PostgresStore):
    """The state database as the screens see it."""
