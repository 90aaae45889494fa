"""Verbs on checks and results."""

from catalog.quality.services.checks import (
    checks_of_changed_ports,
    is_in_sync,
    sync_checks,
    sync_checks_of,
)
from catalog.quality.services.reporting import (
    Taken,
    match_unmatched,
    report_results,
    results_of_events,
)
from catalog.quality.services.running import (
    postpone,
    release,
    rows_changed,
    run_check_now,
    run_now,
)
from catalog.quality.services.scoring import (
    ResultData,
    outcome_of,
    recompute_score,
    record_results,
)
from catalog.quality.services.upkeep import keep_months

__all__ = [
    "ResultData",
    "Taken",
    "checks_of_changed_ports",
    "is_in_sync",
    "keep_months",
    "match_unmatched",
    "outcome_of",
    "postpone",
    "recompute_score",
    "record_results",
    "release",
    "report_results",
    "results_of_events",
    "rows_changed",
    "run_check_now",
    "run_now",
    "sync_checks",
    "sync_checks_of",
]
