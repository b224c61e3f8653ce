"""The buyer of an order in Omnitron: the customer, found or corrected, and the addresses, reused where they exist."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from include.clients.fashfed.schemas import Address, Package
from include.clients.omnitron.customers import DuplicateAddress
from include.clients.omnitron.schemas import Customer
from include.errors import AnswerLost, RecordFailed, RecordParked
from include.flows.context import FlowContext
from include.flows.once import Once
from include.flows.orders.places import Places
from include.mapping.addresses import draft_address, is_empty
from include.state.store import Identity

_NAMES = ("first_name", "last_name", "phone_number")


class Buyers:
    """Customers and addresses of one run. Nothing personal is kept: what is remembered are fingerprints."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._places = Places(ctx)
        self._customers: Once[int] = Once()
        self._addresses: Once[int] = Once()

    async def customer(self, package: Package) -> int:
        """The hub's key of the buyer. Raises ``RecordParked`` (customer_incomplete) without an identifier."""
        addresses = [address for address in (package.billing_address, package.shipping_address) if address]
        facts = {name: _first(addresses, name) for name in ("email", *_NAMES)}
        field = "phone_number" if self._by_phone() else "email"
        if not facts[field]:
            raise RecordParked("customer_incomplete", field=field.replace("_", " "))
        identity = facts[field].casefold()
        return await self._customers.get(identity, lambda: self._customer(field, identity, facts))

    def _by_phone(self) -> bool:
        wanted = self._ctx.settings.other.get("CUSTOMER_IDENTIFIER_FIELD")
        return wanted == "phone_number"

    async def _customer(self, field: str, identity: str, facts: Mapping[str, str]) -> int:
        ctx = self._ctx
        name = _fingerprint("customer", ctx.channel_id, identity)
        current = _fingerprint(*(facts[key] for key in _NAMES))
        known = (await ctx.store.identities(ctx.channel, "customer", [name])).get(name)
        if known and known[-1].detail.get("print") == current:
            return known[-1].hub_id
        pk = await self._find_or_make(field, name, facts)
        await ctx.store.bind(ctx.channel, [Identity("customer", name, pk, {"print": current})], now=ctx.clock.now())
        return pk

    async def _find_or_make(self, field: str, name: str, facts: Mapping[str, str]) -> int:
        same = await self._same(field, facts)
        if same:
            wrong = {key: facts[key] for key in _NAMES if facts[key] and getattr(same[0], key) != facts[key]}
            if wrong:
                await self._ctx.hub.patch_customer(same[0].pk, wrong)
            return same[0].pk
        fields = {key: value for key, value in facts.items() if value} | {
            "is_active": True,
            "channel_code": f"fashfed-{name[:32]}",
            "extra_field": {},
        }
        try:
            return (await self._ctx.hub.create_customer(fields)).pk
        except AnswerLost:
            # it may exist now: look, never make it a second time
            again = await self._same(field, facts)
            if again:
                return again[0].pk
            raise

    async def _same(self, field: str, facts: Mapping[str, str]) -> list[Customer]:
        if field == "email":
            return await self._ctx.hub.customers(email=facts[field])
        return await self._ctx.hub.customers(phone=facts[field])

    async def addresses(self, package: Package, customer: int) -> tuple[int, int]:
        """The hub's keys of the shipping and the billing address."""
        shipping = package.shipping_address
        if shipping is None or is_empty(shipping):
            raise RecordParked("address_incomplete", role="shipping", fields="line, city")
        billing = package.billing_address
        if billing is None or is_empty(billing):
            billing = shipping
        to_door = await self._address(shipping, billing, "shipping", customer)
        return to_door, await self._address(billing, shipping, "billing", customer)

    async def _address(self, own: Address, other: Address, role: str, customer: int) -> int:
        draft = draft_address(own, other, role)
        if draft.cut:
            self._ctx.log.warning("The %s address is shortened in: %s", role, ", ".join(draft.cut))
        place = await self._places.of(own, role)
        fields = draft.fields | {
            "customer": customer,
            "country": place.country,
            "city": place.city,
            "township": place.township,
            "district": place.district,
        }
        name = _fingerprint("address", json.dumps(fields, sort_keys=True, default=str))
        return await self._addresses.get(name, lambda: self._make_or_reuse(name, fields, role))

    async def _make_or_reuse(self, name: str, fields: Mapping[str, Any], role: str) -> int:
        ctx = self._ctx
        known = (await ctx.store.identities(ctx.channel, "address", [name])).get(name)
        if known:
            return known[-1].hub_id
        try:
            pk = (await ctx.hub.create_address(fields)).pk
        except DuplicateAddress as duplicate:
            same = await ctx.hub.addresses_by_hash(duplicate.hash)
            if len(same) != 1:
                raise RecordFailed(
                    "order_refused", number="-", detail=f"{len(same)} addresses bear the hash of the {role} address"
                ) from None
            pk = same[0].pk
        await ctx.store.bind(ctx.channel, [Identity("address", name, pk)], now=ctx.clock.now())
        return pk


def _first(addresses: list[Address], name: str) -> str:
    return next((text for each in addresses if (text := str(getattr(each, name, None) or "").strip())), "")


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
