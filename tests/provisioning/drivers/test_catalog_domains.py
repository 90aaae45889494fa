"""The catalogue driver's action `domain`: a domain, if need be with its owner team."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import serializers
from django.db import connection

from accounts.models import Domain, Membership, Team, User
from core.models import AuditEvent, OutboxEvent
from provisioning.drivers.catalog import CatalogDriver
from provisioning.drivers.protocol import Observed, PermanentError, Step
from tests.factories import (
    DomainFactory,
    MembershipFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
)
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.kit import quiet

INSTANCE = UUID(int=7)
NEW = {"new_team": "Store returns", "asker": "olga"}


class Closing(CatalogDriver):
    """For threads: gives the connection back after each step."""

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        try:
            return super().ensure(step, effect_key=effect_key, fence=fence)
        finally:
            connection.close()


def spec(**changes: Any) -> dict[str, Any]:
    given = {"path": "sales.returns", "name": "Returns", "purpose": "Goods that come back."}
    return {**given, **changes}


def step_of(instance: UUID = INSTANCE, **changes: Any) -> Step:
    return Step("domain", instance, spec(**changes), quiet)


def snapshot() -> str:
    """Domains, teams and who is in them; people and numbers of rows aside."""
    rows = [row for model in (Domain, Team, Membership) for row in model.objects.order_by("pk")]
    return json.dumps(json.loads(serializers.serialize("json", rows)))


@pytest.fixture
def places() -> None:
    sales = DomainFactory(path="sales", name="Sales")
    TeamFactory(slug="sales-data", domain=sales)
    UserFactory(username="olga")


@pytest.fixture
def driver(db: None, places: None) -> CatalogDriver:
    return CatalogDriver()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whose", [{"owner": "sales-data"}, NEW], ids=["known", "new"])
@pytest.mark.parametrize("rule", kit.RULES)
def test_rules_of_every_driver(rule, whose, places):
    rule(Closing(), kit.Case("domain", spec(**whose), INSTANCE), snapshot)


def test_a_domain_comes_with_its_new_team_and_the_first_owner(driver):
    driver.ensure(step_of(**NEW), effect_key="k", fence=1)

    domain = Domain.objects.get(path="sales.returns")
    assert domain.parent == Domain.objects.get(path="sales")
    assert (domain.owner.slug, domain.owner.name) == ("store-returns", "Store returns")
    assert domain.owner.domain == domain
    assert [(each.user.username, each.role) for each in domain.owner.memberships.all()] == [
        ("olga", "owner")
    ]
    assert set(AuditEvent.objects.values_list("verb", flat=True)) == {
        "domain.created",
        "team.created",
    }
    assert set(OutboxEvent.objects.values_list("topic", flat=True)) == {
        "domain.changed",
        "team.changed",
    }


def test_a_domain_of_a_known_team_may_lie_below_no_other(driver):
    driver.ensure(step_of(path="returns", owner="sales-data"), effect_key="k", fence=1)

    domain = Domain.objects.get(path="returns")
    assert (domain.parent, domain.owner.slug) == (None, "sales-data")


def test_what_people_changed_since_stays(driver):
    driver.ensure(step_of(owner="sales-data"), effect_key="k", fence=1)
    other = TeamFactory(slug="other")
    Domain.objects.filter(path="sales.returns").update(owner=other)

    driver.ensure(step_of(owner="sales-data", purpose="Corrected."), effect_key="k", fence=2)

    domain = Domain.objects.get(path="sales.returns")
    assert (domain.owner, domain.purpose) == (other, "Corrected.")


FILLED = {
    "products": lambda domain: ProductFactory(domain=domain),
    "domains": lambda domain: DomainFactory(path="sales.returns.web", parent=domain),
    "teams": lambda domain: TeamFactory(domain=domain),
    "members": lambda domain: MembershipFactory(team=domain.owner),
    "owned elsewhere": lambda domain: DomainFactory(path="web", owner=domain.owner),
    "product elsewhere": lambda domain: ProductFactory(
        owner=domain.owner, domain=Domain.objects.get(path="sales")
    ),
}


@pytest.mark.parametrize("fill", FILLED.values(), ids=FILLED)
def test_a_domain_that_was_filled_meanwhile_stays(driver, fill):
    driver.ensure(step_of(**NEW), effect_key="k", fence=1)
    fill(Domain.objects.get(path="sales.returns"))
    before = snapshot()

    with pytest.raises(PermanentError, match="Returns is not empty, so it stays: it has"):
        driver.ensure_absent(step_of(**NEW), effect_key="k", fence=2)

    assert snapshot() == before


def test_only_what_this_instance_made_is_taken_away(driver):
    driver.ensure(step_of(owner="sales-data"), effect_key="k", fence=1)
    before = snapshot()

    driver.ensure_absent(step_of(uuid4(), owner="sales-data"), effect_key="k", fence=2)
    assert snapshot() == before

    driver.ensure_absent(step_of(owner="sales-data"), effect_key="k", fence=2)
    assert not Domain.objects.filter(path="sales.returns").exists()
    assert Team.objects.filter(slug="sales-data").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "sales"}, "taken"),
        ({"path": "sales.orders"}, "taken"),
        ({"path": "sales.admin"}, "reserved"),
        ({"path": "nowhere.returns"}, "no domain nowhere"),
        ({"owner": "nobody"}, "no team nobody"),
        ({"owner": None}, "Name the team"),
        ({"owner": None, "new_team": "注文", "asker": "olga"}, "Name the team"),
        ({"owner": None, **NEW, "asker": "gone"}, "has left"),
        ({"owner": None, **NEW, "new_team": "Sales data"}, "is taken"),
    ],
)
def test_what_cannot_be_made_is_told_and_nothing_is_left(driver, change, message):
    ProductFactory(fqn="sales.orders", slug="orders", domain=Domain.objects.get(path="sales"))
    UserFactory(username="left", is_active=False)
    before = snapshot()

    with pytest.raises(PermanentError, match=message):
        driver.ensure(step_of(**{"owner": "sales-data", **change}), effect_key="k", fence=1)

    assert snapshot() == before


@pytest.mark.parametrize("name", kit.HOSTILE_NAMES)
def test_hostile_names_are_texts_or_refused(driver, name):
    step = step_of(owner="sales-data", name=name)
    before = snapshot()
    try:
        driver.ensure(step, effect_key="k", fence=1)
    except PermanentError:
        assert snapshot() == before
        return
    assert Domain.objects.get(path="sales.returns").name == name
    with pytest.raises(PermanentError):
        driver.ensure(
            replace(step, spec=spec(path=f"sales.{name} x", owner="sales-data")),
            effect_key="k",
            fence=1,
        )
    assert User.objects.count() == 1
