"""Lifecycle and kinds of data products (ODPS)."""

from django.db.models import TextChoices


class ProductStatus(TextChoices):
    PROPOSED = "proposed", "Proposed"
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"


class Archetype(TextChoices):
    SOURCE_ALIGNED = "source-aligned", "Source-aligned"
    AGGREGATE = "aggregate", "Aggregate"
    CONSUMER_ALIGNED = "consumer-aligned", "Consumer-aligned"


class Visibility(TextChoices):
    COMPANY = "company", "Everybody in the company"
    DOMAIN = "domain", "The domain and those below it"
    RESTRICTED = "restricted", "Only who has access"


class SystemStatus(TextChoices):
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"


class SystemPortKind(TextChoices):
    OPENAPI = "openapi", "OpenAPI"
    ASYNCAPI = "asyncapi", "AsyncAPI"
    DATABASE = "database", "Database"
    FILE = "file", "Files"
    OTHER = "other", "Other"


class LinkKind(TextChoices):
    REPOSITORY = "repository", "Repository"
    DOCUMENTATION = "documentation", "Documentation"
    RUNBOOK = "runbook", "Runbook"
    DASHBOARD = "dashboard", "Dashboard"
    SUPPORT = "support", "Support"
    OTHER = "other", "Link"


class AnnouncementKind(TextChoices):
    NEWS = "news", "News"
    MAINTENANCE = "maintenance", "Maintenance"
    INCIDENT = "incident", "Incident"


class DemandState(TextChoices):
    OPEN = "open", "Open"
    TAKEN = "taken", "Taken up"
    ANSWERED = "answered", "Answered"
    DECLINED = "declined", "Declined"


LISTED = frozenset({ProductStatus.ACTIVE, ProductStatus.DEPRECATED})

SOURCES: dict[ProductStatus, frozenset[ProductStatus]] = {  # target: states it is entered from
    ProductStatus.PROPOSED: frozenset(),  # only where it begins
    ProductStatus.DRAFT: frozenset({ProductStatus.PROPOSED}),
    ProductStatus.ACTIVE: frozenset(
        {ProductStatus.PROPOSED, ProductStatus.DRAFT, ProductStatus.DEPRECATED}
    ),
    ProductStatus.DEPRECATED: frozenset({ProductStatus.ACTIVE}),
    ProductStatus.RETIRED: frozenset(
        {ProductStatus.PROPOSED, ProductStatus.DRAFT, ProductStatus.DEPRECATED}
    ),
}

DEMAND_SOURCES: dict[DemandState, frozenset[DemandState]] = {  # target: states it is entered from
    DemandState.TAKEN: frozenset({DemandState.OPEN}),
    DemandState.ANSWERED: frozenset({DemandState.OPEN, DemandState.TAKEN}),
    DemandState.DECLINED: frozenset({DemandState.OPEN, DemandState.TAKEN}),
}
LIVE_DEMANDS = frozenset({DemandState.OPEN, DemandState.TAKEN})
