"""A domain is asked for like anything else; who owns what lies above it decides."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actors import Actor
from accounts.models import Domain, Team, User
from accounts.states import TeamKind, TeamRole
from catalog.search.models import SearchEntry
from core import outbox
from core.errors import Invalid
from provisioning.blueprints.formats.builtin import BUILTIN
from provisioning.blueprints.models import Blueprint, Resource
from provisioning.blueprints.services import (
    register_blueprint,
    request_change,
    request_retirement,
    request_service,
    resource_of,
)
from provisioning.blueprints.states import Action
from provisioning.jobs.models import Effect
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import (
    DomainFactory,
    ProductFactory,
    TeamFactory,
    actor_for,
    member_of,
    sides_of,
)
from tests.provisioning.blueprints.conftest import Shop

GIVEN = {
    "name": "Store returns",
    "purpose": "Goods that come back to stores.",
    "domain": "sales",
    "owned_by": "team",
    "owner": "sales-data",
}
NEW = {"owned_by": "new", "owner": None, "new_team": "Returns team"}
TOP = {"domain": None}


@pytest.fixture
def platform(shop: Shop) -> User:
    """Who decides for the team that offers the built-in services."""
    team = Team.objects.get(slug="data-platform")
    team.kind = TeamKind.PLATFORM
    team.save()
    return member_of(team, username="pavel")


def ask(actor: Actor, **changes: Any) -> Request:
    given = {name: value for name, value in {**GIVEN, **changes}.items() if value is not None}
    offered = Blueprint.objects.select_related("current").get(slug="domain-onboarding")
    filed = request_service(blueprint=offered, parameters=given, purpose="", actor=actor)
    return Request.objects.get(pk=filed.pk)


def refused(actor: Actor, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        ask(actor, **changes)
    assert not Request.objects.exists()
    return [(each.pointer, each.code) for each in refusal.value.problems]


def made(request: Request) -> Resource:
    run_due()
    request.refresh_from_db()
    assert request.state == "succeeded", request.reason
    found = resource_of(request.instance_id)
    assert found is not None
    return found


def found(kind: str) -> set[str]:
    """What the search has of a kind, once the events are handled."""
    while outbox.drain(limit=100):
        pass
    return set(SearchEntry.objects.filter(kind=kind).values_list("fqn", flat=True))


def test_the_owner_above_gets_a_domain_at_once_and_it_is_found(shop: Shop):
    resource = made(ask(shop.owns))

    domain = Domain.objects.get(path="sales.store-returns")
    assert (domain.name, domain.owner, domain.parent) == ("Store returns", shop.team, shop.sales)
    assert (resource.instance.kind, resource.instance.domain) == ("domain", shop.sales)
    assert [(each["value"], each["url"]) for each in resource.results] == [
        ("sales.store-returns", "/domains/sales.store-returns/"),
        ("sales-data", "/teams/sales-data/"),
    ]
    assert "sales.store-returns" in found("domain")


def test_nobody_makes_a_domain_beside_their_own_without_its_owner(shop: Shop):
    stranger = actor_for(shop.outsider)
    team = Team.objects.get(pk__in=stranger.team_ids)
    request = ask(stranger, team=team.slug, **NEW)

    assert (request.state, sides_of(request)) == ("waiting", [shop.team])
    run_due()
    assert not Domain.objects.filter(path="sales.store-returns").exists()

    decide(request=request, actor=shop.owns, approve=True, note="")
    made(request)
    owner = Domain.objects.get(path="sales.store-returns").owner
    assert owner.slug == "returns-team"
    effects = Effect.objects.filter(instance=request.instance_id, removed_at=None)
    assert set(effects.values_list("kind", "name")) == {
        ("domain", "sales.store-returns"),
        ("team", "returns-team"),
    }
    assert owner.memberships.get().user == shop.outsider
    assert owner.memberships.get().role == TeamRole.OWNER
    assert "returns-team" in found("team")


def test_a_helper_of_the_owner_team_asks_its_owners(shop: Shop):
    assert ask(shop.helps).state == "waiting"


def test_on_top_domains_the_platform_team_decides_also_at_their_end(shop: Shop, platform: User):
    request = ask(shop.owns, **TOP)
    assert sides_of(request) == [Team.objects.get(slug="data-platform")]

    decide(request=request, actor=actor_for(platform), approve=True, note="")
    resource = made(request)
    assert resource.instance.name == "store-returns"
    assert Domain.objects.get(path="store-returns").parent is None

    filed = request_retirement(resource=resource, purpose="", actor=shop.owns)
    request = Request.objects.get(pk=filed.pk)
    assert sides_of(request) == [Team.objects.get(slug="data-platform")]
    decide(request=request, actor=actor_for(platform), approve=True, note="")
    run_due()
    assert not Domain.objects.filter(path="store-returns").exists()
    assert "store-returns" not in found("domain")


def test_only_a_platform_team_offers_top_domains(shop: Shop):
    assert refused(shop.owns, **TOP) == [("/domain", "domain-missing")]
    text = (BUILTIN / "domain-onboarding.yaml").read_text().replace("onboarding", "of-ours", 1)
    register_blueprint(text=text, owner=shop.team, actor=shop.owns)
    ours = Blueprint.objects.get(slug="domain-of-ours")
    given = {name: value for name, value in GIVEN.items() if name != "domain"}

    with pytest.raises(Invalid, match="mended"):
        request_service(blueprint=ours, parameters=given, purpose="", actor=shop.owns)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "Orders"}, [("/name", "name-taken")]),
        ({"name": "Web"}, [("/name", "name-taken")]),
        ({"name": "Admin"}, [("/name", "reserved-name")]),
        ({"name": "注文"}, [("/name", "no-address")]),
        ({"domain": "nowhere"}, [("/domain", "unknown-domain")]),
        ({"domain": ".".join("abcdefgh")}, [("/domain", "too-deep")]),
        ({"owner": "nobody"}, [("/owner", "unknown-team")]),
        ({"owner": None}, [("/owner", "missing")]),
        ({**NEW, "new_team": "Sales data"}, [("/new_team", "name-taken")]),
        ({**NEW, "new_team": "me"}, [("/new_team", "reserved-name")]),
    ],
)
def test_what_cannot_be_is_told_at_its_field(shop: Shop, change, expected):
    ProductFactory(fqn="sales.orders", slug="orders", domain=shop.sales)
    DomainFactory(path="sales.web")
    DomainFactory(path=".".join("abcdefgh"), owner=shop.team)

    assert refused(shop.owns, **change) == expected


def test_one_name_is_not_asked_for_twice(shop: Shop):
    ask(shop.owns)

    with pytest.raises(Invalid, match="mended"):
        ask(shop.owns)


def test_its_purpose_changes_and_what_names_it_does_not(shop: Shop):
    resource = made(ask(shop.owns))

    def changed(**changes: Any) -> Resource:
        given = {**resource.parameters, **changes}
        filed = request_change(
            resource=resource, action=Action.UPDATE, parameters=given, purpose="", actor=shop.owns
        )
        return made(Request.objects.get(pk=filed.pk))

    changed(purpose="Also what comes by post.")
    assert Domain.objects.get(path="sales.store-returns").purpose == "Also what comes by post."
    with pytest.raises(Invalid):
        changed(owner="data-platform")


def test_a_domain_with_something_in_it_is_not_retired(shop: Shop):
    resource = made(ask(shop.owns, **NEW))
    domain = Domain.objects.get(path="sales.store-returns")
    ProductFactory(domain=domain, owner=TeamFactory())

    with pytest.raises(Invalid) as refusal:
        request_retirement(resource=resource, purpose="", actor=shop.owns)

    assert "data products" in refusal.value.problems[0].message


def test_a_domain_that_was_filled_after_the_approval_stays(shop: Shop):
    resource = made(ask(shop.owns, **NEW))
    request_retirement(resource=resource, purpose="", actor=shop.owns)
    domain = Domain.objects.get(path="sales.store-returns")
    ProductFactory(domain=domain, owner=domain.owner)

    run_due()

    assert Domain.objects.filter(path="sales.store-returns", owner__slug="returns-team").exists()
    resource.instance.refresh_from_db()
    assert resource.instance.observed_state != "absent"


FORGED = {
    "another path": ("path: ${fqn}", "path: sales.web"),
    "another person": ("asker: ${asker}", "asker: otto"),
    "another owner": ("owner: ${parameters.owner}", "owner: data-platform"),
    "no approval": ("makes: domain", "makes: domain\napproval: none"),
    "another kind": ("makes: domain", "makes: sandbox"),
    "another action": ("action: domain", "action: product"),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_blueprint_makes_domains_where_they_were_asked_for_only(shop: Shop, forged):
    text = (BUILTIN / "domain-onboarding.yaml").read_text().replace("onboarding", "of-ours", 1)
    text = text.replace(*forged)

    with pytest.raises(Invalid) as refusal:
        register_blueprint(text=text, owner=shop.team, actor=shop.owns)

    assert {each.code for each in refusal.value.problems} & {
        "not-own",
        "owner-decides",
        "unknown-placeholder",
    }
