"""Verbs on checks, results and incidents."""

from catalog.quality.services.checks import (
    checks_of_changed_ports,
    is_in_sync,
    sync_checks,
    sync_checks_of,
)
from catalog.quality.services.incidents import (
    ReportData,
    SettingsData,
    acknowledge_incident,
    assign_incident,
    configure_quality,
    note_on_incident,
    report_incident,
    resolve_incident,
)
from catalog.quality.services.incidents_watching import watch_promises
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
from catalog.quality.services.sharing import revoke_badge, share_badge
from catalog.quality.services.snapshots import add_up_days, forget_days, keep_days
from catalog.quality.services.upkeep import keep_months
from catalog.quality.services.weighing import rescore_domain, rescore_moved, set_weights

__all__ = [
    "ReportData",
    "ResultData",
    "SettingsData",
    "Taken",
    "acknowledge_incident",
    "add_up_days",
    "assign_incident",
    "checks_of_changed_ports",
    "configure_quality",
    "forget_days",
    "is_in_sync",
    "keep_days",
    "keep_months",
    "match_unmatched",
    "note_on_incident",
    "outcome_of",
    "postpone",
    "recompute_score",
    "record_results",
    "release",
    "report_incident",
    "report_results",
    "rescore_domain",
    "rescore_moved",
    "resolve_incident",
    "results_of_events",
    "revoke_badge",
    "rows_changed",
    "run_check_now",
    "run_now",
    "set_weights",
    "share_badge",
    "sync_checks",
    "sync_checks_of",
    "watch_promises",
]
