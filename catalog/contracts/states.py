"""Contract states."""

from django.db.models import TextChoices


class ContractStatus(TextChoices):
    """The fundamental states that ODCS names; the standard allows any string."""

    PROPOSED = "proposed", "Proposed"
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"
