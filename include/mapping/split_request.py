"""A request to split a package, as callers send it and as the inbox keeps it (reference/flows.md section 4.16)."""

import json
import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1, max_length=255)]
Whole = Annotated[int, Field(strict=True)]
_CORRELATION = uuid.UUID("6f1c1a3e-5b0c-4b8e-9a53-6d0b8f0f6a51")


class _Part(BaseModel):
    # what is not understood is ignored; what a caller sent never stands in an error
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True, hide_input_in_errors=True)


class WantedLine(_Part):
    """A line by its number at Fashfed or by its SKU; no quantity means the whole line."""

    item_id: Name | None = None
    sku: Name | None = None
    quantity: Whole | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.item_id is None and self.sku is None:
            raise ValueError("item_id or sku is needed")
        return self

    @property
    def name(self) -> str:
        """What the caller calls it."""
        return self.item_id or self.sku or ""


class WantedPackage(_Part):
    """The lines of one new package."""

    items: tuple[WantedLine, ...]


class SplitRequest(_Part):
    """Each entry of ``packages`` becomes a package of its own; what is left stays in the old one.

    ``package_number`` is Fashfed's, ``order_number`` Fashfed's or Omnitron's.
    """

    order_number: Name | None = None
    package_number: Name | None = None
    packages: tuple[WantedPackage, ...]
    request_id: Name | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.order_number is None and self.package_number is None:
            raise ValueError("order_number or package_number is needed")
        return self

    @property
    def content(self) -> str:
        """What is wanted, the same for every order in which it may be written down."""
        groups = sorted(sorted(_text(line.model_dump()) for line in group.items) for group in self.packages)
        return _text({"order": self.order_number, "package": self.package_number, "groups": groups})

    def correlation_id(self, channel: str) -> str:
        """The same for every repetition of a request: by its id, else by what it wants."""
        known_by = f"id {self.request_id}" if self.request_id is not None else f"content {self.content}"
        return str(uuid.uuid5(_CORRELATION, f"{channel}\n{known_by}"))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
