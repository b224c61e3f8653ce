"""Wrong usage of ``python -m include.run`` ends with code 2 and a word about what is wrong."""

import pytest

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
