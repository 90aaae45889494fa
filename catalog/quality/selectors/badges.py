"""What a badge's address leads to."""

from uuid import UUID

from catalog.products.models import DataProduct
from catalog.products.states import LISTED


def shared_product(link_id: UUID) -> DataProduct | None:
    """The product whose owners gave this address away and did not take it back.

    A product that is not listed (any more) has no badge outside. One SQL statement.
    """
    shared = DataProduct.objects.filter(
        badge_links=link_id, badge_links__revoked_at__isnull=True, status__in=LISTED
    )
    return shared.only("quality_score", "quality_stale_at").first()
