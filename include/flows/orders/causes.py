"""What parked packages wait for, and whether it has happened meanwhile: a place mapped, a carrier mapped, a product
sent. The packages then go on at once, and not only when their penalty is over."""

from collections.abc import Sequence

from pydantic import ValidationError

from include.clients.fashfed.schemas import Address, Package
from include.errors import FashfedError, RecordParked
from include.flows.context import FlowContext
from include.flows.orders.cargos import Cargos
from include.flows.orders.line_products import LineProducts
from include.flows.orders.places import Places
from include.state.store import InboxRow
from include.together import limited

_PLACES = ("address_not_valid", "address_ambiguous")
_FACTS = {"product_unknown": "sku", "cargo_unmapped": "slug"}
"""Code -> the fact that names what is missing."""


class Causes:
    """Looks once a run at each cause, however many packages wait for it."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._places = Places(ctx, quiet=True)
        self._products = LineProducts(ctx)
        self._cargos = Cargos(ctx)

    def of(self, error: FashfedError) -> str | None:
        """What a package waits for; None where nothing but another try can tell."""
        if error.code in _PLACES:
            return error.message
        fact = _FACTS.get(error.code)
        return f"{error.code}: {error.facts[fact]}" if fact else None

    async def gone(self, rows: Sequence[InboxRow]) -> list[str]:
        """The causes of these rows that are gone."""
        skus = [_name(row) for row in rows if row.code == "product_unknown"]
        try:
            await self._products.learn(skus)
        except FashfedError as trouble:
            self._ctx.log.info("Whether products were sent meanwhile could not be seen now: %s", trouble)

        async def one(row: InboxRow) -> str | None:
            try:
                gone = await self._is_gone(row)
            except FashfedError as trouble:
                self._ctx.log.info("Whether this has changed could not be seen now: %s (%s)", row.cause, trouble)
                return None
            return row.cause if gone else None

        found = await limited(self._ctx.tuning.concurrency, one, rows)
        return [cause for cause in found if cause]

    async def _is_gone(self, row: InboxRow) -> bool:
        match row.code:
            case "product_unknown":
                return self._products.knows(_name(row))
            case "cargo_unmapped":
                return await self._cargos.of(_name(row)) is not None
            case _:
                return await self._place_is_known(row)

    async def _place_is_known(self, row: InboxRow) -> bool:
        try:
            package = Package.model_validate(dict(row.payload))
        except ValidationError:
            return False
        addresses: list[Address] = [each for each in (package.shipping_address, package.billing_address) if each]
        for address in addresses:
            try:
                await self._places.of(address, "shipping")
            except RecordParked as still:
                if still.message == row.cause:
                    return False
        return True


def _name(row: InboxRow) -> str:
    return (row.cause or "").partition(": ")[2]
