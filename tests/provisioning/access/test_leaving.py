"""Whoever leaves a team, or the company, reads through its grants no more."""

import psycopg
import pytest

from accounts.models import Membership
from accounts.services import AccountData, create_account, end_account
from core.models import AuditEvent
from provisioning.access.models import Credential, Grant
from provisioning.access.services import drop_leavers, new_credential, reveal_credential
from provisioning.access.states import GrantState
from provisioning.jobs.models import Operation
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.services import decide
from tests.factories import ProductFactory, TeamFactory, actor_for, member_of
from tests.provisioning.access.conftest import read, roles_of


def logins(settings) -> set[str]:
    roles = roles_of(Grant.objects.get(), settings)
    return {name for name in roles if name.startswith("lg")}


def test_the_leavers_login_goes_and_the_colleagues_stays(company, granted, settings):
    leaver = reveal_credential(grant=granted, actor=company.asks)
    new_credential(grant=granted, actor=actor_for(company.colleague))
    run_due()
    stays = reveal_credential(grant=granted, actor=actor_for(company.colleague))
    session = psycopg.connect(leaver.dsn, autocommit=True)
    assert drop_leavers() == 0

    Membership.objects.filter(user=company.consumer, team=company.marketing).delete()
    assert drop_leavers() == 1
    assert drop_leavers() == 0  # it is at work already
    run_due()

    with pytest.raises(psycopg.Error):
        session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        read(leaver.dsn, company.port)
    assert read(stays.dsn, company.port) == [("A-1", 12), ("A-2", 30)]
    granted.refresh_from_db()
    assert granted.state == GrantState.ACTIVE
    assert set(Credential.objects.filter(destroyed_at=None).values_list("holder", flat=True)) == {
        company.colleague.pk
    }
    assert AuditEvent.objects.filter(verb="credential.dropped").count() == 1
    assert look_at(granted.instance) == []
    assert drop_leavers() == 0


def test_what_could_not_be_dropped_is_tried_again(company, granted, settings):
    Membership.objects.filter(user=company.consumer).delete()
    good, settings.WAREHOUSE_URL = settings.WAREHOUSE_URL, "postgresql://127.0.0.1:1/none"
    assert drop_leavers() == 1
    Operation.objects.filter(kind="update").update(deadline_at="2020-01-01T00:00Z")
    run_due()
    settings.WAREHOUSE_URL = good
    assert Operation.objects.get(kind="update").state == "failed"
    assert drop_leavers() == 0  # it was tried just now
    Operation.objects.filter(kind="update").update(finished_at="2020-01-02T00:00Z")

    assert drop_leavers() == 1
    run_due()
    assert not logins(settings)


def test_whoever_left_the_company_loses_what_was_theirs_alone(company, ask, settings):
    request = ask(consumer=f"user:{company.consumer.username}")
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    assert len(logins(settings)) == 1

    company.consumer.is_active = False
    company.consumer.save()
    assert drop_leavers() == 1
    run_due()

    grant = Grant.objects.get()
    assert (grant.state, grant.ended_by) == (GrantState.REVOKED, "system")
    assert grant.end_reason == f"{company.consumer} has left."
    assert grant.removed_at is not None
    assert not logins(settings)


def test_a_product_that_changes_hands_takes_its_logins_along(company, ask, settings):
    product = ProductFactory(owner=company.marketing)
    request = ask(consumer=f"product:{product.fqn}")
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()

    product.owner = TeamFactory()
    product.save()
    assert drop_leavers() == 1
    run_due()

    assert not logins(settings)
    assert Grant.objects.get().state == GrantState.ACTIVE


def test_a_program_of_the_team_is_no_leaver_until_it_ends(company, granted):
    boss = actor_for(member_of(company.marketing))
    data = AccountData("nightly", "Loads at night")
    program = create_account(team=company.marketing, data=data, actor=boss)
    new_credential(grant=granted, actor=actor_for(program))
    run_due()
    login = reveal_credential(grant=granted, actor=actor_for(program))
    assert drop_leavers() == 0
    assert read(login.dsn, company.port) == [("A-1", 12), ("A-2", 30)]

    end_account(account=program, actor=boss)
    assert drop_leavers() == 1
    run_due()

    with pytest.raises(psycopg.OperationalError):
        read(login.dsn, company.port)
