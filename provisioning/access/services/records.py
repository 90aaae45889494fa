"""What every verb on a grant writes beside it."""

from typing import Any

from catalog.products.services import lock_products, record_readers
from core import audit
from provisioning.access.models import Grant
from provisioning.access.selectors import readers


def note(verb: str, grant: Grant, *, actor: str = audit.SYSTEM, **detail: Any) -> None:
    """An audit event about `grant`; `detail` never holds a secret."""
    audit.record(
        actor=actor, verb=verb, kind="grant", object_id=grant.pk, port=grant.port.fqn, **detail
    )


def update_readers(grant: Grant) -> None:
    """Tell the catalogue who reads the product now; the lock puts parallel changes in a row."""
    product_id = grant.port.product_id
    lock_products([product_id])
    teams, users, consumers = readers(product_id)
    record_readers(
        product_id=product_id,
        team_ids=sorted(teams),
        user_ids=sorted(users),
        consumer_count=consumers,
    )
