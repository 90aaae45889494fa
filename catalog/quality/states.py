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
