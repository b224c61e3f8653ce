"""Wrong usage of ``python -m include.run`` ends with code 2 and a word about what is wrong."""

from pathlib import Path

import pytest

from include.bootstrap import Order
from include.command_line import parse
from include.run import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "required: flow"),
        (["stok"], "'stok' (choose from"),
        (["stock", "--channel", "tr"], "channel 'tr' is not one of FASHFED_CHANNELS (default)"),
        (["get_orders", "--from", "2026-03-01T00:00:00Z"], "--from and --to go together"),
        (["get_orders", "--from", "2026-03-01T00:00:00", "--to", "2026-03-02T00:00:00Z"], "has no offset"),
        (["get_orders", "--from", "March", "--to", "2026-03-02T00:00:00Z"], "'March'"),
        (["get_orders", "--from", "2026-03-03T00:00:00Z", "--to", "2026-03-02T00:00:00Z"], "before it starts"),
        (["stock", "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z"], "stock reads no window"),
        (["get_orders", "--dry-run"], "get_orders cannot run dry"),
        (["readiness", "--dry-run"], "readiness cannot run dry"),
        (["stock", "--sku", "A"], "stock takes no list of SKUs"),
        (["product", "--sku", "A", "--csv", "-"], "not allowed with argument --sku"),
        (["product", "--csv", "no-such-file.csv"], "no-such-file.csv"),
        (["product", "--let-pass"], "product holds nothing back"),
        (["findings"], "findings needs the name of a flow"),
        (["stock", "price"], "'price' is too much"),
        (["stock", "--limit", "3"], "stock prints no findings"),
        (["findings", "stock", "--limit", "0"], "'0' is not a number of rows"),
    ],
)
def test_wrong_usage_is_refused_with_its_reason(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FASHFED_CHANNELS", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert said in printed.err
    assert not printed.out


def test_a_csv_without_its_header_is_refused_in_the_words_of_the_spec(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("A\nB\n")
    with pytest.raises(SystemExit) as ended:
        main(["product", "--csv", str(file)])
    assert ended.value.code == 2
    assert "sku cannot identify please check your csv file" in " ".join(capsys.readouterr().err.split())


def test_the_skus_of_a_run_come_from_the_line_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"\xef\xbb\xbfsku\r\nC\r\n")
    for arguments, skus in ((["--sku", "A", "--sku", "B"], ("A", "B")), (["--csv", str(file)], ("C",))):
        order = parse(["product", *arguments])
        assert isinstance(order, Order)
        assert order.sku_list is not None
        assert order.sku_list.skus == skus
