import datetime as dt

import psycopg
import pytest

from core.errors import Conflict, InvalidTransition, NotAllowed
from provisioning.access.models import Credential, Grant
from provisioning.access.services import (
    expire_grants,
    remove_ended,
    reveal_credential,
    revoke_grant,
)
from provisioning.access.states import GrantState
from provisioning.jobs.models import Effect, Operation
from provisioning.jobs.services import retry
from provisioning.jobs.services.leases import claim_next
from provisioning.jobs.services.runner import run
from provisioning.jobs.services.work import owner_name, run_due
from provisioning.jobs.states import OperationKind, OperationState
from provisioning.requests.services import decide
from tests.factories import TeamFactory, UserFactory, actor_for, member_of
from tests.provisioning.access.conftest import read, roles_of


def unbinds(grant: Grant) -> list[Operation]:
    return list(grant.instance.operations.filter(kind=OperationKind.UNBIND))


def test_after_a_revoke_the_open_session_is_refused_and_nobody_can_log_in(
    company, granted, settings
):
    shown = reveal_credential(grant=granted, actor=company.asks)
    session = psycopg.connect(shown.dsn, autocommit=True)
    query = f"SELECT count(*) FROM {company.port.location['schema']}.orders"
    assert session.execute(query).fetchone() == (2,)

    revoke_grant(grant=granted, actor=company.owns, reason="The report is finished.")
    run_due()

    with pytest.raises(psycopg.Error):
        session.execute(query)
    with pytest.raises(psycopg.OperationalError):
        read(shown.dsn, company.port)
    granted.refresh_from_db()
    assert granted.state == GrantState.REVOKED
    assert granted.removed_at is not None
    assert roles_of(granted, settings) == set()
    assert not Effect.objects.filter(instance=granted.instance, removed_at=None).exists()


def test_a_revoke_counts_at_once_and_takes_the_unshown_password_with_it(company, granted):
    revoke_grant(grant=granted, actor=company.asks, reason="")

    assert granted.state == GrantState.REVOKED
    assert granted.removed_at is None
    assert Credential.objects.get().ciphertext is None
    with pytest.raises(InvalidTransition, match="has ended"):
        reveal_credential(grant=granted, actor=company.asks)


def test_holder_owner_and_steward_may_end_it_and_nobody_else(company, granted):
    others = [
        actor_for(member_of(TeamFactory())),
        actor_for(member_of(company.marketing, role="viewer")),
        actor_for(UserFactory(portal_role="platform")),
    ]

    for actor in others:
        with pytest.raises(NotAllowed):
            revoke_grant(grant=granted, actor=actor, reason="")
    granted.refresh_from_db()
    assert granted.state == GrantState.ACTIVE
    assert unbinds(granted) == []

    revoke_grant(grant=granted, actor=actor_for(UserFactory(portal_role="steward")), reason="")


def test_ending_twice_is_refused(company, granted):
    revoke_grant(grant=granted, actor=company.asks, reason="")

    with pytest.raises(InvalidTransition):
        revoke_grant(grant=granted, actor=company.owns, reason="")

    assert len(unbinds(granted)) == 1


def test_a_revoke_before_the_work_began_cancels_it_and_nothing_is_made(company, ask, settings):
    request = ask()
    decide(request=request, actor=company.owns, approve=True, note="")
    grant = Grant.objects.get()

    revoke_grant(grant=grant, actor=company.owns, reason="Changed my mind.")
    run_due()

    request.refresh_from_db()
    grant.refresh_from_db()
    assert request.state == "cancelled"
    assert grant.removed_at is not None
    assert roles_of(grant, settings) == set()


def test_a_revoke_while_the_work_goes_on_stops_it_and_is_not_lost(company, ask, settings):
    request = ask()
    decide(request=request, actor=company.owns, approve=True, note="")
    grant = Grant.objects.get()
    lease = claim_next(owner_name())
    assert lease is not None

    revoke_grant(grant=grant, actor=company.asks, reason="")
    assert unbinds(grant) == []
    run(lease)
    run_due()

    request.refresh_from_db()
    grant.refresh_from_db()
    assert request.state == "cancelled"
    assert [operation.state for operation in unbinds(grant)] == [OperationState.SUCCEEDED]
    assert grant.removed_at is not None
    assert roles_of(grant, settings) == set()


def test_a_removal_that_could_not_start_or_failed_is_started_again(company, granted, settings):
    """E.g. the process died between the end of the grant and its removal."""
    now = dt.datetime.now(dt.UTC)
    Operation.objects.update(created_at=now - dt.timedelta(hours=2))
    Operation.objects.update(finished_at=now - dt.timedelta(hours=1))
    Grant.objects.update(state=GrantState.REVOKED, ended_at=now)

    assert remove_ended() == 1
    assert remove_ended() == 0
    run_due()

    granted.refresh_from_db()
    assert granted.removed_at is not None
    assert roles_of(granted, settings) == set()
    assert remove_ended() == 0


def test_a_grant_whose_day_is_over_expires_and_is_removed(company, granted, settings):
    now = dt.datetime.now(dt.UTC)
    Grant.objects.update(starts_at=now - dt.timedelta(days=2), until=now - dt.timedelta(seconds=1))

    assert expire_grants() == 1
    assert expire_grants() == 0
    run_due()

    granted.refresh_from_db()
    assert granted.state == GrantState.EXPIRED
    assert granted.removed_at is not None
    assert roles_of(granted, settings) == set()


def test_a_set_up_that_fails_ends_the_grant_and_leaves_nothing(company, ask, settings):
    request = ask()
    decide(request=request, actor=company.owns, approve=True, note="")
    warehouse = settings.WAREHOUSE_URL
    table = f"{company.port.location['schema']}.orders"
    with psycopg.connect(warehouse) as conn:
        conn.execute(f"ALTER TABLE {table} RENAME TO away")

    run_due()

    grant = Grant.objects.get()
    request.refresh_from_db()
    assert grant.state == GrantState.REVOKED
    assert "no table" in grant.end_reason
    assert request.state == "failed"
    assert roles_of(grant, settings) == set()

    with psycopg.connect(warehouse) as conn:
        conn.execute(f"ALTER TABLE {company.port.location['schema']}.away RENAME TO orders")
    retry(operation=request.operation, actor=company.owns)
    run_due()

    grant.refresh_from_db()
    assert grant.state == GrantState.ACTIVE
    assert grant.removed_at is None
    assert read(reveal_credential(grant=grant, actor=company.asks).dsn, company.port)


def test_what_somebody_ended_does_not_come_back_by_a_retry(company, ask, settings):
    request = ask()
    decide(request=request, actor=company.owns, approve=True, note="")
    grant = Grant.objects.get()
    revoke_grant(grant=grant, actor=company.owns, reason="")
    run_due()
    bind = grant.instance.operations.get(kind=OperationKind.BIND)
    assert bind.state == OperationState.CANCELLED

    with pytest.raises(InvalidTransition, match="Ask for it again"):
        retry(operation=bind, actor=company.asks)

    assert run_due() == 0
    assert roles_of(grant, settings) == set()


def test_the_product_knows_its_readers(company, granted):
    product = company.port.product
    product.refresh_from_db()
    assert product.reader_team_ids == [company.marketing.pk]
    assert product.consumer_count == 1

    revoke_grant(grant=granted, actor=company.asks, reason="")

    product.refresh_from_db()
    assert product.reader_team_ids == []
    assert product.consumer_count == 0


def test_after_its_end_it_can_be_asked_for_again(company, ask, granted):
    with pytest.raises(Conflict):
        ask()
    revoke_grant(grant=granted, actor=company.asks, reason="")

    assert ask().state == "waiting"
