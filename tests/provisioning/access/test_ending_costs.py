"""What the end of one more grant costs: statements of the ledger and of the warehouse."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from provisioning.access.models import Grant
from provisioning.access.services import expire_grants, remove_ended
from provisioning.drivers.postgres.session import Connection
from provisioning.jobs.models import Operation
from provisioning.jobs.services.work import owner_name, run_due, run_next
from provisioning.jobs.states import OperationKind
from provisioning.requests.services import decide
from tests.factories import UserFactory, actor_for
from tests.provisioning.access.conftest import roles_of

BORDERS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@pytest.fixture
def over(company, ask):
    """`over(3)`: so many grants in force whose day is over."""

    def make(count: int) -> list[Grant]:
        before = set(Grant.objects.values_list("pk", flat=True))
        for _ in range(count):
            reader = UserFactory()
            asked = ask(consumer=f"user:{reader.username}", actor=actor_for(reader))
            decide(request=asked, actor=company.owns, approve=True, note="Go on.")
        run_due()
        made = Grant.objects.exclude(pk__in=before)
        made.update(until=Now())
        return list(made)

    return make


@pytest.fixture
def warehouse_s(monkeypatch) -> list[str]:
    """The statements that the driver gives to the warehouse, which runs them."""
    seen: list[str] = []
    execute = Connection.execute

    def noted(conn, query, *arguments, **options):
        seen.append(str(query))
        return execute(conn, query, *arguments, **options)

    monkeypatch.setattr(Connection, "execute", noted)
    return seen


def ended(count: int, over) -> int:
    """How many statements it takes to end so many at once."""
    over(count)
    with CaptureQueriesContext(connection) as found:
        assert expire_grants() == count
    run_due()
    return len([each for each in found if not each["sql"].startswith(BORDERS)])


def test_the_end_of_one_more_grant_is_the_acceptance_of_its_removal(over):
    few, many = ended(1, over), ended(4, over)

    assert many - few <= 3 * 8


def test_a_removal_takes_so_many_statements(over, warehouse_s, settings):
    (grant,) = over(1)
    expire_grants()
    warehouse_s.clear()

    with CaptureQueriesContext(connection) as found:
        assert run_next(owner_name())

    grant.refresh_from_db()
    assert grant.removed_at is not None
    assert roles_of(grant, settings) == set()
    ledger = [each for each in found if not each["sql"].startswith(BORDERS)]
    assert len(ledger) <= 27
    assert len(warehouse_s) <= 29


def test_removals_that_were_lost_begin_again_together(over):
    grants = over(3)
    Grant.objects.filter(pk__in=[each.pk for each in grants]).update(
        state="expired", ended_at=Now(), ended_by="system"
    )

    with CaptureQueriesContext(connection) as found:
        assert remove_ended() == 3

    assert len([each for each in found if "jobs_operationstep" in each["sql"]]) == 1 + 3
    assert Operation.objects.active().filter(kind=OperationKind.UNBIND).count() == 3
    assert remove_ended() == 0
