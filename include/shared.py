"""What all workers of a deployment share by way of the state database: a remote's call budget, Omnitron's token."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken

from include.clock import Clock
from include.connections import Connection
from include.state.store import Store

_TOKEN_LIFE = timedelta(days=7)
"""How long a token is kept; one that the hub drops earlier is renewed at the first 401."""

OMNITRON_PER_SECOND, FASHFED_PER_SECOND = 400.0, 200.0
"""Calls a second where a connection's extra says nothing. Neither remote documents a limit: Omnitron is the brand's own
and takes about six calls for an order where Fashfed takes two; what a remote asks by 429 is obeyed whatever is set."""


class SharedLimiter:
    """Takes calls out of the budget in small lots, so that most calls cost no round trip to the database."""

    def __init__(self, store: Store, clock: Clock, remote: str, per_second: float, burst: int) -> None:
        self._store = store
        self._clock = clock
        self._remote = remote
        self._per_second = per_second
        self._burst = burst
        # a tenth of a second's worth: a larger lot would be a burst of its own, a smaller one would not pay
        self._lot = max(1, min(burst, int(per_second / 10)))
        self._left = 0
        self._paused_until = 0.0
        self._lease = asyncio.Lock()

    @classmethod
    def of(cls, connection: Connection, store: Store, clock: Clock, default: float) -> "SharedLimiter":
        """The budget that a connection's extra sets: ``requests_per_second`` and ``burst``."""
        per_second = connection.extra_number("requests_per_second", default)
        burst = max(1, int(connection.extra_number("burst", max(1.0, per_second))))
        return cls(store, clock, connection.id, per_second, burst)

    async def acquire(self) -> None:
        """Wait until one more request may be sent."""
        async with self._lease:
            if self._left == 0:
                now = self._clock.now()
                wait = await self._store.lease_calls(
                    self._remote, self._lot, per_second=self._per_second, burst=self._burst, now=now
                )
                self._left = self._lot
                if wait > 0:
                    await self._clock.sleep(wait)
            while (pause := self._paused_until - self._clock.monotonic()) > 0:
                await self._clock.sleep(pause)
            self._left -= 1

    async def pause(self, seconds: float) -> None:
        """Nobody calls this remote for so long; what was taken in advance waits, too."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
        await self._store.pause_calls(self._remote, self._clock.now() + timedelta(seconds=seconds))


class SharedToken:
    """The hub's token for one connection, encrypted with a key made from the connection's password.

    Logins are throttled by the hub, so processes pass the token on. After a change of the password the stored token
    cannot be read any more and counts as absent.
    """

    def __init__(self, store: Store, clock: Clock, connection: Connection, mask: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._scope = f"token:{connection.id}"
        self._who = f"{connection.login}@{connection.base_url}"
        self._box = Fernet(_key(connection.password, self._who))
        self._mask = mask

    async def get(self) -> str | None:
        """The token in use, or None."""
        held = await self._store.cached(self._scope, [self._who], now=self._clock.now())
        try:
            token = self._box.decrypt(str(held[self._who]).encode()).decode()
        except (KeyError, InvalidToken):
            return None
        self._mask(token)
        return token

    async def put(self, token: str) -> None:
        """Pass a new token on."""
        self._mask(token)
        sealed = self._box.encrypt(token.encode()).decode()
        await self._store.cache(self._scope, {self._who: sealed}, expires_at=self._clock.now() + _TOKEN_LIFE)


def _key(password: str, salt: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32))
