"""Access to ports at targets of other drivers: asked for, opened, seen at the server, gone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid5

import pytest
from django.db.models.functions import Now

from core.errors import Invalid
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import grant_target
from provisioning.access.services import (
    drop_leavers,
    expire_grants,
    new_credential,
    remove_ended,
    request_extension,
    reveal_credential,
    revoke_grant,
    rotate_due,
    sample_rows,
)
from provisioning.access.services.credentials import AlreadyShown
from provisioning.access.states import GrantState
from provisioning.drivers import registry
from provisioning.drivers.models import Target
from provisioning.jobs.models import Effect, Operation
from provisioning.jobs.services import leases, repair, runner
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.services import decide
from tests.factories import PortFactory, ProductFactory, actor_for
from tests.provisioning.access.conftest import in_days
from tests.provisioning.access.elsewhere import (
    AGO,
    ANALYST,
    Elsewhere,
    at_adapter,
    at_broker,
    company_at,
    run_to_rest,
)
from tests.provisioning.access.test_credentials import everything
from tests.provisioning.drivers.adapter import Adapter, says
from tests.provisioning.drivers.broker import CACHE, DATABASE, SLOW, Server, after, half
from tests.provisioning.drivers.broker import says as broker_says
from tests.provisioning.drivers.conftest import adapter, broker  # noqa: F401 - shared fixtures
from tests.provisioning.drivers.forks import dies
from tests.provisioning.drivers.storage import SECRET, client_of, s3_server, statements

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR_AGO = Now() - dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_broker(settings: Any) -> None:
    settings.CELERY_BROKER_URL = ""
    settings.FIELD_KEYS = f"test:{'A' * 43}"


@pytest.fixture
def lake(transactional_db: None, adapter: Adapter) -> Elsewhere:  # noqa: F811
    return at_adapter(adapter)


@pytest.fixture
def database(transactional_db: None, broker: Server) -> Elsewhere:  # noqa: F811
    return at_broker(broker)


@pytest.fixture
def storage() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def area(transactional_db: None, settings: Any, storage: str) -> Elsewhere:
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [storage.removeprefix("http://")]
    config = {"endpoint": storage, "region": "eu-central-1", "access_key": "AKIACANARY"}
    found = company_at(
        "s3", "area", {"slug": "orders"}, config, {"secret_key": SECRET}, list, ANALYST
    )
    bucket = found.made.result["steps"]["0"]["bucket"]
    found.holds = lambda: [each["Sid"] for each in statements(storage, bucket)]
    return found


@pytest.fixture(params=["lake", "database", "area"])
def place(request: pytest.FixtureRequest) -> Elsewhere:
    found: Elsewhere = request.getfixturevalue(request.param)
    return found


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
    with pytest.raises(Invalid):
        new_credential(grant=grant, actor=consumer)
    Credential.objects.update(rotate_at=None)
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


# Tech adapter


def test_an_adapter_is_told_all_readers_and_who_goes_takes_nobody_along(lake, adapter) -> None:  # noqa: F811
    ours = lake.granted()
    theirs = lake.granted(consumer=f"user:{lake.auditor.username}", by=lake.auditor)
    group = f"group:{lake.marketing.slug}"
    assert sorted(lake.holds()) == sorted([group, f"user:{lake.auditor.username}"])

    revoke_grant(grant=ours, actor=actor_for(lake.owner), reason="")
    run_to_rest()

    assert lake.holds() == [f"user:{lake.auditor.username}"]
    revoke_grant(grant=theirs, actor=actor_for(lake.owner), reason="")
    run_to_rest()
    assert lake.holds() == []


def test_a_slow_adapter_that_is_told_two_things_at_once_ends_with_both(lake, adapter) -> None:  # noqa: F811
    adapter.slow = 2
    for request in (
        lake.ask(),
        lake.ask(consumer=f"user:{lake.auditor.username}", by=lake.auditor),
    ):
        decide(request=request, actor=actor_for(lake.owner), approve=True, note="")
    run_to_rest()

    assert len(lake.holds()) == 2
    revoke_grant(grant=Grant.objects.first(), actor=actor_for(lake.owner), reason="")
    revoke_grant(grant=Grant.objects.last(), actor=actor_for(lake.owner), reason="")
    run_to_rest()
    assert lake.holds() == []


def test_a_product_that_changes_hands_is_read_by_its_new_owners(lake) -> None:
    product = ProductFactory(owner=lake.marketing)
    lake.granted(consumer=f"product:{product.fqn}")
    assert lake.holds() == [f"group:{lake.marketing.slug}"]
    assert drop_leavers() == 0

    product.owner = lake.finance
    product.save()
    assert drop_leavers() == 1
    run_to_rest()

    assert lake.holds() == [f"group:{lake.finance.slug}"]
    assert drop_leavers() == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(400, {"errors": ["No such group."]}), "No such group."),
        (says(500, {"userMessage": "The lake is closed."}), "The lake is closed."),
        (says(200, {"status": "FAILED", "result": "Half of it."}), "Half of it."),
    ],
)
def test_an_adapter_that_fails_ends_the_grant_with_a_reason_and_lets_nobody_in(
    lake,
    adapter,  # noqa: F811
    fault,
    words,
) -> None:
    others = lake.granted(consumer=f"user:{lake.auditor.username}", by=lake.auditor)
    adapter.fail("updateacl", *[fault] * 12)

    failed = lake.approved(lake.ask())

    assert (failed.state, words in failed.end_reason) == (GrantState.REVOKED, True)
    assert lake.holds() == [f"user:{lake.auditor.username}"]
    adapter.faults.clear()
    assert lake.granted().state == GrantState.ACTIVE
    assert len(lake.holds()) == 2
    others.refresh_from_db()
    assert others.state == GrantState.ACTIVE


def test_where_readers_sign_in_as_themselves_there_are_no_credentials(lake) -> None:
    grant = lake.granted()

    with pytest.raises(Invalid, match="You sign in there as yourself"):
        reveal_credential(grant=grant, actor=actor_for(lake.consumer))

    assert not Credential.objects.exists()


# Service broker


def test_credentials_of_a_broker_are_shown_once_and_stand_nowhere(database, broker, caplog) -> None:  # noqa: F811
    grant = database.granted()
    (binding,) = broker.holds()["bindings"].values()
    before = everything()

    shown = reveal_credential(grant=grant, actor=actor_for(database.consumer))

    assert shown.dsn == binding["credentials"]["uri"]
    assert shown.login.given == {"credentials": binding["credentials"]}
    secret = shown.dsn.partition("secret-")[2]
    assert secret not in (before + everything() + caplog.text).replace(
        next(iter(broker.holds()["bindings"])), ""
    )
    with pytest.raises(AlreadyShown):
        reveal_credential(grant=grant, actor=actor_for(database.consumer))


def test_each_person_gets_a_binding_and_who_leaves_loses_theirs(database, broker) -> None:  # noqa: F811
    grant = database.granted()
    first = reveal_credential(grant=grant, actor=actor_for(database.consumer))
    new_credential(grant=grant, actor=actor_for(database.colleague))
    run_to_rest()
    second = reveal_credential(grant=grant, actor=actor_for(database.colleague))
    assert first.dsn != second.dsn
    assert len(database.holds()) == 2
    with pytest.raises(AlreadyShown):  # what was told again is no news
        reveal_credential(grant=grant, actor=actor_for(database.consumer))

    database.consumer.memberships.all().delete()
    Operation.objects.update(created_at=AN_HOUR_AGO, finished_at=AN_HOUR_AGO)
    assert drop_leavers() == 1
    run_to_rest()

    (left,) = broker.holds()["bindings"].values()
    assert left["credentials"]["uri"] == second.dsn
    assert Credential.objects.get(destroyed_at=None).holder == database.colleague
    revoke_grant(grant=grant, actor=actor_for(database.owner), reason="")
    run_to_rest()
    assert database.holds() == []


def test_what_nobody_fetched_can_be_had_again_and_what_was_shown_cannot(database) -> None:
    grant, consumer = database.granted(), actor_for(database.consumer)
    Credential.objects.update(destroyed_at=AGO, ciphertext=None)

    new_credential(grant=grant, actor=consumer)
    run_to_rest()

    assert "secret-" in reveal_credential(grant=grant, actor=consumer).dsn
    with pytest.raises(Invalid, match="End this access and ask for it again") as refused:
        new_credential(grant=grant, actor=consumer)
    assert refused.value.problems[0].code == "not-renewable"


@pytest.mark.parametrize(("service", "plan"), [(CACHE, "small"), (DATABASE, SLOW)])
def test_brokers_that_tell_nothing_or_take_their_time(
    transactional_db,
    broker,  # noqa: F811
    service,
    plan,
) -> None:
    place = at_broker(broker, service, plan)

    grant = place.granted()

    assert "secret-" in reveal_credential(grant=grant, actor=actor_for(place.consumer)).dsn
    revoke_grant(grant=grant, actor=actor_for(place.owner), reason="")
    run_to_rest()
    assert place.holds() == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (broker_says(400, '{"description": "No room."}'), "No room."),
        (after(broker_says(503)), "cannot do it now"),
        (after(half(201)), "Nobody knows whether the broker did it"),
        (after(broker_says(201)), "not as a broker has to"),
    ],
)
def test_a_broker_that_fails_ends_the_grant_with_a_reason_and_keeps_no_binding(
    database,
    broker,  # noqa: F811
    fault,
    words,
) -> None:
    request = database.ask()
    whose = f"binding {request.instance_id} user:{database.consumer.pk}"
    broker.fail("PUT", str(uuid5(database.made.instance_id, whose)), *[fault] * 20)

    grant = database.approved(request)

    assert (grant.state, words in grant.end_reason) == (GrantState.REVOKED, True)
    assert database.holds() == []
    assert not Credential.objects.filter(destroyed_at=None).exists()


def test_a_binding_that_somebody_withdrew_is_found_and_made_again(database, broker) -> None:  # noqa: F811
    grant = database.granted()
    reveal_credential(grant=grant, actor=actor_for(database.consumer))
    broker.broker.bindings.clear()

    (drift,) = look_at(grant.instance) or []
    assert drift["what"] == "missing"
    repair(instance=grant.instance, actor=actor_for(database.owner))
    run_to_rest()

    assert len(database.holds()) == 1
    assert look_at(grant.instance) == []


# Object storage


@pytest.mark.parametrize(
    ("identity", "code"),
    [("", "missing"), ("*", "wrong-form"), ("arn:aws:iam::1:role/x", "wrong-form")],
)
def test_who_reads_objects_is_named_by_an_identity_of_the_storage(area, identity, code) -> None:
    with pytest.raises(Invalid) as refused:
        area.ask(identity=identity)

    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/identity", code)]
    assert "arn:aws:iam::123456789012:role/analyst" in str(refused.value.problems[0].message)


def test_other_ports_take_no_identity(lake) -> None:
    with pytest.raises(Invalid) as refused:
        lake.ask(identity=ANALYST)

    assert [p.code for p in refused.value.problems] == ["not-taken"]


def test_a_policy_that_somebody_changed_is_found_and_mended(area, storage) -> None:
    grant = area.granted()
    bucket = area.made.result["steps"]["0"]["bucket"]
    given = statements(storage, bucket)
    changed = [{**each, "Principal": {"AWS": [f"{ANALYST}2"]}} for each in given]
    policy = {"Version": "2012-10-17", "Statement": changed}
    client_of(storage).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    assert [each["what"] for each in look_at(grant.instance) or []] == ["changed"]
    repair(instance=grant.instance, actor=actor_for(area.owner))
    run_to_rest()

    assert statements(storage, bucket) == given
    assert look_at(grant.instance) == []
    revoke_grant(grant=grant, actor=actor_for(area.owner), reason="")
    run_to_rest()
    client_of(storage).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert [each["what"] for each in look_at(grant.instance) or []] == ["extra"]


def test_an_end_waits_for_a_driver_that_is_not_installed(area, monkeypatch) -> None:
    grant = area.granted()
    with monkeypatch.context() as without:
        without.delitem(registry._drivers, "s3")
        revoke_grant(grant=grant, actor=actor_for(area.owner), reason="")
        assert remove_ended() == 0
    assert area.holds() != []

    assert remove_ended() == 1
    run_to_rest()

    grant.refresh_from_db()
    assert (grant.removed_at is not None, area.holds()) == (True, [])


def test_a_storage_that_is_away_ends_the_grant_with_a_reason_and_a_clean_policy(
    area, settings
) -> None:
    target = Target.objects.get()
    settings.OUTBOUND_INNER_HOSTS = [*settings.OUTBOUND_INNER_HOSTS, "127.0.0.1:1"]
    decide(request=area.ask(), actor=actor_for(area.owner), approve=True, note="")
    config = {**target.config, "endpoint": "http://127.0.0.1:1"}
    Target.objects.update(config=config)
    for _ in range(30):
        Operation.objects.active().exclude(state="compensating").update(run_after=AGO)
        run_due()
    assert Operation.objects.filter(state="compensating").count() == 1
    Target.objects.update(config=target.config)
    run_to_rest()

    grant = Grant.objects.get()
    assert grant.state == GrantState.REVOKED
    assert "127.0.0.1:1" in grant.end_reason
    assert area.holds() == []
