"""The audit log only grows."""

import pytest
from django.db import DatabaseError, connection, transaction

from core import audit
from core.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def guarded():
    """The trigger as in production; tests that truncate run without it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditevent ENABLE TRIGGER audit_append_only")
    audit.record(actor="owner", verb="product.published", kind="product", object_id="sales.orders")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE core_auditevent SET actor = 'somebody else'",
        "DELETE FROM core_auditevent",
        "TRUNCATE core_auditevent",
    ],
)
def test_nothing_changes_or_removes_an_event(guarded, tampering):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(tampering)

    event = AuditEvent.objects.get()
    assert (event.actor, event.object_id) == ("owner", "sales.orders")
