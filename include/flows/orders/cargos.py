"""Which cargo company of Omnitron a carrier of Fashfed is (spec section 2, Cargo Company Mapping)."""

from include.flows.context import FlowContext
from include.flows.once import Once

DEFAULT = "default"


class Cargos:
    """Cargo Company Mapping, checked against the companies that Omnitron has."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._known: Once[frozenset[str]] = Once()

    async def of(self, slug: str) -> int | None:
        """The company mapped to a carrier; None when there is no entry, or one that Omnitron does not know."""
        pk = self._ctx.settings.cargo_company_mapping.get(slug, "")
        return int(pk) if pk in await self._known.get("cargos", self._all) else None

    async def _all(self) -> frozenset[str]:
        return frozenset(str(cargo.pk) for cargo in await self._ctx.hub.cargos())
