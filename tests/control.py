"""The sandbox's control endpoint, as the benchmark and the integration tests use it."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot reach our loopback


@dataclass(frozen=True, slots=True)
class Control:
    """``url`` is the stand-in Omnitron's address."""

    url: str

    def get(self, name: str) -> Any:
        """What ``GET /control/<name>`` answers."""
        return self._call(f"control/{name}", None)

    def post(self, name: str, body: Mapping[str, Any] | None = None) -> Any:
        """What ``POST /control/<name>`` answers."""
        return self._call(f"control/{name}", json.dumps(body or {}).encode())

    def login(self, username: str, password: str) -> str:
        """The token that Omnitron gives to a user of its API, the one in use if there is one."""
        asked = {"username": username, "password": password}
        return str(self._call("api/v1/auth/login/", json.dumps(asked).encode())["key"])

    def _call(self, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - always a loopback address
            f"{self.url}/{path}", body, {"Content-Type": "application/json"}
        )
        with _DIRECT.open(request, timeout=60) as answer:
            return json.load(answer)
