"""Readers of the settings that have a form of their own: addresses, the token, numbers of orders, flags, waybills."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from include.settings.problem import Spot
from include.settings.schema import ALIASES, REQUIRED
from include.settings.values import empty, entries, id_mapping, listed, market_id, plain, single, text, yes_no

PLACEHOLDER = "default"
"""What a new channel holds in Access Token (spec section 2)."""

ORDER_NUMBER_LIMIT = 128
"""Length of an order's number in the hub (api/omnitron.md section 8)."""

_TOKENS = ("{orderNumber}", "{id}")
_LOCAL_NAMES = (".localhost", ".local", ".internal")


class WaybillOption(BaseModel):
    """Whether a waybill number is sent with shipped orders, and which one when the order has no invoice number."""

    model_config = ConfigDict(frozen=True)

    enabled: bool = False
    default: str = ""


def base_url(raw: object, spot: Spot, allow_private_hosts: bool) -> str | None:
    """The market's address without trailing slash and without the /api that every call adds (api/fashfed.md 1)."""
    typed = single(raw) or ""
    schemes = ("https", "http") if allow_private_hosts else ("https",)
    example = "an address such as https://fashfed.example.com, without user, query or spaces"
    if "@" in typed:
        spot.refuse("an address with a user or password in it", example)
        return None
    parts = parted(typed)
    if parts is None or parts.scheme not in schemes or parts.query or parts.fragment:
        spot.refuse(typed.partition("?")[0] if "?" in typed else raw, example)
        return None
    if not allow_private_hosts and is_private(parts.hostname or ""):
        spot.refuse(raw, "a public host (or FASHFED_ALLOW_PRIVATE_HOSTS=1 in the deployment)")
        return None
    path = re.sub(r"(/api(/i2)?)?/*$", "", re.sub(r"/+", "/", parts.path).rstrip("/"))
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def parted(typed: str) -> SplitResult | None:
    """The parts of an address, or None when it is none."""
    if not typed.isprintable() or " " in typed or "\\" in typed:
        return None
    try:
        parts = urlsplit(typed)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def is_private(host: str) -> bool:
    """Whether the host, as written, lies inside a network. What a name resolves to is checked by the client."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host.rstrip(".") or host.rstrip(".").endswith(_LOCAL_NAMES)


def access_token(raw: object, spot: Spot) -> SecretStr | None:
    """The token; the placeholder of a new channel is refused."""
    found = single(raw) or ""
    if found.lower() == PLACEHOLDER:
        spot.refuse(raw, "the token made in Fashfed under Settings > Access Tokens; this is still the placeholder")
    elif not found.isascii() or not found.isprintable() or " " in found or not found:
        spot.refuse(raw, "the token alone: letters, digits and signs, without spaces or a word before it")
    else:
        return SecretStr(found)
    return None


def category_ids(raw: object, spot: Spot) -> tuple[str, ...] | None:
    """Ids of the market's main categories as typed, also twice, from ids or from id-and-name objects."""
    items = listed(raw, spot, '[{"id": "99ae4410-7631-452c-bfb0-b7d636ea95eb", "name": "Kadın"}]')
    if items is None:
        return None
    found = []
    for position, item in enumerate(items, start=1):
        parts = (
            {plain(str(key)).lower(): value for key, value in item.items()} if isinstance(item, dict) else {"id": item}
        )
        found.append(market_id(parts.get("id"), spot.at(position)))
    return tuple(one for one in found if one is not None)


def feature_flags(raw: object, spot: Spot) -> dict[str, bool] | None:
    """Flags by name in lower case. Names that no flow has are kept when they hold a switch."""
    found = entries(raw, spot, '{"stock": true, "get_orders": false}')
    if found is None:
        return None
    ours = {*REQUIRED, *ALIASES.values()}
    flags: dict[str, bool] = {}
    for key, value in found.items():
        name = key.lower()
        read = yes_no(value, spot.at(name)) if name in ours else value
        if isinstance(read, bool):
            flags[name] = read
    return flags


def cargo_company_mapping(raw: object, spot: Spot) -> dict[str, str] | None:
    """The market's carrier slugs to the hub's cargo companies; ``default`` must be there."""
    found = id_mapping(raw, spot, '{"default": "3", "yurtici": "2"}', key=_slug)
    told = any(problem.key.lower() == f"{spot.key}.default" for problem in spot.problems)
    if found is not None and "default" not in found and not told:
        spot.at("default").refuse("", "the id of the cargo company in Omnitron that new orders get")
    return found


def _slug(raw: object, spot: Spot) -> str | None:
    found = text(raw, spot)
    return "default" if found is not None and found.lower() == "default" else found


def reason_mapping(raw: object, spot: Spot) -> dict[str, str] | None:
    """Reason ids of the market to reason ids of the hub."""
    return id_mapping(raw, spot, '{"f3909f53-a535-40cc-8d50-de0cd047aedd": "7"}')


def order_number_format(raw: object, spot: Spot) -> str | None:
    """The pattern of order numbers; ``{id}`` must be in it, else two packages of one order get the same number."""
    found = text(raw, spot)
    if found is None:
        return None
    rest = found
    for token in _TOKENS:
        rest = rest.replace(token, "")
    if "{id}" not in found or "{" in rest or "}" in rest or len(rest) >= ORDER_NUMBER_LIMIT:
        spot.refuse(
            raw, "text with {id} and, where wanted, {orderNumber}, such as FD-{orderNumber}-{id}; no other braces"
        )
        return None
    return found


def attribute_set_strategy(raw: object, spot: Spot) -> str | None:
    """CategoryNode, the only strategy: the category decides which attributes a product has."""
    if (single(raw) or "").lower() == "categorynode":
        return "CategoryNode"
    spot.refuse(raw, "CategoryNode")
    return None


def waybill_option(raw: object, spot: Spot) -> WaybillOption | None:
    """Whether and which waybill number is sent."""
    found = entries(raw, spot, '{"enabled": true, "default": "999"}')
    if found is None:
        return None
    parts = {key.lower(): value for key, value in found.items() if not empty(value)}
    enabled = yes_no(parts["enabled"], spot.at("enabled")) if "enabled" in parts else False
    default = text(parts["default"], spot.at("default")) if "default" in parts else ""
    return WaybillOption(enabled=bool(enabled), default=default or "")


def distinct_reason(send_cancel: str, cancellation: str, mapping: Mapping[str, str], spot: Spot) -> None:
    """Refuse a Send Cancel Reason ID that also marks cancellations coming from the market (spec section 2)."""
    also = ["Cancellation Reason ID"] if send_cancel == cancellation else []
    also += [f"Cancel Reason Mapping of {key}" for key, value in mapping.items() if value == send_cancel]
    if send_cancel and also:
        spot.refuse(send_cancel, f"an id that is used for nothing else; it is also {' and '.join(also)}")
