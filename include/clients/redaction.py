"""The one place that takes secrets and personal data out of what people may read (design.md section 9).

Used for exception details, log lines, error reports, XCom and exports. Masking goes by key (JSON, Python, query string,
header) and, in free text, by shape (e-mail, phone, identity number, IBAN, bearer token) and by what a text is known to
be about: names and streets have no shape, but the record that they are from is at hand where one is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

MASK = "***"
_LEAST_LETTERS, _LEAST_DIGITS = 2, 5
"""The shortest name and the shortest other text that is looked for in a text which is known to be about its owner."""

_AROUND = r"[\w-]{0,40}"
_KEYS = (
    rf"{_AROUND}(?:token|password|secret|cookie|phone|gsm|e[_-]?mail(?![_-]allowed)){_AROUND}"
    r"|authorization|api[_-]?key|username|(?:first|last|full|middle|customer|holder|user)_?names?|surname"
    r"|identity_(?:number|no)|national_id|tckn|tax_(?:no|number|office)|vkn|ibans?|company_name"
    r"|line|address_?line\d?|address_?text|postcode|zipcode|notes?|gift_box_note|date_of_birth|gender|remote_addr"
)
_SENSITIVE = re.compile(rf"(?:{_KEYS})", re.IGNORECASE)
_LOGIN_KEY = re.compile(r"[A-Za-z0-9_\-.]{20,}")
"""The hub's login answers ``{"key": <token>}``; attributes have a ``key`` as well, but a short one."""

_HARMLESS = re.compile(
    r"(?:this (?:field|list|value) (?:is required|may not be (?:null|blank|empty))"
    r"|ensure this (?:field|value) has (?:no more|at least) \S+ \d+ characters?"
    r"|enter a valid [a-z -]+|not a valid string|a valid [a-z]+ is required"
    r"|invalid pk \"\d{1,12}\" - object does not exist)\.?",
    re.IGNORECASE,
)
"""Answers of Django REST Framework that say what is wrong with a field without repeating its value."""

_LOCAL = r"\)?[\s.-]?\d{3}[\s.-]?\d{2}[\s.-]?\d{2}"
_PHONE = (
    r"(?:\+|00)\d[\d\s().-]{6,20}\d"  # with a country code
    rf"|(?:90[\s.-]?)?\(?0?5\d{{2}}{_LOCAL}"  # a Turkish mobile number
    rf"|0[\s.-]?\(?[2-5]\d{{2}}{_LOCAL}"  # a Turkish number with its leading 0
)
_SHAPES = re.compile(
    r"[\w.!#$&'*+/=?^`{|}~-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"  # e-mail
    r"|\bTR\d{2}(?:\s?\d{4}){5}\s?\d{2}\b"  # IBAN
    rf"|(?<![\w.-])(?:{_PHONE})(?!\w)"
    r"|(?<![\w.])[1-9]\d{10}(?![\w])",  # identity number
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(r"\b(token|bearer|basic)(\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/\s@]{1,500}@")
_QUOTED = r""""(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?"""
_JSON_PAIR = re.compile(  # a dict as Python shows it has other quotes
    rf"""((["'])(?:{_KEYS})\2\s*:\s*)(?:{_QUOTED}|\[[^\]]*\]?|\{{[^}}]*\}}?|[^\s,}}\]]+)""", re.IGNORECASE
)
_FIELD_PAIR = re.compile(rf"\b((?:{_KEYS})=)(?:{_QUOTED})", re.IGNORECASE)
"""A field of an object as Python shows it."""
_QUERY_PAIR = re.compile(rf"((?:^|[?&;\s])(?:[\w.]{{1,60}}__)?(?:{_KEYS})(?:__\w{{1,30}})?=)[^&;\s]*", re.IGNORECASE)
_HEADER = re.compile(r"((?:authorization|cookie|set-cookie)['\"]?\s*[:=]\s*)[^\r\n,}&]+", re.IGNORECASE)


def redact(value: object, limit: int | None = None, *, known: object = None) -> str:
    """The value as text without secrets and personal data; at most ``limit`` characters.

    Takes text (also JSON, URLs and query strings, whole or cut off), bytes, mappings and sequences. ``known`` is the
    record (or JSON) that the text is about: what it has under a sensitive key is masked wherever the text quotes it.
    """
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    text = _redact_text(value) if isinstance(value, str) else _as_text(_masked(value))
    if words := set(_personal(_parsed(known))):
        longest_first = sorted(map(re.escape, words), key=len, reverse=True)
        text = re.sub(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", MASK, text, flags=re.IGNORECASE)
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    return text


def _redact_text(text: str) -> str:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _as_text(_masked(json.loads(text)))
        except (ValueError, RecursionError):
            pass
    text = _JSON_PAIR.sub(rf'\1"{MASK}"', text)
    text = _FIELD_PAIR.sub(rf"\1{MASK}", text)
    text = _HEADER.sub(rf"\1{MASK}", text)
    text = _QUERY_PAIR.sub(rf"\1{MASK}", text)
    text = _CREDENTIALS.sub(rf"\1\2{MASK}", text)
    text = _USERINFO.sub(f"{MASK}@", text)
    return _SHAPES.sub(MASK, text)


def _as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda other: _redact_text(str(other)))


def _masked(value: object, key: str = "") -> object:
    if isinstance(value, str):
        return _masked_text(value, key)
    if isinstance(value, Mapping):
        if _SENSITIVE.fullmatch(key):
            return MASK
        return {_redact_text(str(name)): _masked(item, str(name)) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_masked(item, key) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if _SENSITIVE.fullmatch(key):
        return MASK
    if isinstance(value, int | float):
        return MASK if _SHAPES.fullmatch(str(value)) else value
    return _redact_text(str(value))


def _masked_text(value: str, key: str) -> str:
    if not value or (_SENSITIVE.fullmatch(key) and _HARMLESS.fullmatch(value)):
        return value
    if _SENSITIVE.fullmatch(key) or (key == "key" and _LOGIN_KEY.fullmatch(value)):
        return MASK
    return _redact_text(value)


def _parsed(record: object) -> object:
    if isinstance(record, bytes | str):
        try:
            return json.loads(record)
        except (ValueError, RecursionError):
            return None
    return record


def _personal(value: object, key: str = "") -> Iterator[str]:
    """The texts under sensitive keys that are long enough to be told from chance."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _personal(item, key if _SENSITIVE.fullmatch(key) else str(name))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for item in value:
            yield from _personal(item, key)
    elif isinstance(value, str | int) and not isinstance(value, bool) and _SENSITIVE.fullmatch(key):
        text = str(value).strip()
        if len(text) >= _LEAST_DIGITS or (len(text) >= _LEAST_LETTERS and text.isalpha()):
            yield text
