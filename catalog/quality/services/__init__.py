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
from catalog.quality.services.running import postpone, release, run_check_now, run_now
from catalog.quality.services.scoring import (
    ResultData,
    outcome_of,
    recompute_score,
    record_results,
)
from catalog.quality.services.upkeep import keep_months

__all__ = [
    "ReportData",
    "ResultData",
    "SettingsData",
    "Taken",
    "acknowledge_incident",
    "assign_incident",
    "checks_of_changed_ports",
    "configure_quality",
    "is_in_sync",
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
    "resolve_incident",
    "results_of_events",
    "run_check_now",
    "run_now",
    "sync_checks",
    "sync_checks_of",
    "watch_promises",
]
