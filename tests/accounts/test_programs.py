"""Service accounts: programs of a team, with its rights alone, and never in a browser."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, User
from accounts.services import AccountData, actor_for_token, create_account, create_token
from accounts.states import TeamRole
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEvent
from tests.clients import browser
from tests.factories import (
    DomainFactory,
    MembershipFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db

ACCOUNTS = "/api/v1/service-accounts"


@pytest.fixture
def team():
    return TeamFactory(slug="sales-team")


@pytest.fixture
def owner(team):
    return member_of(team)


@pytest.fixture
def account(team, owner):
    data = AccountData("nightly", "Loads at night")
    return create_account(team=team, data=data, actor=actor_for(owner))


def key_of(account, *scopes):
    _, text = create_token(
        user=account, name="k", scopes=scopes or ["read", "write"], team=account.service_of
    )
    return {"Authorization": f"Bearer {text}"}


def post(client, path, body=None, **headers):
    return client.post(path, body or {}, content_type="application/json", headers=headers)


def test_an_owner_makes_one_and_a_token_for_it_which_acts_for_the_team(team, owner):
    client = browser(owner)

    made = post(client, ACCOUNTS, {"team": team.slug, "name": "nightly", "purpose": "Loads"})
    wanted = {"name": "cron", "scopes": ["read"], "service_account": made.json()["name"]}
    token = post(client, "/api/v1/tokens", wanted).json()
    actor = actor_for_token(token["token"])

    assert made.status_code == 201
    assert (token["user"], token["team"]) == ("sales-team.nightly", "sales-team")
    assert token["created_by"] == owner.username
    assert (actor.name, actor.team_ids) == ("sales-team.nightly", {team.pk})
    assert actor.contributor_team_ids == {team.pk}
    assert not actor.owner_team_ids
    assert client.get(made["Location"]).json()["live_tokens"] == 1


def test_it_goes_on_when_its_maker_leaves(account, owner, team):
    headers = key_of(account)
    product = ProductFactory(owner=team, status="draft")
    owner.delete()

    answer = Client().get(f"/api/v1/products/{product.fqn}", headers=headers)

    assert answer.status_code == 200


def test_it_has_no_rights_outside_its_team_whatever_rows_say(account):
    MembershipFactory(user=account, role=TeamRole.OWNER)
    MembershipFactory(user=account, team=account.service_of, role=TeamRole.OWNER)

    actor = actor_for(account)

    assert actor.team_ids == {account.service_of_id}
    assert not actor.owner_team_ids


def test_the_domains_of_its_team_are_no_more_its_than_a_contributors(team, owner):
    DomainFactory(path="retail", owner=team)
    account = create_account(
        team=team, data=AccountData("reader", "Reads", "viewer"), actor=actor_for(owner)
    )

    assert not actor_for(account).owned_domain_ids
    assert not actor_for(account).contributor_team_ids


def test_the_database_refuses_a_service_account_that_governs(account):
    for wrong in (
        {"portal_role": "admin"},
        {"is_superuser": True},
        {"service_role": "owner"},
        {"service_role": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=account.pk).update(**wrong)


def test_it_cannot_log_in_with_a_password_nor_with_a_session(account):
    account.set_password("correct horse battery")
    account.save()
    client = Client()
    form = {"username": account.username, "password": "correct horse battery"}

    answer = client.post(reverse("accounts:login"), form)
    client.force_login(account)

    assert answer.status_code == 200  # the form again
    assert client.get("/").status_code == 302
    assert client.get("/api/v1/products").status_code == 401


@pytest.mark.parametrize("role", [TeamRole.CONTRIBUTOR, TeamRole.VIEWER])
def test_only_owners_make_change_and_end_them(team, account, role):
    client = browser(member_of(team, role))
    place = f"{ACCOUNTS}/{account.username}"

    assert client.get(place).status_code == 200
    body = {"team": team.slug, "name": "x", "purpose": "x"}
    assert post(client, ACCOUNTS, body).status_code == 403
    assert post(client, f"{place}/end").status_code == 403
    changed = client.patch(place, {"role": "viewer"}, content_type="application/json")
    assert changed.status_code == 403
    wanted = {"name": "k", "scopes": ["read"], "service_account": account.username}
    assert post(client, "/api/v1/tokens", wanted).status_code == 403
    account.refresh_from_db()
    assert account.is_active
    assert not ApiToken.objects.exists()


def test_others_do_not_know_of_it(account):
    client = browser(UserFactory())

    seen = client.get(f"{ACCOUNTS}/{account.username}")
    unknown = client.get(f"{ACCOUNTS}/sales-team.nothing")

    assert seen.status_code == unknown.status_code == 404
    assert seen.content == unknown.content
    assert client.get(ACCOUNTS).json()["results"] == []


def test_it_renews_its_own_token_but_makes_no_account(account, team):
    headers = key_of(account)
    wanted = {"name": "next", "scopes": ["read"], "days": 7, "service_account": account.username}

    renewed = post(Client(), "/api/v1/tokens", wanted, **headers)
    another = post(
        Client(), ACCOUNTS, {"team": team.slug, "name": "two", "purpose": "x"}, **headers
    )

    assert renewed.status_code == 201
    assert actor_for_token(renewed.json()["token"]).user_id == account.pk
    assert another.status_code == 403


def test_its_end_ends_its_tokens_and_keeps_its_name(account, owner, team):
    headers = key_of(account)
    client = browser(owner)

    ended = post(client, f"{ACCOUNTS}/{account.username}/end")
    again = post(client, f"{ACCOUNTS}/{account.username}/end")

    assert ended.json() == {"revoked_tokens": 1}
    assert again.status_code == 404
    assert Client().get("/api/v1/products", headers=headers).status_code == 401
    with pytest.raises(Conflict):
        create_account(team=team, data=AccountData("nightly", "x"), actor=actor_for(owner))


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"slug": "Nightly"}, "/name"),
        ({"slug": ""}, "/name"),
        ({"slug": "a.b"}, "/name"),
        ({"purpose": " "}, "/purpose"),
        ({"purpose": "x" * 301}, "/purpose"),
        ({"role": "owner"}, "/role"),
    ],
)
def test_a_wrong_field_is_named(team, owner, wrong, pointer):
    data = AccountData(**{"slug": "nightly", "purpose": "Loads", **wrong})

    with pytest.raises(Invalid) as refusal:
        create_account(team=team, data=data, actor=actor_for(owner))

    assert refusal.value.problems[0].pointer == pointer
    assert not User.objects.filter(service_of=team).exists()


def test_what_is_done_to_it_and_by_it_stands_in_the_audit_log(account, owner):
    client = browser(owner)
    place = f"{ACCOUNTS}/{account.username}"
    client.patch(place, {"role": "viewer"}, content_type="application/json")
    post(client, f"{place}/end")

    rows = AuditEvent.objects.filter(object_kind="service-account")
    assert [each.verb for each in rows] == [
        "service-account.created",
        "service-account.changed",
        "service-account.ended",
    ]
    assert {each.actor for each in rows} == {owner.username}


def test_people_pickers_and_deputies_do_not_offer_it(account, owner):
    from catalog.products.selectors.people import people_options
    from provisioning.requests.services import delegate

    assert people_options("nightly") == []
    with pytest.raises((Invalid, NotAllowed, TypeError)):
        delegate(to=account.username, actor=actor_for(owner))


def test_the_pages_make_list_and_end_one(team, owner):
    client = browser(owner)
    page = reverse("accounts:programs")
    form = {"team": team.slug, "name": "nightly", "purpose": "Loads", "role": "contributor"}

    made = client.post(page, form)
    refused = client.post(page, {**form, "name": "Not A Slug"})
    end = reverse("accounts:program-end", args=["sales-team.nightly"])
    unsure = client.post(end, {"confirm": "yes"})
    ended = client.post(end, {"confirm": "sales-team.nightly"})

    assert made.status_code == 302
    assert refused.status_code == 422
    assert "Not A Slug" in refused.content.decode()
    assert unsure.status_code == 422
    assert ended.status_code == 302
    assert not User.objects.filter(service_of=team, is_active=True).exists()


def test_who_owns_nothing_sees_the_list_without_a_form(team, account):
    answer = browser(member_of(team, TeamRole.VIEWER)).get(reverse("accounts:programs"))

    text = answer.content.decode()
    assert "sales-team.nightly" in text
    assert "Make service account" not in text
    assert (
        browser(UserFactory())
        .get(reverse("accounts:program-end", args=[account.username]))
        .status_code
        == 404
    )
