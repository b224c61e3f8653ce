"""The rules that exist from the first start: people may edit, pause or delete them.

They are chosen so that calm days bring no mail: a trouble that the next run overcomes is none.
"""

from include.state.alarms import AlarmRule, Criterion

_BY = "fashfed"
_HOUR, _DAY = 60, 1440


def _rule(name: str, criterion: Criterion, flow: str | None, threshold: float, interval_minutes: int) -> AlarmRule:
    return AlarmRule(criterion, flow, threshold, interval_minutes, built_in=name, changed_by=_BY)


BUILT_IN = (
    _rule("runs fail", Criterion.FAILED_RUNS, None, 2, 2 * _HOUR),
    # These run so rarely that nobody would see a single failure.
    _rule("updated orders fail", Criterion.FAILED_RUNS, "get_updated_orders", 0, _DAY),
    _rule("sweep fails", Criterion.FAILED_RUNS, "sweep_orders", 0, _DAY),
    _rule("retention fails", Criterion.FAILED_RUNS, "housekeeping", 0, _DAY),
    _rule("attributes fail", Criterion.FAILED_RUNS, "compare_attributes", 0, 7 * _DAY),
    _rule("stock stands still", Criterion.NO_SUCCESS, "stock", 0, 20),
    _rule("price stands still", Criterion.NO_SUCCESS, "price", 0, _HOUR),
    _rule("product stands still", Criterion.NO_SUCCESS, "product", 0, _HOUR),
    _rule("orders stand still", Criterion.NO_SUCCESS, "get_orders", 0, 30),
    _rule("no stock arrives", Criterion.NOTHING_ARRIVED, "stock", 0, _DAY),
    _rule("no order arrives", Criterion.NOTHING_ARRIVED, "get_orders", 0, 2 * _DAY),
    _rule("many products fail", Criterion.ERROR_PERCENTAGE, "product", 50, _DAY),
    _rule("many prices fail", Criterion.ERROR_PERCENTAGE, "price", 20, _HOUR),
    _rule("many stocks fail", Criterion.ERROR_PERCENTAGE, "stock", 20, _HOUR),
    _rule("orders wait", Criterion.BACKLOG_AGE, "get_orders", 30, 1),
    _rule("parked for a person", Criterion.PARKED, None, 0, 2 * _HOUR),
    _rule("ledger differs", Criterion.LEDGER_DIFFERENCE, None, 0, 3 * _HOUR),
    _rule("alarms do not run", Criterion.ENGINE_LATE, None, 10, 1),
)
"""Without addresses of their own: the operators are told."""
