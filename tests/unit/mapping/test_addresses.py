"""A buyer's address of Fashfed as Omnitron takes it: filled, never cut where it leads a parcel to its door."""

import pytest

from include.clients.fashfed.schemas import Address
from include.errors import RecordParked
from include.mapping.addresses import draft_address, is_empty, spellings

FULL = {
    "email": "ayse@example.com", "phone_number": "+905320000001", "first_name": "Ayşe", "last_name": "Yılmaz",
    "country": "Türkiye", "country_code": "TR", "city": "İstanbul", "township": "Kadıköy", "district": "Moda",
    "line": "Gül Sok. No: 5", "postcode": "34710", "identity_number": "10000000146",
}  # fmt: skip
LIMITS = {
    "email": 254, "phone_number": 128, "first_name": 255, "last_name": 255, "line": 255, "postcode": 64,
    "company_name": 255, "tax_office": 64, "tax_no": 20, "identity_number": 64,
}  # fmt: skip
"""Field limits of reference/flows.md section 4.9 for what is never cut."""
NOBODY = Address()


def address(**facts: object) -> Address:
    return Address.model_validate({**FULL, **facts})


def test_fields_that_omnitron_has_are_taken_over_trimmed_and_places_are_left_to_the_look_up() -> None:
    draft = draft_address(address(line="  Gül Sok. No: 5 ", notes="Zili çalmayın"), NOBODY, "shipping")
    assert draft.fields == {
        "email": "ayse@example.com", "phone_number": "+905320000001", "first_name": "Ayşe", "last_name": "Yılmaz",
        "line": "Gül Sok. No: 5", "postcode": "34710", "identity_number": "10000000146", "notes": "Zili çalmayın",
        "e_bill_taxpayer": False,
    }  # fmt: skip
    assert draft.cut == ()


def test_what_the_market_leaves_out_is_left_out() -> None:
    draft = draft_address(address(postcode=None, identity_number="", tax_no="  "), NOBODY, "shipping")
    assert not {"postcode", "identity_number", "tax_no", "company_name", "notes"} & draft.fields.keys()


def test_the_buyers_own_data_may_come_from_the_other_address_but_never_the_way_to_a_door() -> None:
    lean = address(email=None, phone_number="", first_name=None, last_name=None, postcode=None, identity_number=None)
    other = address(line="Elsewhere 9", company_name="Yıldız A.Ş.", tax_no="1234567890")
    draft = draft_address(lean, other, "billing")
    assert {name: draft.fields[name] for name in ("email", "phone_number", "first_name", "last_name")} == {
        name: FULL[name] for name in ("email", "phone_number", "first_name", "last_name")
    }
    assert draft.fields["line"] == FULL["line"]
    assert not {"postcode", "identity_number", "company_name", "tax_no"} & draft.fields.keys()


def test_a_company_without_a_person_lends_its_name() -> None:
    company = address(first_name=None, last_name=None, company_name="Yıldız Tekstil A.Ş.", e_bill_taxpayer=True)
    draft = draft_address(company, NOBODY, "billing")
    assert (draft.fields["first_name"], draft.fields["last_name"]) == ("Yıldız Tekstil A.Ş.", "Yıldız Tekstil A.Ş.")
    assert draft.fields["e_bill_taxpayer"] is True


@pytest.mark.parametrize("missing", ["first_name", "last_name", "phone_number", "line"])
def test_an_address_without_a_field_that_omnitron_requires_waits_and_names_it(missing: str) -> None:
    with pytest.raises(RecordParked) as caught:
        draft_address(address(**{missing: " "}), NOBODY, "shipping")
    assert caught.value.code == "address_incomplete"
    assert str(caught.value) == f"The shipping address has no {missing}"


def test_all_missing_fields_are_named_at_once() -> None:
    with pytest.raises(RecordParked, match="first_name, last_name, phone_number, line"):
        draft_address(NOBODY, NOBODY, "billing")


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_what_leads_to_a_door_or_an_invoice_is_never_cut_the_order_waits_instead(name: str, limit: int) -> None:
    whole = draft_address(address(**{name: "ş" * limit}), NOBODY, "shipping")
    assert whole.fields[name] == "ş" * limit
    assert whole.cut == ()
    with pytest.raises(RecordParked) as caught:
        draft_address(address(**{name: "ş" * (limit + 1)}), NOBODY, "shipping")
    assert caught.value.code == "address_too_long"
    assert name in str(caught.value)
    assert f"{limit + 1} characters; Omnitron takes {limit}" in str(caught.value)
    assert "ş" not in str(caught.value), "the address itself is nobody's business in a log"


def test_remarks_are_shortened_to_what_omnitron_takes_and_the_cut_is_told() -> None:
    draft = draft_address(address(notes="n" * 513), NOBODY, "shipping")
    assert (len(draft.fields["notes"]), draft.cut) == (512, ("notes",))
    assert draft_address(address(notes="n" * 512), NOBODY, "shipping").cut == ()


@pytest.mark.parametrize(
    ("given", "empty"),
    [
        (None, True),
        (Address(), True),
        (Address(line=" ", city=""), True),
        (Address(email="a@example.com", first_name="Ayşe"), True),
        (Address(city="İzmir"), False),
        (Address(line="Gül Sok. 5"), False),
    ],
)
def test_an_address_without_a_street_and_a_city_is_none(given: Address | None, empty: bool) -> None:
    assert is_empty(given) is empty


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("İSTANBUL", "İstanbul"),
        ("ISTANBUL", "İstanbul"),
        ("istanbul", "İstanbul"),
        ("KADIKÖY", "Kadıköy"),
        ("kadıköy", "Kadıköy"),
        ("ŞİŞLİ", "Şişli"),
        ("ÜMRANİYE", "Ümraniye"),
        ("IĞDIR", "Iğdır"),
        ("ığdır", "Iğdır"),
        ("izmir", "İzmir"),
        ("ÇANAKKALE", "Çanakkale"),
        ("MUSTAFAKEMALPAŞA", "Mustafakemalpaşa"),
        ("YENI MAHALLE", "Yeni Mahalle"),
    ],
)
def test_a_place_is_also_looked_for_as_turkish_writes_it(written: str, known: str) -> None:
    assert known in spellings(written)


@pytest.mark.parametrize("written", ["Kadıköy", "İstanbul", "Girne (KKTC)", "O'Hara 2"])
def test_the_name_as_it_came_is_tried_first_and_no_spelling_twice(written: str) -> None:
    tried = spellings(written)
    assert tried[0] == written
    assert len(set(tried)) == len(tried)
