"""What both versions of the store decide in the same way about SKUs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from include.state.rules import plain_text
from include.state.sku_records import SkuState


def named_once(states: Iterable[SkuState]) -> Iterator[SkuState]:
    """Each SKU once, in text that can be kept; of two with one name the first counts."""
    seen: set[str] = set()
    for row in states:
        sku = plain_text(row.sku)
        if sku and sku not in seen:
            seen.add(sku)
            yield replace(row, sku=sku, name=plain_text(row.name), reason=row.reason and plain_text(row.reason))
