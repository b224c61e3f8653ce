"""Buyers, addresses, places and carriers (api/omnitron.md section 7)."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from include.clients.omnitron.calls import HubCalls
from include.clients.omnitron.schemas import Address, CargoCompany, Customer, Location
from include.errors import Refused

Level = Literal["country", "city", "township", "district"]
_LISTS: dict[Level, str] = {
    "country": "countries",
    "city": "cities",
    "township": "townships",
    "district": "districts",
}
_HASH = re.compile(r"hash_data:\s*(\w+)")


class DuplicateAddress(Refused):
    """The hub has this address already; ``hash`` finds it."""

    def __init__(self, refusal: Refused, hash_data: str) -> None:
        super().__init__(
            status=refusal.status,
            payload=refusal.payload,
            remote_code=refusal.remote_code,
            **{name: fact for name, fact in refusal.facts.items() if name != "status"},
        )
        self.hash = hash_data


class CustomerCalls(HubCalls):
    """Who buys and where it goes."""

    async def customers(self, *, email: str | None = None, phone: str | None = None) -> list[Customer]:
        """Customers of this channel with exactly this e-mail address or phone number."""
        query = {"email": email, "phone_number": phone, "channel": self.channel_id}
        found = await self._list("customers", Customer, query)
        return [
            one
            for one in found
            if (email is None or (one.email or "").strip().lower() == email.strip().lower())
            and (phone is None or _digits(one.phone_number) == _digits(phone))
        ]

    async def create_customer(self, fields: Mapping[str, Any]) -> Customer:
        """Create a customer. Unsafe: look with ``customers`` first, and again after ``AnswerLost``."""
        return await self._create("customers", {"channel": self.channel_id, **fields}, Customer)

    async def patch_customer(self, pk: int, fields: Mapping[str, Any]) -> Customer:
        """Correct a customer's data."""
        return await self._patch("customers", pk, fields, Customer)

    async def create_address(self, fields: Mapping[str, Any]) -> Address:
        """Create an address; raises ``DuplicateAddress`` when the hub has it (also after a lost answer)."""
        try:
            return await self._create("addresses", fields, Address, repeatable=True)
        except Refused as refusal:
            if found := _duplicate_hash(refusal.payload):
                raise DuplicateAddress(refusal, found) from None
            raise

    async def addresses_by_hash(self, hash_data: str) -> list[Address]:
        """The addresses of a hash (there is one)."""
        return await self._list("addresses", Address, {"hash_data": hash_data})

    async def locations(self, level: Level, **filters: str | int | bool) -> list[Location]:
        """Places of a level; ``filters`` are the hub's (``name__iexact``, ``city``, ``mapping__code__exact``, ...)."""
        return await self._list(_LISTS[level], Location, filters)

    async def cargos(self) -> list[CargoCompany]:
        """All carriers that the hub knows."""
        return await self._list("cargos", CargoCompany)


def _duplicate_hash(payload: object) -> str | None:
    """The hash in a refusal; ``non_field_errors`` is a list or one text (design.md section 13)."""
    errors = payload.get("non_field_errors") if isinstance(payload, dict) else None
    texts = errors if isinstance(errors, list) else [errors]
    for text in texts:
        if isinstance(text, str) and (found := _HASH.search(text)):
            return found[1]
    return None


def _digits(phone: str | None) -> str:
    """The last ten digits: country code and leading 0 are written in many ways."""
    return re.sub(r"\D", "", phone or "")[-10:]
