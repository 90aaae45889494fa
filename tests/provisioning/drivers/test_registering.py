"""Targets are tested on save, changed by their owners, watched, and kept while they are used."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from django.utils import timezone
from psycopg import sql

from accounts.actors import Actor
from accounts.states import PortalRole, TeamRole
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import AuditEvent
from provisioning.drivers.models import Target
from provisioning.drivers.postgres.target import warehouse
from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.services import (
    TargetInUse,
    TooManyChecks,
    change_target,
    check_target,
    checking,
    register_target,
    retire_target,
)
from provisioning.drivers.services.checking import Health, check_all, check_due, keep_health
from provisioning.drivers.targets import open_target
from provisioning.jobs.models import Instance, Operation
from tests.factories import MembershipFactory, TeamFactory, UserFactory, actor_for, member_of
from tests.provisioning.drivers.places import lake, place_of, tcp_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(warehouse_url, settings) -> str:
    found = tcp_url(warehouse_url)
    settings.OUTBOUND_INNER_HOSTS = [place_of(found), "127.0.0.1:9"]
    return found


@pytest.fixture
def team():
    return TeamFactory(slug="lake-team")


@pytest.fixture
def owner(team) -> Actor:
    return actor_for(member_of(team))


@pytest.fixture
def target(url, team, owner) -> Target:
    return register_target(data=lake(team, url), actor=owner)


def codes(caught) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in caught.value.problems]


def test_a_target_that_answers_is_registered_with_what_was_found(target, owner, url):
    assert target.healthy
    assert target.health.startswith("PostgreSQL ")
    assert (target.checked_by, target.checked_at is not None) == (owner.name, True)
    assert open_target(target).secrets == {"url": url}
    with psycopg.connect(warehouse("lake").url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    event = AuditEvent.objects.get(verb="target.registered")
    assert (event.object_id, event.detail["secrets"]) == ("lake", ["url"])


def test_no_record_holds_a_secret(target, owner, url, team):
    password = psycopg.conninfo.conninfo_to_dict(url)["password"]
    with pytest.raises(Invalid) as caught:
        register_target(data=lake(team, url + "x", slug="other"), actor=owner)

    said = str([problem.as_dict() for problem in caught.value.problems])
    written = str(list(AuditEvent.objects.values_list("detail", flat=True)))
    rows = str(list(Target.objects.values()))
    assert password not in said + written + rows


NOBODY = "postgresql://a:b@127.0.0.1:9/w"


def test_a_target_that_does_not_answer_is_refused_at_its_field(url, team, owner):
    with pytest.raises(Invalid) as caught:
        register_target(data=lake(team, NOBODY), actor=owner)

    assert codes(caught) == [("/secrets/url", "not-reachable")]
    assert not Target.objects.exists()


def test_it_may_be_saved_anyway_and_its_health_says_so(url, team, owner):
    target = register_target(data=lake(team, NOBODY), actor=owner, save_anyway=True)

    assert target.healthy is False
    assert "cannot be reached" in target.health


def test_a_user_who_may_not_make_roles_is_no_administrator(warehouse_url, url, team, owner):
    name = sql.Identifier("h_weak")
    with psycopg.connect(warehouse_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'weak'").format(name))
    try:
        weak = tcp_url(warehouse_url, user="h_weak", password="weak")
        with pytest.raises(Invalid) as caught:
            register_target(data=lake(team, weak), actor=owner)
    finally:
        with psycopg.connect(warehouse_url, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP ROLE {}").format(name))

    assert "lacks CREATE" in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"slug": "Lake"}, ("/slug", "bad-slug")),
        ({"slug": "lake\n"}, ("/slug", "bad-slug")),
        ({"slug": "new"}, ("/slug", "reserved-name")),
        ({"slug": "warehouse"}, ("/slug", "reserved-name")),
        ({"name": "  "}, ("/name", "empty-value")),
        ({"name": "x" * 121}, ("/name", "too-long")),
        ({"name": "a\u202eb"}, ("/name", "unsafe-name")),
        ({"driver": "catalog"}, ("/driver", "unknown-driver")),
        ({"config": {"public_port": 70000}}, ("/config/public_port", "wrong-form")),
        ({"config": {"public_port": "5432"}}, ("/config/public_port", "wrong-form")),
        ({"config": {"public_host": "a b"}}, ("/config/public_host", "wrong-form")),
        ({"config": {"public_host": "<b>x</b>"}}, ("/config/public_host", "wrong-form")),
        ({"config": {"colour": "red"}}, ("/config/colour", "unknown-field")),
        ({"secrets": {}}, ("/secrets/url", "missing")),
        ({"secrets": {"url": 7}}, ("/secrets/url", "wrong-form")),
        ({"secrets": {"url": "not a url"}}, ("/secrets/url", "wrong-form")),
        ({"secrets": {"url": "postgresql://a:b@/w"}}, ("/secrets/url", "wrong-form")),
        ({"secrets": {"url": "postgresql://a:b@%2Frun/w"}}, ("/secrets/url", "wrong-form")),
        ({"secrets": {"url": "postgresql://a:b@h1,h2/w"}}, ("/secrets/url", "wrong-form")),
        ({"secrets": {"url": "postgresql://a:b@127.1/w"}}, ("/secrets/url", "wrong-form")),
        ({"secrets": {"url": "postgresql://a@db.example/w"}}, ("/secrets/url", "wrong-form")),
        *(
            (
                {"secrets": {"url": f"postgresql://a:b@db.example/w?{more}"}},
                ("/secrets/url", "wrong-form"),
            )
            for more in (
                "service=x",
                "passfile=/etc/passwd",
                "hostaddr=127.0.0.1",
                "host=127.0.0.1&sslkey=/etc/x",
                "options=-csuperuser",
                "sslrootcert=/etc/passwd",
                "port=0",
                "port=1,2",
            )
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(url, team, owner, changes, wrong):
    with pytest.raises(Invalid) as caught:
        register_target(data=lake(team, url, **changes), actor=owner, save_anyway=True)

    assert codes(caught) == [wrong]
    assert not Target.objects.exists()


def test_a_name_is_taken_once(target, team, owner, url):
    with pytest.raises(Invalid) as caught:
        register_target(data=lake(team, url, name="Second"), actor=owner)

    assert codes(caught) == [("/slug", "name-taken")]
    assert Target.objects.get().name == "Lake"


def test_only_owners_of_the_team_register_change_and_retire(target, team, url):
    strangers = [
        actor_for(member_of(team, TeamRole.CONTRIBUTOR)),
        actor_for(UserFactory(portal_role=PortalRole.PLATFORM)),
        actor_for(UserFactory(portal_role=PortalRole.STEWARD)),
        actor_for(member_of(TeamFactory())),
    ]
    for stranger in strangers:
        with pytest.raises(NotAllowed):
            register_target(data=lake(team, url, slug="second"), actor=stranger)
        with pytest.raises(NotAllowed):
            change_target(target=target, data=lake(team, url, name="Mine"), actor=stranger)
        with pytest.raises(NotAllowed):
            retire_target(target=target, actor=stranger)

    assert Target.objects.get().name == "Lake"


def test_a_target_is_not_given_to_a_team_that_did_not_ask(target, team, owner, url):
    other = TeamFactory()
    with pytest.raises(NotAllowed):
        change_target(target=target, data=lake(other, url), actor=owner)

    assert Target.objects.get().owner == team


def test_a_secret_that_is_left_out_stays(target, team, owner, url):
    config = {"exclusive": True}
    data = lake(team, "", name="Deep lake", config=config, secrets={})

    changed = change_target(target=target, data=data, actor=owner)

    assert (changed.name, changed.config) == ("Deep lake", config)
    assert open_target(Target.objects.get()).secrets == {"url": url}
    event = AuditEvent.objects.get(verb="target.changed")
    assert (event.detail["changed"], event.detail["secrets"]) == (["config", "name"], [])


def test_a_refused_change_changes_nothing(target, team, owner, url):
    with pytest.raises(Invalid):
        change_target(target=target, data=lake(team, NOBODY, name="Other"), actor=owner)

    kept = Target.objects.get()
    assert (kept.name, open_target(kept).secrets) == ("Lake", {"url": url})
    assert kept.healthy


def test_a_check_by_hand_is_kept_and_on_record(target, owner):
    platform = actor_for(UserFactory(portal_role=PortalRole.PLATFORM))
    Target.objects.update(healthy=False, health="Down.")
    target.refresh_from_db()

    check_target(target=target, actor=platform)

    found = Target.objects.get()
    assert (found.healthy, found.checked_by) == (True, platform.name)
    assert AuditEvent.objects.filter(verb="target.checked", actor=platform.name).exists()


def test_a_check_by_a_stranger_is_refused(target, team):
    with pytest.raises(NotAllowed):
        check_target(target=target, actor=actor_for(member_of(team, TeamRole.VIEWER)))


def test_the_second_of_two_writers_is_told(target, team, owner, url):
    seen = Target.objects.get()
    change_target(target=target, data=lake(team, url, name="First"), actor=owner)

    with pytest.raises(Conflict):
        change_target(target=seen, data=lake(team, url, name="Second"), actor=owner)

    assert Target.objects.get().name == "First"


def test_a_retired_target_does_not_come_back(target, team, owner, url):
    seen = Target.objects.get()
    retire_target(target=target, actor=owner)

    with pytest.raises(Conflict):
        change_target(target=seen, data=lake(team, url), actor=owner)
    with pytest.raises(NotFound):
        check_target(target=seen, actor=owner)

    assert not Target.objects.exists()


def test_what_was_found_of_another_place_is_not_kept(target, team, owner, url):
    seen = Target.objects.get()
    change_target(target=target, data=lake(team, url, name="Moved"), actor=owner)

    keep_health(seen, Health(False, "The old place is gone."), by="system")

    assert Target.objects.get().healthy


def test_hanging_targets_leave_threads_for_others(target, owner):
    for _ in range(4):
        checking._probes.acquire()
    try:
        with pytest.raises(TooManyChecks):
            check_target(target=target, actor=owner)
    finally:
        checking._probes.release(4)

    assert check_target(target=target, actor=owner).healthy


def test_the_schedule_takes_what_is_due_and_leaves_the_rest(
    target, django_capture_on_commit_callbacks
):
    Target.objects.update(check_after=timezone.now() + dt.timedelta(minutes=5))
    with django_capture_on_commit_callbacks() as started:
        check_due()
    assert started == []

    Target.objects.update(check_after=timezone.now())
    with django_capture_on_commit_callbacks() as started:
        check_due()
        check_due()
    assert len(started) == 1


def test_the_schedule_finds_a_target_that_went_down(target, settings):
    settings.OUTBOUND_INNER_HOSTS = []

    check_all([target.pk])

    found = Target.objects.get()
    assert (found.healthy, found.checked_by) == (False, "system")
    assert "inner address" in found.health
    assert AuditEvent.objects.get(verb="target.checked", actor="system").detail["ok"] is False
    assert found.check_after < timezone.now() + dt.timedelta(minutes=2)

    check_all([target.pk])
    assert AuditEvent.objects.filter(verb="target.checked", actor="system").count() == 1


def in_the_lake(team, state="present", **spec) -> Instance:
    steps = {"steps": [{"driver": "postgres", "spec": {"target": "lake", **spec}}]}
    return Instance.objects.create(
        kind="data-product",
        name="Orders",
        domain=team.domain,
        owner=team,
        driver="postgres",
        observed_state=state,
        desired_spec=steps,
    )


@pytest.mark.parametrize("state", ["present", "unknown"])
def test_a_target_with_something_in_it_is_not_retired(target, team, owner, state):
    in_the_lake(team, state)

    with pytest.raises(TargetInUse, match="1 thing uses") as caught:
        retire_target(target=target, actor=owner)

    assert [use["name"] for use in caught.value.context["used_by"]] == ["Orders"]
    assert Target.objects.exists()


def test_a_target_where_something_is_being_made_is_not_retired(target, team, owner):
    instance = in_the_lake(team, "absent")
    Operation.objects.create(
        instance=instance,
        kind="provision",
        title="Make orders",
        actor_id=0,
        actor_name="system",
        spec=instance.desired_spec,
        deadline_at=timezone.now(),
    )

    with pytest.raises(TargetInUse):
        retire_target(target=target, actor=owner)


def test_a_target_with_nothing_in_it_is_forgotten(target, team, owner):
    in_the_lake(team, "absent")
    in_the_lake(team, target="elsewhere")

    retire_target(target=target, actor=owner)

    assert not Target.objects.exists()
    kept = Target.everything.get()
    assert (kept.secret, kept.config) == (None, {})
    assert AuditEvent.objects.filter(verb="target.retired", object_id="lake").exists()


def test_the_name_of_a_retired_target_stays_its_teams(target, team, owner, url):
    retire_target(target=target, actor=owner)
    other = TeamFactory()
    with pytest.raises(Invalid) as caught:
        register_target(data=lake(other, url), actor=actor_for(member_of(other)))
    assert codes(caught) == [("/slug", "name-taken")]
    with pytest.raises(PermanentError, match="There is no target"):
        warehouse("lake")

    again = register_target(data=lake(team, url), actor=owner)

    assert (again.pk, again.healthy) == (target.pk, True)
    assert open_target(Target.objects.get()).secrets == {"url": url}


def test_a_target_in_use_stays_with_its_team(target, team, url):
    other = TeamFactory()
    person = member_of(team)
    MembershipFactory(user=person, team=other)
    in_the_lake(team)

    with pytest.raises(TargetInUse):
        change_target(target=target, data=lake(other, url), actor=actor_for(person))
    Instance.objects.update(observed_state="absent")
    changed = change_target(target=target, data=lake(other, url), actor=actor_for(person))

    assert changed.owner == other
