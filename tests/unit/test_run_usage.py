"""Wrong usage of ``python -m include.run`` ends with code 2 and a word about what is wrong."""

from pathlib import Path

import pytest

from include.command_line import DifferencesAsked, parse
from include.inbox_command import InboxChange, InboxListed
from include.run import main
from include.state.store import OWED, InboxState
from include.steps import Order


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
        (["stock", "--limit", "3"], "stock prints no rows"),
        (["findings", "stock", "--limit", "0"], "'0' is not a number of rows"),
        (["findings", "order"], "findings needs the name of a flow"),
        (["differences", "stock"], "'stock' is too much"),
        (["stock", "order"], "'order' is too much"),
        (["inbox"], "required: list|retry|exclude|assign"),
        (["inbox", "list", "--kind", "order"], "'order' (choose from"),
        (["inbox", "list", "--state", "lost"], "'lost' (choose from"),
        (["inbox", "list", "--limit", "0"], "'0' is not a number of records"),
        (["inbox", "list", "--channel", "tr"], "channel 'tr' is not one of FASHFED_CHANNELS (default)"),
        (["inbox", "retry"], "retry takes KIND and KEYs, or --kind and --code"),
        (["inbox", "retry", "package"], "retry takes KIND and KEYs, or --kind and --code"),
        (["inbox", "retry", "--code", "c"], "retry takes KIND and KEYs, or --kind and --code"),
        (["inbox", "retry", "package", "1", "--code", "c"], "retry takes KIND and KEYs, or --kind and --code"),
        (["inbox", "retry", "package", "1", "--kind", "plan"], "retry takes KIND and KEYs, or --kind and --code"),
        (["inbox", "exclude", "package", "1"], "required: --reason"),
        (["inbox", "exclude", "package", "--reason", "r"], "required: KEY"),
        (["inbox", "exclude", "package", "1", "--reason", " "], "a reason has 1 to 500 characters"),
        (["inbox", "exclude", "package", "1", "--reason", "r" * 501], "a reason has 1 to 500 characters"),
        (["inbox", "assign", "cancel", "1", "--order", "FD-1"], "'cancel' (choose from"),
        (["inbox", "assign", "package", "1"], "required: --order"),
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


def test_differences_are_those_of_orders_unless_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FASHFED_CHANNELS", raising=False)
    assert parse(["differences"]) == DifferencesAsked("default", "order", 1000)
    assert parse(["differences", "order_waiting", "--limit", "3"]) == DifferencesAsked("default", "order_waiting", 3)


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


def test_a_change_of_the_inbox_names_records_or_all_that_are_parked_with_a_code() -> None:
    some, all_of = parse(["inbox", "retry", "package", "1", "2"]), parse(["inbox", "retry", "--kind=plan", "--code=c"])
    assert some == InboxChange("default", "retry", "package", ("1", "2"), None, "", None)
    assert all_of == InboxChange("default", "retry", "plan", (), "c", "", None)


def test_the_inbox_shows_what_is_owed_unless_another_state_is_asked_for() -> None:
    assert parse(["inbox", "list"]) == InboxListed("default", None, OWED, None, 100)
    asked = parse(["inbox", "list", "--kind=cancel", "--state=done", "--code=c", "--limit=7"])
    assert asked == InboxListed("default", "cancel", (InboxState.DONE,), "c", 7)
