"""Claims in memory: the right to cause an effect exactly once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from include.state.memory.database import Process, copied
from include.state.store import Claim, ClaimState


class Claims(Process):
    """See ``store.Store``."""

    async def claim(self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime) -> Claim:
        held = self._data.claims.get((channel, action, key))
        if held is not None:
            return replace(held, detail=copied(held.detail), fresh=False)
        made = Claim(action, key, ClaimState.OPEN, copied(detail), fresh=True, made_at=now)
        self._data.claims[channel, action, key] = made
        self._note(channel, f"claim:{action}", key, None, ClaimState.OPEN, now)
        return replace(made, detail=copied(detail))

    async def claims(self, channel: str, action: str, keys: Sequence[str]) -> Mapping[str, Claim]:
        held = {key: self._data.claims.get((channel, action, key)) for key in keys}
        return {key: replace(claim, detail=copied(claim.detail), fresh=False) for key, claim in held.items() if claim}

    async def settle_claim(
        self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime
    ) -> None:
        held = self._data.claims.get((channel, action, key))
        if held is None:
            raise ValueError(f"nobody claimed {action} {key}")
        settled = replace(held, state=ClaimState.DONE, detail={**held.detail, **copied(detail)})
        self._data.claims[channel, action, key] = settled
        self._note(channel, f"claim:{action}", key, held.state, ClaimState.DONE, now)

    async def drop_claim(self, channel: str, action: str, key: str, *, now: datetime) -> None:
        held = self._data.claims.get((channel, action, key))
        if held is None or held.state is not ClaimState.OPEN:
            raise ValueError(f"there is no open claim of {action} {key}")
        del self._data.claims[channel, action, key]
        self._note(channel, f"claim:{action}", key, held.state, "dropped", now)
