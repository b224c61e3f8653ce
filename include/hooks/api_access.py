"""Who asks and what they may do, in the words of Airflow's auth manager: the simple one, FAB, or another.

What Airflow's roles may do differs from one manager to the other. Each right here is asked for by something that
belongs to the same roles everywhere: DAGs are read by everybody with a role, variables are changed from Op upwards.
"""

import asyncio
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from fastapi import HTTPException, Request

from include.dashboard.access import Right, Visitor

_ADMIN = "ADMIN"
_ONLY_ADMINS_CHANGE = "Roles"
"""FAB's resource of roles; of its own roles only Admin may edit it."""


class AirflowAccess:
    """``dashboard.access.Access`` inside Airflow's API server."""

    async def visitor(self, request: Request) -> Visitor:
        """Whoever Airflow's token names. Raises ``HTTPException`` 401 without one that is valid."""
        try:
            user = await get_user(request, None, await bearer_scheme(request))
        except HTTPException as refusal:  # a token that is no longer valid is 403 to Airflow; a new login helps
            raise HTTPException(401, str(refusal.detail)) from None
        rights = await asyncio.to_thread(_rights, user)  # FAB may ask its database
        return Visitor(user.get_name(), rights)


def _rights(user: Any) -> frozenset[Right]:
    manager = get_auth_manager()
    may = {
        Right.READ: manager.is_authorized_dag(method="GET", user=user),
        Right.OPERATE: manager.is_authorized_variable(method="PUT", user=user),
        Right.ADMINISTER: _is_admin(manager, user),
    }
    return frozenset(right for right, granted in may.items() if granted)


def _is_admin(manager: Any, user: Any) -> bool:
    if isinstance(manager, SimpleAuthManager):  # it lets every viewer change a custom view
        return str(user.role).upper() == _ADMIN
    return bool(manager.is_authorized_custom_view(method="PUT", resource_name=_ONLY_ADMINS_CHANGE, user=user))
