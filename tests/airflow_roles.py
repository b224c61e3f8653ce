"""What Airflow's roles may do on the screens: the real API server's application in this process, asked by each of them.

Airflow reads its configuration when it is imported, so a test runs this as a program; it prints JSON.
"""

import asyncio
import json
from typing import Any

import httpx
from airflow import settings
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from fastapi import FastAPI, Request

from include.dashboard.access import Right, admitted
from include.hooks.api_access import AirflowAccess

ROLES = ("Viewer", "User", "Op", "Admin")


def main() -> None:
    import_all_models()
    Base.metadata.create_all(settings.engine)
    app = create_app("core")
    app.router.routes.insert(0, _probe().router.routes[-1])
    tokens = {role: get_auth_manager().generate_jwt(_user(role)) for role in ROLES}
    print(json.dumps(asyncio.run(_answers(app, {"nobody": None, "forged": "a.b.c", **tokens}))))


def _probe() -> FastAPI:
    """A route for each right; a write, as a browser sends it."""
    app = FastAPI()

    @app.post("/probe/{right}")
    async def probe(request: Request, right: Right) -> str:
        return (await admitted(AirflowAccess(), request, right)).name

    return app


def _user(role: str) -> Any:
    manager = get_auth_manager()
    if not isinstance(manager, FabAuthManager):
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        return SimpleAuthManagerUser(username=role, role=role.lower())
    with manager.flask_app.app_context():
        security = manager.security_manager
        return security.add_user(role, role, role, f"{role}@example.com", security.find_role(role), password="-")


async def _answers(app: Any, tokens: dict[str, str | None]) -> dict[str, dict[str, int]]:
    """By who asks: the status of a page of the plugin, of a write for each right, and of one from another site."""
    found = {}
    for who, token in tokens.items():
        cookies = {"_token": token} if token else {}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://airflow", cookies=cookies) as client:
            page = await client.get("/fashfed/")
            writes = {right: await client.post(f"/probe/{right}", headers=_from("same-origin")) for right in Right}
            foreign = await client.post(f"/probe/{Right.READ}", headers=_from("cross-site"))
        answers = {"page": page, **writes, "foreign": foreign}
        found[who] = {name: answer.status_code for name, answer in answers.items()}
    return found


def _from(site: str) -> dict[str, str]:
    return {"Sec-Fetch-Site": site}


if __name__ == "__main__":
    main()
