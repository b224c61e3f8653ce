"""What the screens read: the store, and pages of it that no flow asks for."""

from include.state.postgres import PostgresStore


class ScreenStore(PostgresStore):
    """The state database as the screens see it."""
