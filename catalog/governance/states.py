"""States and kinds of policies."""

from django.db.models import TextChoices

SUBJECT_KINDS = ("product", "contract")


class PolicyState(TextChoices):
    DRAFT = "draft", "Draft"
    ENFORCED = "enforced", "Enforced"
    RETIRED = "retired", "Retired"


class Severity(TextChoices):
    """How much it matters; only an enforced rule stops anything."""

    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


class Outcome(TextChoices):
    PASS = "pass", "Kept"
    FAIL = "fail", "Not kept"
    UNDECIDED = "undecided", "Could not be evaluated"
