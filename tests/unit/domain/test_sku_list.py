"""Lists of SKUs as people upload and type them (spec section 8, reference/flows.md section 6.4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.domain.sku_list import BadLine, SkuList, read_csv, typed
from include.errors import ConfigurationError

HEADER_MESSAGE = "sku cannot identify please check your csv file. Header value should be set this: sku"
SIGNS = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
SKUS = st.text(SIGNS | st.just(" "), min_size=1, max_size=255).filter(lambda sku: sku == sku.strip())


def quoted(sku: str) -> str:
    doubled = sku.replace('"', '""')
    return f'"{doubled}"'


STRAY = st.sampled_from(["", " ", "  ", "\u00a0"])
EMPTY_COLUMNS = st.sampled_from(["", ";", ";;", "\t", ",", ', ""'])


@settings(deadline=None, derandomize=True)
@given(
    skus=st.lists(SKUS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mess=st.tuples(STRAY, STRAY, EMPTY_COLUMNS),
    blank=st.sampled_from(["", " ", ";", ",,", '""']),
    last=st.booleans(),
)
def test_every_sku_of_a_file_is_found_once_however_it_was_saved(
    skus: list[str], encoding: str, end: str, mess: tuple[str, str, str], blank: str, last: bool
) -> None:
    before, after, columns = mess
    rows = [f"{before}{value}{after}{columns}" for value in ("sku", *map(quoted, skus))]
    text = end.join([rows[0], blank, *rows[1:], *rows[1:]]) + (end if last else "")
    assert read_csv(text.encode(encoding)) == SkuList(tuple(dict.fromkeys(skus)))


@settings(deadline=None, derandomize=True)
@given(data=st.binary())
def test_any_bytes_are_read_or_refused_readably(data: bytes) -> None:
    for content in (data, b"sku\n" + data):
        try:
            skus, code = read_csv(content).skus, None
        except ConfigurationError as error:
            skus, code = (), error.code
        assert code in (None, "csv_header", "csv_unreadable")
        assert all(sku == sku.strip() and sku.isprintable() and 0 < len(sku) <= 255 for sku in skus)


@settings(deadline=None, derandomize=True)
@given(
    good=st.lists(SKUS, unique=True), bad=st.sampled_from(["A,B", "A;B", "\tB", '"A', "A\x07B", "A\u200dB", "x" * 256])
)
def test_a_bad_row_costs_only_itself(good: list[str], bad: str) -> None:
    rows = ["sku", *map(quoted, good)]
    read = read_csv("\n".join([*rows, bad, "LAST"]).encode())
    assert read.skus == tuple(dict.fromkeys([*good, "LAST"]))
    assert [row.line for row in read.bad] == [len(rows) + 1]
    assert bad not in read.bad[0].detail


@pytest.mark.parametrize(
    "header",
    ["", "SKU", "Sku", "skus", "sku,name", "sku;A", "A", "s ku", "'sku'", "sep=;", '"sku', "\nsku", "ürün kodu"],
)
def test_another_first_row_than_sku_gives_the_message_of_the_spec(header: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_csv(f"{header}\nA\n".encode())
    assert str(raised.value) == HEADER_MESSAGE


@pytest.mark.parametrize(
    "header",
    [
        b"sku",
        b"\xef\xbb\xbfsku",
        b" sku ",
        b'"sku"',
        b'  "sku" ;',
        b"sku;",
        b"sku\t\t",
        b"sku,,,",
        b'\xef\xbb\xbf"sku",',
    ],
)
def test_the_header_may_have_marks_spaces_quotes_and_empty_columns(header: bytes) -> None:
    assert read_csv(header + b"\r\nA").skus == ("A",)


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "sku\nA\n".encode("utf-16-le"),
        "sku\nA\n".encode("utf-32"),
        b"\xff\xfes\x00k\x00u",
        b"sku\n\x81\x8d\x8f\x90",
        b"\xef\xbb\xbfsku\n\xff",
    ],
    ids=["workbook", "picture", "UTF-16 without its mark", "UTF-32", "half a sign", "no encoding", "broken UTF-8"],
)
def test_what_is_no_text_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_csv(data)
    assert raised.value.code == "csv_unreadable"
    assert "UTF-8" in raised.value.next_step


def test_a_file_of_a_turkish_windows_is_read() -> None:
    assert read_csv("sku\r\nGÖMLEK-Ş1\r\nİPEK-ığ\r\n".encode("cp1254")).skus == ("GÖMLEK-Ş1", "İPEK-ığ")


def test_quotes_keep_separators_and_quotation_marks_of_a_sku() -> None:
    assert read_csv(b'sku\n"A,B";\n"27"" TV"\nTV-27"\n').skus == ("A,B", '27" TV', 'TV-27"')


def test_a_row_that_is_not_closed_does_not_swallow_the_next() -> None:
    read = read_csv(b'sku\n"A\nB\n"C"\n')
    assert read == SkuList(("B", "C"), (BadLine(2, "a quotation mark is not closed"),))


def test_a_header_alone_gives_no_sku() -> None:
    assert read_csv(b"sku\r\n\r\n") == SkuList(())


def test_typed_skus_are_taken_as_they_are_once_and_without_stray_spaces() -> None:
    assert typed([" A\n", "", "B;C", '"D"', "A", "  "]).skus == ("A", "B;C", '"D"')


def test_a_typed_sku_that_omnitron_cannot_have_is_named_by_its_place() -> None:
    assert [row.line for row in typed(["A", "B\nC", "x" * 256, "\ud800"]).bad] == [2, 3, 4]
