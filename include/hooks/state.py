"""The state database by an Airflow connection of type Postgres."""

from airflow.providers.postgres.hooks.postgres import PostgresHook

from include.errors import FashfedError
from include.hooks.connections import converted
from include.state.migrations import is_current
from include.state.postgres import PostgresStore


class StateHook(PostgresHook):  # type: ignore[misc] # Airflow is not type-checked
    """The connector's own database, never Airflow's."""

    default_conn_name = "connector_db"
    hook_name = "Fashfed state"

    def __init__(self, postgres_conn_id: str = default_conn_name) -> None:
        super().__init__(postgres_conn_id=postgres_conn_id)

    def address(self) -> str:
        """The database's URI, with the password. Raises ``ConfigurationError``."""
        return converted(self.get_connection(self.get_conn_id())).postgres_uri

    async def store(self) -> PostgresStore:
        """The open store; close it at the end. Raises ``RemoteUnavailable``."""
        return await PostgresStore.open(self.address())

    def test_connection(self) -> tuple[bool, str]:
        """Connect and look at the version of the tables."""
        try:
            current = is_current(self.address())
        except FashfedError as error:
            return False, f"{error} [{error.code}]. Next step: {error.next_step}"
        if not current:
            return False, "Connected, but its tables are missing or old; run python -m include.state.migrations <URI>."
        return True, "Connected; its tables are up to date."
