"""The settings of one sales channel, read once from its ``conf`` in the hub (spec section 2)."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from include.errors import RecordParked
from include.settings import fields, values
from include.settings.brake import Brake
from include.settings.failed_integration import FailedIntegration, PenaltyRule, failed_integration
from include.settings.problem import MASKED_FROM, Problem, Spot
from include.settings.schema import ALIASES, BASE, FIELD, MUST_BE_FILLED, REQUIRED

_READERS: dict[str, Callable[[object, Spot], object]] = {
    "access_token": fields.access_token,
    "category_ids": fields.category_ids,
    "feature_flags": fields.feature_flags,
    "cargo_company_mapping": fields.cargo_company_mapping,
    "use_cargo_label": values.yes_no,
    "use_neighborhood": values.yes_no,
    "order_number_format": fields.order_number_format,
    "order_item_quantity_key": values.text,
    "default_reason_id": values.hub_id,
    "refund_reason_mapping": fields.reason_mapping,
    "refund_start_date": values.moment,
    "failed_integration": failed_integration,
    "send_shipping_info": values.yes_no,
    "cancellation_reason_id": values.hub_id,
    "cancel_reason_mapping": fields.reason_mapping,
    "reject_item_reason": values.text,
    "attribute_set_strategy": fields.attribute_set_strategy,
    "use_channel_id_in_address_mapping": values.yes_no,
    "buffer_stock": values.whole_number,
    "price_brake": Brake.read,
    "stock_brake": Brake.read,
    "waybill_option": fields.waybill_option,
    "send_cancel_reason_id": values.hub_id,
    "send_cancel_market_reason_id": values.market_id,
}


class ChannelSettings(BaseModel):
    """One sales channel: what the hub says of it and the typed values of its form.

    Ids are text, empty where nothing was entered. ``problems`` holds everything that is wrong with the form;
    a value that cannot be used has its default, so ask ``problems_for`` before a flow relies on it.
    """

    model_config = ConfigDict(frozen=True)

    channel_id: str
    name: str = "Fashfed"
    is_active: bool
    catalog_id: str = ""

    base_url: str = ""
    access_token: SecretStr = SecretStr("")
    category_ids: tuple[str, ...] = ()
    feature_flags: dict[str, bool] = Field(default_factory=dict)
    cargo_company_mapping: dict[str, str] = Field(default_factory=dict)
    use_cargo_label: bool = False
    use_neighborhood: bool = False
    order_number_format: str = "{orderNumber}-{id}"
    order_item_quantity_key: str = ""
    """Name of the item attribute that holds the quantity of merged items; empty: one hub item per unit."""
    default_reason_id: str = ""
    refund_reason_mapping: dict[str, str] = Field(default_factory=dict)
    refund_start_date: datetime | None = None
    failed_integration: FailedIntegration = FailedIntegration()
    send_shipping_info: bool = False
    """On: the brand ships. Off: the market does."""
    cancellation_reason_id: str = ""
    cancel_reason_mapping: dict[str, str] = Field(default_factory=dict)
    reject_item_reason: str = ""
    attribute_set_strategy: str = "CategoryNode"
    use_channel_id_in_address_mapping: bool = False
    buffer_stock: int = 0
    price_brake: Brake = Brake()
    stock_brake: Brake = Brake()
    waybill_option: fields.WaybillOption = fields.WaybillOption()
    send_cancel_reason_id: str = ""
    send_cancel_market_reason_id: str = ""

    other: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Keys of the form that are not ours (the brand's own), untouched."""
    problems: tuple[Problem, ...] = ()

    @classmethod
    def parse(
        cls,
        conf: Mapping[str, Any] | None,
        *,
        channel_id: int | str,
        is_active: bool,
        name: str = "Fashfed",
        catalog_id: int | str | None = None,
        allow_private_hosts: bool = False,
    ) -> Self:
        """Read the channel's ``conf``. Raises nothing: what cannot be used is in ``problems``, all of it at once."""
        form = _Form(conf if isinstance(conf, Mapping) else {}, name)
        found: dict[str, Any] = {}
        readers = _READERS | {"base_url": partial(fields.base_url, allow_private_hosts=allow_private_hosts)}
        for key, read in readers.items():
            if key in form.known and (value := read(form.known[key], form.spot(key))) is not None:
                found[key] = value
        form.check_filled(found)
        fields.distinct_reason(
            found.get("send_cancel_reason_id", ""),
            found.get("cancellation_reason_id", ""),
            found.get("cancel_reason_mapping", {}),
            form.spot("send_cancel_reason_id"),
        )
        return cls(
            channel_id=str(channel_id),
            name=name,
            is_active=is_active,
            catalog_id="" if catalog_id is None else str(catalog_id),
            other=form.other,
            problems=tuple(form.problems),
            **found,
        )

    def read_again(self, conf: Mapping[str, Any], *, is_active: bool) -> Self:
        """The same channel with the ``conf`` it has now. Address and token stay: they may come from a connection."""
        own = {"base_url": self.base_url, "access_token": self.access_token.get_secret_value()}
        checked = {key: value for key, value in own.items() if value}
        kept = {key: value for key, value in conf.items() if values.plain(str(key)).lower() not in checked}
        return self.parse(
            {**kept, **checked},
            channel_id=self.channel_id,
            is_active=is_active,
            name=self.name,
            catalog_id=self.catalog_id or None,
            # an address that was allowed before is allowed still
            allow_private_hosts=bool(self.base_url),
        )

    def flag(self, name: str) -> bool | None:
        """Whether the feature flag (or its alias) is on; None when the form does not name it, which counts as off."""
        told = [self.feature_flags[key] for key in (name, ALIASES.get(name)) if key in self.feature_flags]
        return any(told) if told else None

    def problems_for(self, flag: str | None) -> tuple[Problem, ...]:
        """The problems that keep the flag's flow from working; None stands for a flow without a flag."""
        needed = REQUIRED[flag] if flag else BASE
        own = {"feature_flags", f"feature_flags.{flag}", f"feature_flags.{ALIASES.get(flag or '')}"} if flag else set()
        return tuple(problem for problem in self.problems if problem.setting in needed or problem.key in own)

    def penalty_for(self, content_type: str) -> PenaltyRule:
        """How a failed record of the content type is held and tried again."""
        return self.failed_integration.penalty_for(content_type)

    @property
    def sent_to_remote_limit(self) -> timedelta:
        """How long the market may take to answer a batch."""
        return self.failed_integration.sent_to_remote_limit

    def order_number(self, order_number: str, number: str) -> str:
        """The number of the hub's order for a package: Order Number Format applied to the package's fields.

        Raises ``RecordParked`` (order_number_too_long) above the hub's 128 characters.
        """
        parts = {"{orderNumber}": order_number, "{id}": number}
        # one pass, so that a market number that looks like a token stays what it is
        made = re.sub(r"\{orderNumber\}|\{id\}", lambda match: parts[match[0]], self.order_number_format)
        if len(made) > fields.ORDER_NUMBER_LIMIT:
            raise RecordParked("order_number_too_long", number=made, length=len(made), limit=fields.ORDER_NUMBER_LIMIT)
        return made


class _Form:
    """The raw ``conf``, sorted into our keys (either case) and those of others; empty entries count as absent."""

    def __init__(self, conf: Mapping[str, Any], channel_name: str) -> None:
        self.known: dict[str, Any] = {}
        self.other: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self._channel_name = channel_name
        self._secret = ""
        twice = set()
        for key, value in conf.items():
            name = values.plain(str(key)).lower()
            if name not in FIELD:
                self.other[str(key)] = value
            elif not values.empty(value):
                if name in self.known and self.known[name] != value:
                    twice.add(name)
                self.known[name] = value
        token = values.single(self.known.get("access_token")) or ""
        if len(token) >= MASKED_FROM and token.lower() != fields.PLACEHOLDER:
            self._secret = token
        for name in sorted(twice):
            self.spot(name).refuse(self.known.pop(name), "the key once, not in two spellings with different values")

    def spot(self, name: str) -> Spot:
        """Where the setting stands in Omnitron."""
        where = f"Omnitron > Settings > Sales Channels > {self._channel_name} > {FIELD[name].label}"
        return Spot(FIELD[name].key, where, self._secret, self.problems)

    def check_filled(self, found: Mapping[str, Any]) -> None:
        """Note every setting that has no default and no value."""
        told = {problem.setting for problem in self.problems}
        for name, expected in MUST_BE_FILLED.items():
            if not found.get(name) and name not in told:
                self.spot(name).refuse("", expected)
