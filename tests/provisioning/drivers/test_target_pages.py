"""Targets in a browser and for scripts: secrets go in and never come out."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.states import PortalRole
from provisioning.drivers.models import Target
from provisioning.drivers.services import register_target
from provisioning.drivers.targets import open_target
from provisioning.jobs.models import Instance
from tests.clients import browser, script
from tests.factories import TeamFactory, UserFactory, actor_for, member_of
from tests.provisioning.drivers.places import lake, place_of, tcp_url

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def url(warehouse_url, settings) -> str:
    found = tcp_url(warehouse_url)
    settings.OUTBOUND_INNER_HOSTS = [place_of(found), "127.0.0.1:9"]
    return found


@pytest.fixture
def team():
    return TeamFactory(slug="lake-team", name="Lake people")


@pytest.fixture
def person(team):
    return member_of(team, username="lake-owner")


@pytest.fixture
def owner(person) -> Client:
    return browser(person)


@pytest.fixture
def target(url, team, person) -> Target:
    return register_target(data=lake(team, url), actor=actor_for(person))


def form(url: str, **changes: str) -> dict[str, str]:
    given = {
        "driver": "postgres",
        "name": "Lake",
        "slug": "lake",
        "team": "lake-team",
        "secrets-url": url,
        "config-public_host": "",
        "config-public_port": "",
    }
    return {**given, **changes}


def test_a_target_is_registered_with_the_form(owner, url):
    assert "PostgreSQL database" in owner.get("/targets/new/").text
    assert 'type="password"' in owner.get("/targets/new/?driver=postgres").text

    page = owner.post("/targets/new/", form(url), follow=True)

    assert page.redirect_chain[-1][0] == "/targets/lake/"
    assert "answers and is saved" in page.text
    assert "Answers" in page.text
    assert url not in page.text
    assert Target.objects.get().config == {"exclusive": False}


def test_a_target_that_does_not_answer_keeps_the_form_and_offers_to_save(owner, url):
    down = form("postgresql://a:canary@127.0.0.1:9/w", name=EVIL)

    page = owner.post("/targets/new/", down)

    assert page.status_code == 422
    assert "cannot be reached" in page.text
    assert "Save anyway" in page.text
    assert "canary" not in page.text
    assert EVIL not in page.text
    assert "&lt;script&gt;" in page.text
    assert not Target.objects.exists()

    page = owner.post("/targets/new/", {**down, "anyway": "1"}, follow=True)
    assert "Does not answer" in page.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Not good"}, "slug"),
        ({"team": "nobody"}, "team"),
        ({"config-public_port": "many"}, "config-public_port"),
        ({"config-public_port": "99999999999999999999"}, "config-public_port"),
        ({"secrets-url": ""}, "secrets-url"),
        ({"name": "a\0b"}, None),
    ],
)
def test_what_is_wrong_stands_at_its_field(owner, url, changes, field):
    page = owner.post("/targets/new/", form(url, **changes))

    if field is None:  # the character is shown in another form
        assert page.status_code == 302
        return
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text


def test_an_unknown_kind_is_not_found(owner):
    assert owner.post("/targets/new/", {"driver": "catalog"}).status_code == 404
    assert owner.get("/targets/new/?driver=catalog").status_code == 200


def test_the_list_finds_by_name_and_teaches_when_empty(owner, url, team, person):
    assert "No target of your teams" in owner.get("/targets/").text
    for slug in ("lake", "pond"):
        data = lake(team, url, slug=slug, name=slug.title())
        register_target(data=data, actor=actor_for(person))

    page = owner.get("/targets/?q=PON").text

    assert "Pond" in page
    assert "Lake</strong>" not in page
    assert "No target matches" in owner.get("/targets/?q=zz").text
    assert "Lake</strong>" in owner.get("/targets/?q=lake+people").text


def test_strangers_see_nothing_and_platform_engineers_all(target):
    stranger = browser(UserFactory())
    platform = browser(UserFactory(portal_role=PortalRole.PLATFORM))

    assert stranger.get("/targets/lake/").status_code == 404
    assert "Lake" not in stranger.get("/targets/").text
    assert "Register a target" not in stranger.get("/targets/").text
    assert "Check now" in platform.get("/targets/lake/").text
    assert "Retire" not in platform.get("/targets/lake/").text


def test_a_target_is_changed_without_typing_its_secret(owner, target, url):
    page = owner.get("/targets/lake/edit/").text
    assert "canary" not in page
    assert url not in page
    assert 'value="lake.example.org"' in page

    answer = owner.post("/targets/lake/edit/", form("", name="Deep lake"), follow=True)

    assert "Deep lake" in answer.text
    assert open_target(Target.objects.get()).secrets == {"url": url}


def test_a_check_by_hand_says_what_it_found(owner, target, settings):
    assert "answers." in owner.post("/targets/lake/check/", follow=True).text

    settings.OUTBOUND_INNER_HOSTS = []
    page = owner.post("/targets/lake/check/", follow=True).text
    assert "does not answer as it should" in page
    assert "OUTBOUND_INNER_HOSTS" in page


def in_the_lake(team) -> None:
    Instance.objects.create(
        kind="data-product",
        name="Orders",
        domain=team.domain,
        owner=team,
        driver="postgres",
        observed_state="present",
        desired_spec={"steps": [{"spec": {"target": "lake"}}]},
    )


def test_a_target_in_use_says_by_what(owner, target, team):
    in_the_lake(team)

    assert "Orders" in owner.get("/targets/lake/").text
    assert "without the target nobody could" in owner.get("/targets/lake/retire/").text
    page = owner.post("/targets/lake/retire/", {"confirm": "lake"})
    assert page.status_code == 409
    assert Target.objects.exists()


def test_what_others_have_in_it_is_only_counted(target):
    other = TeamFactory()
    in_the_lake(other)
    page = browser(UserFactory(portal_role=PortalRole.PLATFORM)).get("/targets/lake/").text
    assert "Orders" in page

    owner = browser(member_of(target.owner))
    page = owner.get("/targets/lake/").text
    assert "Orders" not in page
    assert "1 thing that you may not see" in page


def test_retiring_asks_for_the_name(owner, target):
    assert owner.post("/targets/lake/retire/", {"confirm": "pond"}).status_code == 422
    assert Target.objects.exists()

    assert owner.post("/targets/lake/retire/", {"confirm": "lake"}).status_code == 302
    assert not Target.objects.exists()


def test_a_list_of_targets_costs_the_same_however_long(owner, url, team, person):
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert owner.get("/targets/").status_code == 200
        return len(caught)

    register_target(data=lake(team, url), actor=actor_for(person))
    statements()
    one = statements()
    row = Target.objects.get()
    for n in range(30):
        row.pk, row.slug = None, f"lake-{n}"
        row._state.adding = True
        row.pk = Target._meta.pk.get_default()
        row.save()

    assert statements() == one <= 8


def test_a_target_costs_the_same_however_much_is_in_it(owner, target, team):
    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert owner.get("/targets/lake/").status_code == 200
        return len(caught)

    in_the_lake(team)
    statements()
    one = statements()
    for _ in range(30):
        in_the_lake(team)

    assert statements() == one <= 7


def said(answer) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json()["problems"]]


def test_scripts_register_change_check_and_retire(client, person, url):
    headers = script(person)
    body = {
        "slug": "lake",
        "name": "Lake",
        "driver": "postgres",
        "team": "lake-team",
        "secrets": {"url": url},
    }
    kinds = client.get("/api/v1/target-kinds", headers=headers).json()["results"]
    assert "postgres" in [kind["driver"] for kind in kinds]

    made = client.post("/api/v1/targets", body, content_type="application/json", headers=headers)
    assert made.status_code == 201
    assert made["Location"].endswith("/api/v1/targets/lake")
    assert made.json()["secrets"] == ["url"]
    assert made.json()["health"]["ok"] is True

    where = "/api/v1/targets/lake"
    changed = client.patch(
        where, {"config": {"public_port": 6432}}, content_type="application/json", headers=headers
    )
    assert changed.json()["config"] == {"public_port": 6432}
    assert client.post(f"{where}/check", headers=headers).json()["health"]["ok"] is True
    listed = client.get("/api/v1/targets?search=lak&driver=postgres", headers=headers).json()
    assert [each["slug"] for each in listed["results"]] == ["lake"]
    every_answer = made.text + changed.text + str(listed)
    assert re.search(r"postgresql://", every_answer) is None

    assert client.delete(where, headers=headers).status_code == 204
    assert client.get(where, headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"slug": 7}, ("/slug", "wrong-type")),
        ({"name": "a\0"}, ("/name", "value-not-storable")),
        ({"secrets": []}, ("/secrets", "wrong-type")),
        ({"config": "x"}, ("/config", "wrong-type")),
        ({"team": "nobody"}, ("/team", "unknown-team")),
        ({"colour": "red"}, ("/colour", "unknown-field")),
        ({"driver": "ftp"}, ("/driver", "unknown-driver")),
        ({"config": {"public_port": {"$gt": 0}}}, ("/config/public_port", "wrong-form")),
        ({"secrets": {"url": {"a": 1}}}, ("/secrets/url", "wrong-form")),
    ],
)
def test_scripts_are_told_what_is_wrong(client, person, url, changes, wrong):
    body = {
        "slug": "lake",
        "name": "Lake",
        "driver": "postgres",
        "team": "lake-team",
        "secrets": {"url": url},
    }

    answer = client.post(
        "/api/v1/targets",
        {**body, **changes},
        content_type="application/json",
        headers=script(person),
    )

    assert answer.status_code == 422
    assert wrong in said(answer)
    assert not Target.objects.exists()


def test_slug_and_driver_of_a_target_stay(client, person, target):
    for field in ("slug", "driver"):
        answer = client.patch(
            "/api/v1/targets/lake",
            {field: "webhook"},
            content_type="application/json",
            headers=script(person),
        )
        assert said(answer) == [(f"/{field}", "unknown-field")]


def test_a_key_registers_once(client, person, url):
    headers = {**script(person), "Idempotency-Key": "one"}
    body = {
        "slug": "lake",
        "name": "Lake",
        "driver": "postgres",
        "team": "lake-team",
        "secrets": {"url": url},
    }

    first, second = (
        client.post("/api/v1/targets", body, content_type="application/json", headers=headers)
        for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert Target.objects.count() == 1


def test_a_target_in_use_answers_409_with_what_uses_it(client, person, team, target):
    in_the_lake(team)

    answer = client.delete("/api/v1/targets/lake", headers=script(person))

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/target-in-use"
    assert [use["name"] for use in answer.json()["used_by"]] == ["Orders"]
