from django.db.models import TextChoices


class Dimension(TextChoices):
    """ODCS's seven."""

    ACCURACY = "accuracy", "Accuracy"
    COMPLETENESS = "completeness", "Completeness"
    CONFORMITY = "conformity", "Conformity"
    CONSISTENCY = "consistency", "Consistency"
    COVERAGE = "coverage", "Coverage"
    TIMELINESS = "timeliness", "Timeliness"
    UNIQUENESS = "uniqueness", "Uniqueness"


class Outcome(TextChoices):
    PASS = "pass", "Passed"
    WARN = "warn", "Warned"
    FAIL = "fail", "Failed"
    ERROR = "error", "Could not be run"


class Origin(TextChoices):
    """Where a check comes from."""

    CONTRACT = "contract", "Rule of the contract"
    IMPLIED = "implied", "Implied by the schema"
    SLA = "sla", "Service level"
    TOOL = "tool", "Another tool"


class IncidentState(TextChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    RESOLVED = "resolved", "Resolved"


class Severity(TextChoices):
    MINOR = "minor", "Minor"
    MAJOR = "major", "Major"
    CRITICAL = "critical", "Critical"


class Cause(TextChoices):
    CHECK = "check", "A rule is broken"
    SLA = "sla", "A promise is broken"
    ROWS = "rows", "An unusual number of rows"
    FRESHNESS = "freshness", "Unusually old data"
    SCORE = "score", "The score is too low"
    LATE = "late", "The data is late"
    MANUAL = "manual", "Reported by hand"


class EventKind(TextChoices):
    OPENED = "opened", "Opened"
    REOPENED = "reopened", "Opened again"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    ASSIGNED = "assigned", "Assigned"
    NOTE = "note", "Noted"
    RESOLVED = "resolved", "Resolved"


UNRESOLVED = (IncidentState.OPEN, IncidentState.ACKNOWLEDGED)
OF_PRODUCT = (Cause.SCORE, Cause.LATE)  # no check tells them; one of each a product
OF_CHECK = (Cause.CHECK, Cause.SLA, Cause.ROWS, Cause.FRESHNESS)
