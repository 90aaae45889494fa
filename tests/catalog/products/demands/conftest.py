"""A wish for data, its author, and a team that could answer it."""

import pytest

from accounts.states import TeamRole
from catalog.products.models import Demand
from catalog.products.services import DemandData, post_demand
from tests.factories import DomainFactory, TeamFactory, UserFactory, actor_for, member_of

NEED = "Temperature of each shop, **hourly**."


@pytest.fixture
def team():
    return TeamFactory(
        slug="store-systems", name="Store Systems", domain=DomainFactory(path="stores")
    )


@pytest.fixture
def helper(team):
    return member_of(team, TeamRole.CONTRIBUTOR, username="helper")


@pytest.fixture
def author():
    return UserFactory(username="author", display_name="Greta")


@pytest.fixture
def wish(team, author) -> Demand:
    data = DemandData("Weather by shop", NEED, team.domain)
    return post_demand(data=data, actor=actor_for(author))
