"""Access to a port in a database that a team has registered as its own."""

import psycopg
import pytest

from core.ids import uuid7
from provisioning.access.models import Grant
from provisioning.access.services import (
    new_credential,
    request_extension,
    reveal_credential,
    revoke_grant,
    sample_rows,
)
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.drivers.postgres import naming
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.services import decide
from tests.factories import PortFactory, ProductFactory
from tests.provisioning.access.conftest import in_days, provision, read
from tests.provisioning.drivers.places import place_of, tcp_url


@pytest.fixture
def lake(company, settings, warehouse_url) -> Target:
    """The database is reached through the target alone; there is no built-in warehouse."""
    url = tcp_url(warehouse_url)
    settings.OUTBOUND_INNER_HOSTS = [place_of(url)]
    target = Target(slug="lake", name="Lake", driver="postgres", owner=company.sales)
    targets.seal(target, {"url": url})
    target.save()
    settings.WAREHOUSE_URL = "postgresql://127.0.0.1:1/none"
    return target


def test_grant_login_more_time_and_end_all_happen_in_the_teams_own_database(
    company, lake, ask, warehouse_url
):
    instance_id = uuid7()
    provision(instance_id, company.sales, company.owns, target="lake")
    schema = naming.schema_name("orders", instance_id)
    product = ProductFactory(owner=company.sales, instance_id=instance_id)
    company.port = PortFactory(
        product=product,
        name="orders",
        location={**company.port.location, "schema": schema},
    )

    decide(request=ask(port=company.port.fqn), actor=company.owns, approve=True, note="")
    run_due()
    grant = Grant.objects.get()
    assert grant.state == "active", grant.end_reason
    first = reveal_credential(grant=grant, actor=company.asks)
    assert read(first.dsn, company.port) == [("A-1", 12), ("A-2", 30)]
    (sample,) = sample_rows(grant=grant, actor=company.asks)
    assert len(sample.rows) == 2
    longer = request_extension(
        grant=grant, purpose=grant.purpose, until=in_days(90), actor=company.asks
    )
    decide(request=longer, actor=company.owns, approve=True, note="")
    run_due()
    grant.refresh_from_db()
    assert grant.until.date() == in_days(90)
    new_credential(grant=grant, actor=company.asks)
    run_due()
    second = reveal_credential(grant=grant, actor=company.asks)
    assert read(second.dsn, company.port)
    assert look_at(grant.instance) == []

    revoke_grant(grant=grant, actor=company.owns, reason="")
    run_due()

    grant.refresh_from_db()
    assert grant.removed_at is not None
    with pytest.raises(psycopg.OperationalError):
        read(second.dsn, company.port)
