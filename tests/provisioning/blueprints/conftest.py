"""Two domains with owners, their people, and the built-in blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.actors import Actor, system_actor
from accounts.models import Domain, Team, User
from accounts.states import TeamRole
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.blueprints.services import register_builtin
from tests.factories import DomainFactory, TeamFactory, actor_for, member_of
from tests.provisioning.drivers.conftest import warehouse_url  # noqa: F401 - a shared fixture


@dataclass
class Shop:
    """Sales owns its domain; `helper` may change things there but decides on nothing."""

    sales: Domain
    team: Team
    owner: User
    helper: User
    outsider: User
    blueprint: Blueprint

    @property
    def owns(self) -> Actor:
        return actor_for(self.owner)

    @property
    def helps(self) -> Actor:
        return actor_for(self.helper)

    @property
    def version(self) -> BlueprintVersion:
        assert self.blueprint.current is not None
        return self.blueprint.current


@pytest.fixture
def shop(db, settings, warehouse_url) -> Shop:  # noqa: F811
    return build_shop(settings, warehouse_url)


def build_shop(settings: Any, url: str) -> Shop:
    settings.CELERY_BROKER_URL = ""
    settings.WAREHOUSE_URL = url
    sales = DomainFactory(path="sales", name="Sales")
    team = TeamFactory(slug="sales-data", name="Sales Data team", domain=sales)
    sales.owner = team
    sales.save()
    platform = TeamFactory(slug="data-platform", name="Data Platform team", domain=None)
    register_builtin(actor=system_actor(), owner_team=platform)
    return Shop(
        sales=sales,
        team=team,
        owner=member_of(team, username="olga"),
        helper=member_of(team, TeamRole.CONTRIBUTOR, username="hugo"),
        outsider=member_of(TeamFactory(), username="otto"),
        blueprint=Blueprint.objects.select_related("current").get(slug="data-product-postgresql"),
    )


@pytest.fixture
def page(shop: Shop, client: Client) -> Client:
    """A browser in which the owner is logged in."""
    client.force_login(shop.owner)
    return client


def parameters(**changes: Any) -> dict[str, Any]:
    """Parameters that the built-in blueprint takes."""
    given = {
        "name": "Store returns",
        "domain": "sales",
        "purpose": "Why goods come back, by article and store.",
        "archetype": "source-aligned",
        "classification": "internal",
        "columns": [
            {"name": "return_id", "type": "string", "key": True},
            {"name": "returned_on", "type": "date", "required": True},
        ],
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def posted(**changes: str) -> dict[str, str]:
    """The form as a browser sends it with the button “Review”."""
    return {
        "name": "Store returns",
        "domain": "sales",
        "purpose": "Why goods come back, by article and store.",
        "archetype": "source-aligned",
        "classification": "internal",
        "visibility": "company",
        "port": "table",
        "retention_days": "",
        "choice": "columns",
        "shown": "columns",
        "columns-0-name": "return_id",
        "columns-0-type": "string",
        "columns-0-key": "true",
        "columns-1-name": "returned_on",
        "columns-1-type": "date",
        "review": "1",
        **changes,
    }
