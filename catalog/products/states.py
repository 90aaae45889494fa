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


LISTED = frozenset({ProductStatus.ACTIVE, ProductStatus.DEPRECATED})

SOURCES: dict[ProductStatus, frozenset[ProductStatus]] = {  # target: states it is entered from
    ProductStatus.DRAFT: frozenset({ProductStatus.PROPOSED}),
    ProductStatus.ACTIVE: frozenset(
        {ProductStatus.PROPOSED, ProductStatus.DRAFT, ProductStatus.DEPRECATED}
    ),
    ProductStatus.DEPRECATED: frozenset({ProductStatus.ACTIVE}),
    ProductStatus.RETIRED: frozenset(
        {ProductStatus.PROPOSED, ProductStatus.DRAFT, ProductStatus.DEPRECATED}
    ),
}
