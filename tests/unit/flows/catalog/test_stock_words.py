"""What an operator reads of the flow ``stock``."""

import logging
from datetime import timedelta

import pytest

from include.sandbox import Sandbox
from tests.unit.flows.catalog.stockroom import penalised
from tests.worldkit import Kit


async def test_many_records_with_one_cause_are_one_line(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    big = Kit.made(size=500)
    with caplog.at_level(logging.INFO, "fashfed"):
        report = await big.run("stock")
    lines = [record.getMessage() for record in caplog.records if "Product has not been sent" in record.getMessage()]
    assert len(lines) == 1
    assert f"{report.errors['product_not_sent']} SKUs failed" in lines[0]
    assert "[product_not_sent]" in lines[0]
    assert "Next step: " in lines[0]
    assert any(record.getMessage().startswith("Done: ") for record in caplog.records)


async def test_a_dry_run_says_what_it_would_send_and_writes_nothing(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    before = kit.sandbox.stock_differences()
    with caplog.at_level(logging.INFO, "fashfed"):
        report = await kit.run("stock", "send", dry_run=True)
    assert report.counts["sent"] > 0
    assert kit.sandbox.stock_differences() == before
    assert {request.method for request in kit.wire.requests if "auth/login" not in request.url} == {"GET"}
    assert any(record.getMessage().startswith("Would send ") for record in caplog.records)


async def test_the_penalty_follows_the_setting_of_the_content_type(kit: Kit, sandbox: Sandbox) -> None:
    kit.conf["FAILED_INTEGRATION"]["productstock"] = {
        "RETRY_INTERVAL": 600, "EXPIRATION_DATE": 57601, "MAX_RETRY_COUNT": 2,
    }  # fmt: skip
    await kit.run("stock")
    await kit.later(seconds=timedelta(minutes=11).total_seconds())
    assert (await kit.run("stock")).errors["product_not_sent"] == len(penalised(kit))
