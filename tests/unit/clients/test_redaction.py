import json
import string
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.clients.redaction import redact

SENSITIVE = [
    "first_name",
    "last_name",
    "email",
    "phone_number",
    "line",
    "identity_number",
    "tax_no",
    "company_name",
    "iban",
    "access_token",
    "password",
    "Authorization",
    "postcode",
    "notes",
]
SECRETS = st.text(string.ascii_letters + " ığüşöçİĞÜŞÖÇ-.'", min_size=6).filter(
    lambda text: (
        text.strip() and "valid" not in text.lower() and not any(text.lower() in key.lower() for key in SENSITIVE)
    )
)
steady = settings(derandomize=True, deadline=None)
PLAIN = st.sampled_from(["sku", "number", "status", "pk", "city", "detail"])


@steady
@given(SECRETS, st.sampled_from(SENSITIVE), st.lists(PLAIN, max_size=4))
def test_a_value_under_a_sensitive_key_never_shows_however_deep(secret, key, path):
    value: object = {key: secret, "sku": "LSD-100-M"}
    for name in path:
        value = [{name: value}]
    for text in (redact(value), redact(json.dumps(value)), redact(json.dumps(value, ensure_ascii=False).encode())):
        assert f'"{secret}"' not in text
        assert json.dumps(secret) not in text
        assert "LSD-100-M" in text


@steady
@given(SECRETS, st.sampled_from(SENSITIVE), st.integers(0, 200))
def test_cut_off_json_is_masked_too(secret, key, cut):
    text = json.dumps({"a": 1, key: secret, "sku": "LSD-100-M"}, ensure_ascii=False)
    shown = redact(text[: max(12, cut)])
    assert f'"{secret}' not in shown


@steady
@given(SECRETS, st.sampled_from(SENSITIVE))
def test_query_strings_are_masked(secret, key):
    shown = redact(f"GET https://omnitron.example/customers/?channel=137&{key}={quote(secret)}&limit=10")
    assert f"{key}=***" in shown
    assert "channel=137" in shown
    assert "limit=10" in shown


@steady
@given(SECRETS, st.sampled_from(SENSITIVE))
def test_records_as_python_shows_them_are_masked(secret, key):
    fields = SimpleNamespace(**{key: secret, "sku": "LSD-100-M"})
    for shown in (repr({key: secret, "sku": "LSD-100-M"}), repr(fields)):
        assert secret not in redact(f"ValueError: cannot place {shown}")
        assert "LSD-100-M" in redact(f"ValueError: cannot place {shown}")


@steady
@given(SECRETS, st.sampled_from(SENSITIVE))
def test_what_a_record_has_under_a_sensitive_key_is_masked_wherever_a_text_about_it_quotes_it(secret, key):
    record = {"order": {"address": [{key: secret}]}, "sku": "LSD-100-M"}
    for known in (record, json.dumps(record), json.dumps(record).encode()):
        shown = redact({"detail": f"LSD-100-M for {secret.upper()}, or {secret}!"}, known=known)
        assert secret.strip() not in shown
        assert "LSD-100-M" in shown


def test_only_whole_words_of_a_record_are_masked_and_none_so_short_that_it_is_chance():
    known = {"first_name": "Ali", "last_name": "K", "line": "12"}
    assert redact("Ali of 12 K Alison Street", known=known) == "*** of 12 K Alison Street"


@pytest.mark.parametrize("known", [None, b"", b"no JSON", {}, {"sku": "LSD-100-M"}])
def test_a_text_about_nothing_known_stays(known):
    assert redact("LSD-100-M was refused", known=known) == "LSD-100-M was refused"


@pytest.mark.parametrize("name", ["line__iexact", "customer__first_name", "address__line__icontains", "new_password"])
def test_django_style_names_in_queries_are_known(name):
    assert "Moda" not in redact(f"/api/v1/addresses/?channel=137&{name}=Moda%20Cad&limit=5")
    assert "limit=5" in redact(f"/api/v1/addresses/?channel=137&{name}=Moda%20Cad&limit=5")


@pytest.mark.parametrize(
    "secret",
    [
        "ada.kaya@example.com",
        "ada.kaya%40example.com",
        "+90 532 123 45 67",
        "+905321234567",
        "05321234567",
        "0532 123 45 67",
        "5321234567",
        "(532) 123 45 67",
        "0212 123 45 67",
        "+44 20 7946 0958",
        "10000000146",
        "TR330006100519786457841326",
        "TR33 0006 1005 1978 6457 8413 26",
    ],
)
@pytest.mark.parametrize("around", ["{}", "call {} now", '{{"detail": "of {}."}}', "tel:{}", "x={}&y=1"])
def test_personal_data_in_free_text_is_known_by_its_shape(secret, around):
    assert secret not in redact(around.format(secret))


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Token 9944b09199c62bcf9418ad846dd0e4bb",
        "curl -H 'Authorization: Bearer 9944b09199c62bcf9418ad846dd0e4bb'",
        "sent Token 9944b09199c62bcf9418ad846dd0e4bb",
        '{"key": "9944b09199c62bcf9418ad846dd0e4bb"}',
        '{"headers": {"authorization": "9944b09199c62bcf9418ad846dd0e4bb"}}',
        "postgresql://fashfed:9944b09199c62bcf9418ad846dd0e4bb@db/connector",
        "https://x.example/?access_token=9944b09199c62bcf9418ad846dd0e4bb",
    ],
)
def test_credentials_never_show(text):
    assert "9944b09199c62bcf9418ad846dd0e4bb" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Order FD-4200000000000042-3100000000000017 of package 3100000000000017",
        "LSD-100-M",
        "ELB-5301234567-38",
        "123e4567-e89b-12d3-a456-426614174000-Channel-GetOrders_42",
        "2025-01-10T08:00:00.000000Z",
        "2026-03-02T10:00:00+00:00",
        "Address is not valid. channel: 137 code: 137_Kadıköy model: Township city id: 80",
        "hash_data:b5e07b50cb033f5e4c86de7f1093bb37 already exists",
        "price 1199.90 try, tax 20.00",
        "product__pk__in=12227,12228&limit=100",
    ],
)
def test_what_an_operator_needs_stays(text):
    assert redact(text) == text


def test_the_remotes_word_about_a_sensitive_field_stays_but_not_its_value():
    shown = redact({"phone_number": ["This field is required."], "email": ["ada@example.com is taken"], "line": [""]})
    assert json.loads(shown) == {"phone_number": ["This field is required."], "email": ["***"], "line": [""]}


@pytest.mark.parametrize("piece", ["a", "_", "0", "-", "__a", '"', "token", "line=", "{", "[", "5 ", "a@", "1.", "%40"])
def test_a_long_text_of_any_kind_is_redacted_in_one_go(piece):
    assert len(redact(piece * 20_000, 100)) <= 100


def test_attribute_keys_stay():
    assert redact({"key": "SIZE"}) == '{"key": "SIZE"}'


def test_masking_comes_before_cutting():
    text = "x" * 290 + " ada.kaya@example.com"
    shown = redact(text, 300)
    assert len(shown) <= 300
    assert "ada" not in shown


@steady
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(), st.lists))
def test_anything_can_be_redacted(value):
    assert isinstance(redact(value, 50), str)
