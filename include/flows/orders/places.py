"""Finding a buyer's country, city, township and neighbourhood in Omnitron (api/omnitron.md section 7).

Each level must give exactly one row: by name first, else by the mapping an operator made. What is not found is written
to Omnitron's address errors once a run, and every order of that place waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from include.clients.fashfed.schemas import Address
from include.clients.omnitron.customers import Level
from include.errors import FashfedError, RecordParked
from include.flows.context import FlowContext
from include.flows.once import Once
from include.mapping.addresses import spellings

_REMEMBER = timedelta(hours=24)
_INTEGRATION_TYPE = "sales_channel"


@dataclass(frozen=True, slots=True)
class Place:
    """The hub's ids of an address."""

    country: int
    city: int
    township: int | None
    district: int | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A level above the one that is looked for."""

    level: Level
    pk: int
    name: str


class Places:
    """Looks places up, each once a run, and remembers those found for a day."""

    def __init__(self, ctx: FlowContext, *, quiet: bool = False) -> None:
        """``quiet``: what is not found was written to Omnitron's address errors before."""
        self._ctx = ctx
        self._quiet = quiet
        self._found: Once[int] = Once(keep=(RecordParked,))
        self._scope = f"places:{ctx.channel}"

    async def of(self, address: Address, role: str) -> Place:
        """The place of an address. Raises ``RecordParked`` for the first level that is missing or not found."""
        for level in ("city",) if address.country_code or address.country else ("country", "city"):
            if not getattr(address, level):
                raise RecordParked("address_incomplete", role=role, fields=level)
        code, name = address.country_code or address.country or "", address.country or ""
        country = _Found("country", await self._level("country", code, name, ()), name or code)
        city = _Found("city", await self._level("city", address.city or "", "", (country,)), address.city or "")
        if not address.township:
            return Place(country.pk, city.pk, None, None)
        above = (country, city)
        township = _Found("township", await self._level("township", address.township, "", above), address.township)
        if not address.district or not self._ctx.settings.use_neighborhood:
            return Place(country.pk, city.pk, township.pk, None)
        district = await self._level("district", address.district, "", (*above, township))
        return Place(country.pk, city.pk, township.pk, district)

    async def _level(self, level: Level, text: str, second: str, above: "Sequence[_Found]") -> int:
        key = "/".join([level, *(str(found.pk) for found in above), text, second])
        return await self._found.get(key, lambda: self._look_up(key, level, text.strip(), second.strip(), above))

    async def _look_up(self, key: str, level: Level, text: str, second: str, above: "Sequence[_Found]") -> int:
        ctx = self._ctx
        known = await ctx.store.cached(self._scope, [key], now=ctx.clock.now())
        if key in known:
            return int(known[key])
        matches = 0
        within = {found.level: found.pk for found in above}
        for filters in self._searches(level, text, second):
            rows = await ctx.hub.locations(level, is_active=True, **within, **filters)
            if len(rows) == 1:
                await ctx.store.cache(self._scope, {key: rows[0].pk}, expires_at=ctx.clock.now() + _REMEMBER)
                return rows[0].pk
            matches = max(matches, len(rows))
        raise await self._missing(level, text, above, matches)

    def _searches(self, level: Level, text: str, second: str) -> list[dict[str, Any]]:
        if level == "country":
            # a code comes as TR or tr (design.md section 13)
            by_name = [{"code__exact": code} for code in dict.fromkeys((text, text.upper(), text.lower()))]
            by_name += [{"name__exact": second}] if second else []
        else:
            match = "name__exact" if level == "district" else "name__iexact"
            by_name = [{match: name} for name in spellings(text)]
        return [*by_name, {"mapping__code__exact": self._code(text), "mapping__integration_type": _INTEGRATION_TYPE}]

    def _code(self, text: str) -> str:
        with_channel = self._ctx.settings.use_channel_id_in_address_mapping
        return f"{self._ctx.channel_id}_{text}" if with_channel else text

    async def _missing(self, level: Level, text: str, above: "Sequence[_Found]", matches: int) -> RecordParked:
        nearest = above[-1:]
        error = RecordParked(
            "address_ambiguous" if matches > 1 else "address_not_valid",
            channel_id=self._ctx.channel_id,
            code=self._code(text),
            model=level.capitalize(),
            level=level,
            count=matches,
            parents="".join(f"{each.level} id: {each.pk}, {each.level} name: {each.name}" for each in nearest),
        )
        if not self._quiet:
            await self._report(error, level, text, above)
        return error

    async def _report(self, error: RecordParked, level: Level, text: str, above: "Sequence[_Found]") -> None:
        try:
            await self._ctx.hub.location_error(
                level,
                remote_code=self._code(text),
                name=text,
                description=error.message,
                country_code=text if level == "country" else None,
                **{f"{found.level}_id": found.pk for found in above},
            )
        except FashfedError as trouble:
            self._ctx.log.warning("The address error of %s %s was not written to Omnitron: %s", level, text, trouble)
