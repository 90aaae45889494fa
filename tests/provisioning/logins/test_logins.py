"""People of a team work in its sandbox, each with a login that ends with their membership."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import connection

from accounts.actors import Actor
from accounts.models import Membership
from accounts.states import PortalRole, TeamRole
from core.errors import ConcurrencyError, Invalid, InvalidTransition, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from provisioning.access.services.credentials import AlreadyShown
from provisioning.blueprints.models import Resource
from provisioning.blueprints.services import request_change, resource_of, retire_expired
from provisioning.blueprints.states import Action
from provisioning.drivers import registry
from provisioning.drivers.protocol import PermanentError
from provisioning.jobs.models import Instance, Operation, OperationLog, OperationStep
from provisioning.jobs.services.reconciling import look_at, repair
from provisioning.jobs.services.work import run_due
from provisioning.logins.models import Login
from provisioning.logins.services import (
    destroy_unseen,
    end_login,
    end_of_leavers,
    make_login,
    reveal_login,
)
from provisioning.logins.states import LoginState
from tests.factories import UserFactory, actor_for, member_of
from tests.provisioning.blueprints.conftest import Shop


def made(sandbox: Instance, actor: Actor) -> str:
    """The address of a new login, shown to the actor."""
    make_login(instance=sandbox, actor=actor)
    run_due()
    return reveal_login(instance=sandbox, actor=actor).dsn


def asked(dsn: str, statement: str):
    with psycopg.connect(dsn, autocommit=True) as conn:
        found = conn.execute(statement)
        return found.fetchall() if found.description else None


def verbs() -> list[str]:
    found = AuditEvent.objects.filter(verb__startswith="login.").order_by("pk")
    return list(found.values_list("verb", flat=True))


@pytest.mark.smoke
def test_members_work_together_in_a_sandbox(shop: Shop, sandbox: Instance):
    asked(made(sandbox, shop.helps), "CREATE TABLE trial AS SELECT 1 AS n")

    assert asked(made(sandbox, shop.owns), "SELECT n FROM trial") == [(1,)]
    assert [each.state for each in Login.objects.all()] == [LoginState.SHOWN] * 2
    assert verbs() == ["login.asked", "login.revealed"] * 2
    assert look_at(sandbox) == []


def test_the_password_stands_nowhere(shop: Shop, sandbox: Instance):
    make_login(instance=sandbox, actor=shop.helps)
    run_due()
    sealed = bytes(Login.objects.get().ciphertext or b"")
    password = reveal_login(instance=sandbox, actor=shop.helps).password

    assert password.encode() not in sealed
    assert Login.objects.get().ciphertext is None
    for model in (Operation, OperationStep, OperationLog, Instance, AuditEvent, OutboxEvent):
        assert password not in str(list(model.objects.values()))


def test_it_is_shown_once(shop: Shop, sandbox: Instance):
    with pytest.raises(NotFound, match="no login"):
        reveal_login(instance=sandbox, actor=shop.helps)
    first = made(sandbox, shop.helps)

    with pytest.raises(AlreadyShown, match="Make a new one"):
        reveal_login(instance=sandbox, actor=shop.helps)
    second = made(sandbox, shop.helps)

    assert asked(second, "SELECT 1") == [(1,)]
    with pytest.raises(psycopg.OperationalError):
        asked(first, "SELECT 1")
    assert Login.objects.count() == 1


def test_of_many_who_try_exactly_one_sees_it(shop: Shop, sandbox: Instance):
    make_login(instance=sandbox, actor=shop.helps)
    run_due()
    actor, start = shop.helps, Barrier(8)

    def try_it(_n: int) -> int:
        start.wait()
        try:
            return 1 if reveal_login(instance=sandbox, actor=actor).password else 0
        except InvalidTransition:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_it, range(8))) == 1
    assert verbs().count("login.revealed") == 1


def test_what_nobody_fetches_is_destroyed(shop: Shop, sandbox: Instance):
    make_login(instance=sandbox, actor=shop.helps)
    run_due()
    assert destroy_unseen() == 0
    Login.objects.update(reveal_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    with pytest.raises(AlreadyShown, match="24 hours"):
        reveal_login(instance=sandbox, actor=shop.helps)
    assert (destroy_unseen(), destroy_unseen()) == (1, 0)
    assert Login.objects.get().state == LoginState.LOST
    assert Login.objects.get().ciphertext is None
    assert asked(made(sandbox, shop.helps), "SELECT 1") == [(1,)]


@pytest.mark.parametrize("who", ["outsider", "viewer", "admin", "platform"])
def test_only_contributors_of_the_owner_have_one(shop: Shop, sandbox: Instance, who: str):
    person = {
        "outsider": lambda: shop.outsider,
        "viewer": lambda: member_of(shop.team, TeamRole.VIEWER),
        "admin": lambda: UserFactory(portal_role=PortalRole.ADMIN),
        "platform": lambda: UserFactory(portal_role=PortalRole.PLATFORM),
    }[who]()

    for verb in (make_login, reveal_login):
        with pytest.raises(NotAllowed, match="Only contributors"):
            verb(instance=sandbox, actor=actor_for(person))
    assert not Login.objects.exists()
    assert not Operation.objects.filter(kind="rotate").exists()


def test_nobody_logs_in_to_what_is_no_workplace(shop: Shop, sandbox: Instance):
    steps = [{**each, "spec": {"slug": "x"}} for each in sandbox.desired_spec["steps"]]
    Instance.objects.update(desired_spec={"steps": steps})
    sandbox.refresh_from_db()

    with pytest.raises(Invalid, match="Nobody logs in") as refusal:
        make_login(instance=sandbox, actor=shop.helps)
    assert [each.code for each in refusal.value.problems] == ["no-logins"]
    assert not Login.objects.exists()


def test_two_at_once_are_one_job(shop: Shop, sandbox: Instance):
    make_login(instance=sandbox, actor=shop.helps)

    with pytest.raises(ConcurrencyError):
        make_login(instance=sandbox, actor=shop.owns)
    run_due()
    assert Login.objects.count() == 1


@pytest.mark.parametrize("leaves", ["team", "demoted", "company"])
def test_who_leaves_loses_the_login_and_the_work_stays(shop: Shop, sandbox: Instance, leaves: str):
    theirs, others = made(sandbox, shop.helps), made(sandbox, shop.owns)
    asked(theirs, "CREATE TABLE trial AS SELECT 1 AS n")
    assert end_of_leavers() == 0
    membership = Membership.objects.filter(user=shop.helper)
    if leaves == "team":
        membership.delete()
    elif leaves == "demoted":
        membership.update(role=TeamRole.VIEWER)
    else:
        shop.helper.is_active = False
        shop.helper.save()
    Operation.objects.update(finished_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    assert (end_of_leavers(), end_of_leavers()) == (1, 0)
    run_due()

    with pytest.raises(psycopg.OperationalError):
        asked(theirs, "SELECT 1")
    assert asked(others, "SELECT n FROM trial") == [(1,)]
    assert Login.objects.get(holder=shop.helper).state == LoginState.ENDED
    assert AuditEvent.objects.get(verb="login.ended").actor == "system"
    assert end_of_leavers() == 0


def test_a_login_is_ended_by_its_holder_and_by_owners(shop: Shop, sandbox: Instance):
    theirs = made(sandbox, shop.helps)
    login = Login.objects.get()
    other = actor_for(member_of(shop.team, TeamRole.CONTRIBUTOR))
    with pytest.raises(NotAllowed, match="Only its holder or owners"):
        end_login(login=login, actor=other)
    assert asked(theirs, "SELECT 1") == [(1,)]

    end_login(login=login, actor=shop.owns)
    run_due()

    with pytest.raises(psycopg.OperationalError):
        asked(theirs, "SELECT 1")
    with pytest.raises(InvalidTransition, match="has ended"):
        end_login(login=login, actor=shop.helps)
    again = made(sandbox, shop.helps)  # who may have one may have one again
    end_login(login=Login.objects.get(), actor=shop.helps)
    run_due()
    with pytest.raises(psycopg.OperationalError):
        asked(again, "SELECT 1")


def test_an_ended_login_that_was_sealed_is_not_shown(shop: Shop, sandbox: Instance):
    make_login(instance=sandbox, actor=shop.helps)
    run_due()
    end_login(login=Login.objects.get(), actor=shop.helps)
    run_due()

    assert Login.objects.get().ciphertext is None
    with pytest.raises(NotFound):
        reveal_login(instance=sandbox, actor=shop.helps)


def test_a_login_that_cannot_be_made_is_told_and_can_be_tried_again(
    shop: Shop, sandbox: Instance, monkeypatch: pytest.MonkeyPatch
):
    driver = registry.get_driver("postgres")

    def refused(*_: object, **__: object) -> None:
        raise PermanentError("The warehouse holds no more roles.")

    with monkeypatch.context() as patch:
        patch.setattr(driver, "ensure", refused, raising=False)
        make_login(instance=sandbox, actor=shop.helps)
        run_due()
    failed = Operation.objects.get(kind="rotate")
    assert (failed.state, Login.objects.get().state) == ("failed", LoginState.ASKED)
    with pytest.raises(NotFound):
        reveal_login(instance=sandbox, actor=shop.helps)

    assert asked(made(sandbox, shop.helps), "SELECT 1") == [(1,)]


def test_a_longer_sandbox_is_one_for_its_logins_too(shop: Shop, sandbox: Instance):
    dsn = made(sandbox, shop.helps)
    asked(dsn, "CREATE TABLE trial AS SELECT 1 AS n")
    resource = resource_of(sandbox.pk)
    assert resource is not None
    later = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=60)).isoformat()
    ends = "SELECT rolvaliduntil FROM pg_roles WHERE rolname = session_user"
    before = asked(dsn, ends)[0][0]

    request_change(
        resource=resource,
        action=Action.UPDATE,
        parameters={**resource.parameters, "until": later},
        purpose="",
        actor=shop.helps,
    )
    run_due()

    assert asked(dsn, ends)[0][0] - before == dt.timedelta(days=30)


def test_a_login_that_somebody_closed_in_the_warehouse_is_seen_and_mended(
    shop: Shop, sandbox: Instance, warehouse_url: str
):
    dsn = made(sandbox, shop.helps)
    name = Login.objects.get().username
    with psycopg.connect(warehouse_url, autocommit=True) as admin:
        admin.execute(f'ALTER ROLE "{name}" NOLOGIN')
    sandbox.refresh_from_db()

    assert look_at(sandbox) == [{"step": 1, "what": "changed", "kind": "login", "name": name}]
    repair(instance=sandbox, actor=shop.owns)
    run_due()
    assert asked(dsn, "SELECT 1") == [(1,)]


def test_the_end_of_a_sandbox_takes_all_of_it(shop: Shop, sandbox: Instance, warehouse_url: str):
    dsn = made(sandbox, shop.helps)
    asked(dsn, "CREATE TABLE trial AS SELECT 1 AS n")
    asked(dsn, "CREATE VIEW twice AS SELECT n * 2 AS n FROM trial")
    Resource.objects.update(expires_on=dt.date(2020, 1, 1))

    assert retire_expired() == 1
    with pytest.raises(InvalidTransition, match="not there"):
        make_login(instance=Instance.objects.get(pk=sandbox.pk), actor=shop.helps)
    run_due()

    sandbox.refresh_from_db()
    assert sandbox.observed_state == "absent"
    assert Login.objects.get().state == LoginState.ENDED
    with pytest.raises(psycopg.OperationalError):
        asked(dsn, "SELECT 1")
    left = "SELECT count(*) FROM pg_roles WHERE rolname LIKE %s OR rolname = %s"
    with psycopg.connect(warehouse_url) as admin:
        names = [f"dp_trial_{sandbox.pk.hex[-8:]}%", Login.objects.get().username]
        assert admin.execute(left, names).fetchone() == (0,)
