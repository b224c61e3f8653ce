"""Making a record of the hub that must not be made twice."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from include.clients.omnitron.client import OmnitronClient
from include.clients.omnitron.schemas import IntegrationAction
from include.errors import AnswerLost, Refused

T = TypeVar("T")


async def made(create: Callable[[], Awaitable[T]], look: Callable[[], Awaitable[T | None]]) -> T:
    """What ``create`` makes. After a refusal or a lost answer ``look`` says whether it is there; else the error is
    raised, and the next run tries again."""
    try:
        return await create()
    except (Refused, AnswerLost):
        found = await look()
        if found is None:
            raise
        return found


async def name_object(hub: OmnitronClient, content_type: str, object_id: int, remote_id: str) -> IntegrationAction:
    """The integration action that says what an object is called at the market, made now. Raises ``Refused``."""

    async def look() -> IntegrationAction | None:
        for action in await hub.integration_actions(content_type, object_ids=[object_id]):
            if action.remote_id != remote_id:
                return await hub.patch_action(action.pk, {"remote_id": remote_id})
            return action
        return None

    return await made(lambda: hub.create_action(content_type, object_id, remote_id=remote_id), look)
