"""Verbs on checks and results."""

from catalog.quality.services.checks import (
    checks_of_changed_ports,
    is_in_sync,
    postpone,
    run_now,
    sync_checks,
    sync_checks_of,
)
from catalog.quality.services.reporting import (
    Taken,
    match_unmatched,
    report_results,
    results_of_events,
)
from catalog.quality.services.scoring import (
    ResultData,
    outcome_of,
    recompute_score,
    record_results,
)
from catalog.quality.services.sharing import revoke_badge, share_badge
from catalog.quality.services.snapshots import add_up_days, forget_days, keep_days
from catalog.quality.services.upkeep import keep_months
from catalog.quality.services.weighing import rescore_domain, rescore_moved, set_weights

__all__ = [
    "ResultData",
    "Taken",
    "add_up_days",
    "checks_of_changed_ports",
    "forget_days",
    "is_in_sync",
    "keep_days",
    "keep_months",
    "match_unmatched",
    "outcome_of",
    "postpone",
    "recompute_score",
    "record_results",
    "report_results",
    "rescore_domain",
    "rescore_moved",
    "results_of_events",
    "revoke_badge",
    "run_now",
    "set_weights",
    "share_badge",
    "sync_checks",
    "sync_checks_of",
]
