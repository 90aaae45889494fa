"""Access to ports at targets of other drivers: asked for, opened, seen at the server, gone."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import grant_target
from provisioning.access.services import (
    expire_grants,
    new_credential,
    request_extension,
    revoke_grant,
    rotate_due,
    sample_rows,
)
from provisioning.access.states import GrantState
from provisioning.drivers import registry
from provisioning.jobs.models import Effect, Operation
from provisioning.jobs.services import leases, runner
from provisioning.jobs.services.reconciling import look_at
from provisioning.requests.services import decide
from tests.factories import PortFactory, actor_for
from tests.provisioning.access.days import in_days
from tests.provisioning.access.elsewhere import (
    AGO,
    run_to_rest,
)
from tests.provisioning.drivers.forks import dies

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_approved_is_open_at_the_server_and_after_its_end_it_is_gone(place) -> None:
    assert place.holds() == []

    grant = place.granted()

    assert place.holds() != []
    assert look_at(grant.instance) == []
    revoke_grant(grant=grant, actor=actor_for(place.owner), reason="")
    run_to_rest()
    grant.refresh_from_db()
    assert (grant.state, grant.removed_at is not None) == (GrantState.REVOKED, True)
    assert place.holds() == []
    assert not Effect.objects.filter(instance=grant.instance, removed_at=None).exists()
    assert place.ask().state == "waiting"  # and it can be asked for again


def test_a_grant_whose_day_is_over_is_taken_away(place) -> None:
    grant = place.granted()
    Grant.objects.update(starts_at=grant.starts_at - (in_days(9) - in_days(0)), until=AGO)

    assert expire_grants() == 1
    run_to_rest()

    grant.refresh_from_db()
    assert (grant.state, grant.removed_at is not None) == (GrantState.EXPIRED, True)
    assert place.holds() == []


def test_more_time_works_where_the_target_knows_no_end(place) -> None:
    grant = place.granted()
    before = place.holds()
    longer = request_extension(
        grant=grant, purpose=grant.purpose, until=in_days(90), actor=actor_for(place.consumer)
    )

    decide(request=longer, actor=actor_for(place.owner), approve=True, note="")
    run_to_rest()

    grant.refresh_from_db()
    longer.refresh_from_db()
    assert (longer.state, grant.until.date()) == ("succeeded", in_days(90))
    assert place.holds() == before


def test_what_these_targets_cannot_do_is_refused_with_what_to_do_instead(place) -> None:
    consumer = actor_for(place.consumer)
    with pytest.raises(Invalid) as refused:
        place.ask(narrow={"orders": {"columns": ["id"]}})
    (problem,) = refused.value.problems
    assert (problem.pointer, problem.code) == ("/narrow", "not-narrowable")
    assert "leave columns and rows out" in problem.message
    assert not Grant.objects.exists()
    grant = place.granted()
    with pytest.raises(Invalid, match="Read it with your own access"):
        sample_rows(grant=grant, actor=consumer)


@pytest.mark.parametrize(
    ("name", "words"), [("lake", "by those who run it"), ("area", "whoever runs that identity")]
)
def test_where_readers_have_an_account_it_is_said_who_renews_it(request, name, words) -> None:
    place = request.getfixturevalue(name)
    grant = place.granted()

    with pytest.raises(Invalid, match=words) as refused:
        new_credential(grant=grant, actor=actor_for(place.consumer))

    assert refused.value.problems[0].code == "no-credentials"
    assert not Credential.objects.exists()
    assert rotate_due() == 0


def test_a_port_that_lies_in_a_schema_or_means_another_thing_is_not_opened(place) -> None:
    named_by = registry.granting()[grant_target(place.port).driver].named_by

    for location in ({"schema": "dp_x", "tables": {"a": "a"}}, {named_by: "another"}):
        place.port.location = location
        assert grant_target(place.port) is None


def test_another_port_of_the_product_opens_nothing_of_it(place) -> None:
    other = PortFactory(product=place.port.product, technology="kafka", location={"topic": "x"})

    assert grant_target(other) is None


def test_of_two_things_that_a_product_has_the_one_that_its_port_names_is_opened(place) -> None:
    first = Effect.objects.get(instance=place.made.instance_id, removed_at=None)
    Effect.objects.create(
        instance_id=place.made.instance_id,
        operation=place.made,
        step_n=0,
        driver=first.driver,
        kind=first.kind,
        name="another",
    )

    assert grant_target(place.port) is None


def test_a_port_with_an_instance_of_its_own_is_opened_if_the_ledger_says_so(place) -> None:
    port = PortFactory(product=place.port.product, technology=place.port.technology)
    port.product.instance_id = None
    port.location = {"instance": str(place.made.instance_id)}
    assert grant_target(port) is None

    Effect.objects.create(
        instance_id=place.made.instance_id,
        operation=place.made,
        step_n=0,
        driver="catalog",
        kind="port",
        name=port.fqn,
    )
    assert grant_target(port) is not None


def test_a_worker_that_dies_on_the_way_leaves_one_access(place) -> None:
    request = place.ask()
    decide(request=request, actor=actor_for(place.owner), approve=True, note="")
    lease = leases.claim_next("a worker that dies")
    assert lease
    verbs = (b"POST /datamesh", b"PUT /v2", b"PUT /meshport")

    dies(lambda: runner.run(lease), "answered", at=verbs)()
    Operation.objects.update(lease_until=AGO)
    run_to_rest()

    grant = Grant.objects.get()
    assert (grant.state, grant.instance.operations.get().crashes) == ("active", 1)
    assert len(place.holds()) == (2 if grant.instance.driver == "s3" else 1)
    revoke_grant(grant=grant, actor=actor_for(place.owner), reason="")
    run_to_rest()
    assert place.holds() == []
