"""Who may see and do what: readers look, operators act, administrators change alarm rules."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import HTTPException, Request

_CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})


class Right(StrEnum):
    """What a visitor may do; each contains the ones before."""

    READ = "read"
    OPERATE = "operate"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in to Airflow."""

    name: str
    rights: frozenset[Right]

    def may(self, right: Right) -> bool:
        """Whether the visitor has the right."""
        return right in self.rights


class Access(Protocol):
    """Airflow's word on who asks."""

    async def visitor(self, request: Request) -> Visitor:
        """The visitor. Raises ``HTTPException`` 401 for somebody who is not logged in."""


async def admitted(access: Access, request: Request, right: Right) -> Visitor:
    """The visitor, who has the right. Raises ``HTTPException`` 401, 403."""
    found = await access.visitor(request)
    if not found.may(right):
        raise HTTPException(403, f"This needs the right to {right}; {found.name} does not have it.")
    _require_same_origin(request)
    return found


def _require_same_origin(request: Request) -> None:
    """A write must come from a page of ours or from a program that shows a token of its own: the cookie that a browser
    adds to any request proves nothing. Nor does a token where a browser says where it comes from: with all users
    administrators Airflow itself adds one to every request."""
    if request.method in _CHANGES_NOTHING:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None or origin is not None:
        is_ours = site == "same-origin" if site else urlsplit(origin or "").netloc == request.headers.get("host")
    else:
        is_ours = request.headers.get("authorization", "").lower().startswith("bearer ")
    if is_ours:
        return
    raise HTTPException(403, "This change did not come from a page of this site.")
