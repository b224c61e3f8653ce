"""A buyer's address of the market as the hub takes it (api/omnitron.md section 7)."""

from dataclasses import dataclass
from typing import Any

from include.clients.fashfed.schemas import Address
from include.errors import RecordParked

_CUT = {"notes": 512}
"""Remarks: shortened with a warning."""
_KEEP_WHOLE = {
    "email": 254,
    "phone_number": 128,
    "first_name": 255,
    "last_name": 255,
    "line": 255,
    "postcode": 64,
    "company_name": 255,
    "tax_office": 64,
    "tax_no": 20,
    "identity_number": 64,
}
"""Whatever brings a parcel or an invoice to the right place is never shortened: the order waits for a person."""
_REQUIRED = ("first_name", "last_name", "phone_number", "line")
_FROM_THE_OTHER = ("email", "phone_number", "first_name", "last_name")
"""A buyer's own data may be taken from the order's other address."""


@dataclass(frozen=True, slots=True)
class AddressDraft:
    """An address without the hub's ids. ``fields`` goes on the wire; ``cut`` names what was shortened."""

    fields: dict[str, Any]
    cut: tuple[str, ...]


def draft_address(own: Address, other: Address, role: str) -> AddressDraft:
    """Fill and check one address. Raises ``RecordParked`` when something is missing or too long to keep whole."""
    fields: dict[str, Any] = {}
    for name in (*_KEEP_WHOLE, *_CUT):
        text = _text(own, name) or (_text(other, name) if name in _FROM_THE_OTHER else "")
        if text:
            fields[name] = text
    company = fields.get("company_name")
    if company:
        # a company buys without a person's name; the hub wants both names
        fields.setdefault("first_name", company)
        fields.setdefault("last_name", company)
    missing = [name for name in _REQUIRED if not fields.get(name)]
    if missing:
        raise RecordParked("address_incomplete", role=role, fields=", ".join(missing))
    for name, limit in _KEEP_WHOLE.items():
        if len(fields.get(name, "")) > limit:
            raise RecordParked("address_too_long", field=name, role=role, length=len(fields[name]), limit=limit)
    cut = tuple(name for name, limit in _CUT.items() if len(fields.get(name, "")) > limit)
    fields |= {name: fields[name][: _CUT[name]] for name in cut}
    fields["e_bill_taxpayer"] = bool(own.e_bill_taxpayer)
    return AddressDraft(fields, cut)


def is_empty(address: Address | None) -> bool:
    """Whether the address has no content, as a billing address may when it is the shipping address."""
    return address is None or not (_text(address, "line") or _text(address, "city"))


def _text(address: Address, name: str) -> str:
    return str(getattr(address, name, None) or "").strip()


_UPPER = str.maketrans({"i": "İ", "ı": "I"})
_LOWER = str.maketrans({"I": "ı", "İ": "i"})


def spellings(name: str) -> tuple[str, ...]:
    """A place's name as it came, and as Turkish writes it: a database that folds case the English way finds neither
    "KADIKÖY" nor "ISTANBUL" when it has "Kadıköy" and "İstanbul"."""
    turkish = name.translate(_LOWER).lower()
    typed_without_dots = name.replace("İ", "i").lower()
    return tuple(dict.fromkeys((name, _title(turkish), _title(typed_without_dots))))


def _title(name: str) -> str:
    return " ".join(word[:1].translate(_UPPER).upper() + word[1:] for word in name.split(" "))
