"""Who is calling: a shared secret sent as a token, or proved by a signature over the body."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

SCHEMES = frozenset({"token", "bearer"})
TOLERANCE = 300
"""Seconds by which the time of a signature may differ from ours."""


@dataclass(frozen=True, slots=True)
class Knock:
    """What a request shows of its caller; ``body`` is what was sent, byte for byte, and ``now`` our time in seconds."""

    authorization: str
    signature: str
    body: bytes
    now: float


def channel_of(knock: Knock, secrets: Mapping[str, str]) -> str | None:
    """The channel whose secret the caller knows, or None. Takes the same time whichever secret it is, or none."""
    found = [channel for channel, secret in secrets.items() if _has_token(knock, secret) | _has_signed(knock, secret)]
    return found[0] if found else None


def sign(secret: str, body: bytes, seconds: int) -> str:
    """The value of ``X-Fashfed-Signature`` for a body that is sent at a time."""
    return f"t={seconds},v1={_digest(secret, body, str(seconds))}"


def _has_token(knock: Knock, secret: str) -> bool:
    scheme, _, token = knock.authorization.strip().partition(" ")
    return hmac.compare_digest(token.strip().encode(), secret.encode()) and scheme.lower() in SCHEMES


def _has_signed(knock: Knock, secret: str) -> bool:
    parts = dict(part.strip().split("=", 1) for part in knock.signature.split(",") if "=" in part)
    seconds, given = parts.get("t", ""), parts.get("v1", "")
    is_right = hmac.compare_digest(given.encode(), _digest(secret, knock.body, seconds).encode())
    is_time = seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12
    return is_right and is_time and abs(knock.now - int(seconds)) <= TOLERANCE


def _digest(secret: str, body: bytes, seconds: str) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
