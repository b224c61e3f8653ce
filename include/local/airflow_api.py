"""The few things the supervisor asks of Airflow over its REST API (standard library only, short time-outs)."""

import json
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import URLError
from urllib.parse import quote

_SECONDS = 5.0
COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


@dataclass(frozen=True, slots=True)
class AirflowApi:
    """``login`` is user and password, or None where nobody has to log in."""

    url: str
    login: tuple[str, str] | None

    def healthy(self, since: datetime | None = None) -> list[str]:
        """The components that report to be healthy, with a heartbeat after ``since``; empty while nothing answers."""
        try:
            health = self._call("/api/v2/monitor/health")
        except (URLError, OSError, ValueError):
            return []
        return [name for name in COMPONENTS if _is_healthy(health.get(name) or {}, name, since)]

    def flows(self) -> tuple[list[str], list[str]]:
        """Ids of the flows Airflow knows, and the files it could not read; both empty while nothing answers."""
        try:
            headers = self._headers()
            dags = self._call("/api/v2/dags?limit=200", headers)["dags"]
            broken = self._call("/api/v2/importErrors?limit=50", headers)["import_errors"]
        except (URLError, OSError, ValueError):
            return [], []
        return [dag["dag_id"] for dag in dags], [error["filename"] for error in broken]

    def trigger(self, dag: str) -> str | None:
        """Start a run of a flow by hand; its id, or None while nothing answers."""
        try:
            return str(self._call(f"/api/v2/dags/{dag}/dagRuns", self._headers(), {"logical_date": None})["dag_run_id"])
        except (URLError, OSError, ValueError):
            return None

    def state(self, dag: str, run: str) -> str | None:
        """How a run is doing (queued, running, success, failed), or None while nothing answers."""
        try:
            return str(self._call(f"/api/v2/dags/{dag}/dagRuns/{quote(run)}", self._headers())["state"])
        except (URLError, OSError, ValueError):
            return None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}

    def _token(self) -> str:
        if self.login is None:
            answer = self._call("/auth/token")
        else:
            answer = self._call("/auth/token", body={"username": self.login[0], "password": self.login[1]})
        return str(answer["access_token"])

    def _call(
        self, path: str, headers: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - always our own loopback address
            self.url + path,
            headers={"Accept": "application/json", "Content-Type": "application/json", **(headers or {})},
            data=json.dumps(body).encode() if body else None,
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot reach our loopback
        with direct.open(request, timeout=_SECONDS) as answer:
            return dict(json.load(answer))


def main() -> int:
    """``python -m include.local.airflow_api URL COMPONENT``: exit code 0 when it is healthy (for containers)."""
    url, component = sys.argv[1:]
    return 0 if component in AirflowApi(url, login=None).healthy() else 1


def _is_healthy(component: Mapping[str, Any], name: str, since: datetime | None) -> bool:
    if component.get("status") != "healthy":
        return False
    heartbeat = component.get(f"latest_{name}_heartbeat")
    return since is None or heartbeat is None or datetime.fromisoformat(heartbeat) > since


if __name__ == "__main__":
    sys.exit(main())
