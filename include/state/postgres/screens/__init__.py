"""What the screens read: the store, and pages of it that no flow asks for."""

from include.state.postgres import PostgresStore
from include.state.postgres.screens.health import Health
from include.state.postgres.screens.inbox import InboxPages
from include.state.postgres.screens.logs import Logs
from include.state.postgres.screens.triggers import Triggers


class ScreenStore(Health, InboxPages, Logs, Triggers, PostgresStore):
    """The state database as the screens see it."""
