"""A product of a team, with one rule."""

import pytest

from tests.catalog.quality.incidents.cases import make_check
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def owner(team):
    return actor_for(member_of(team, username="olga"))


@pytest.fixture
def port(team):
    return PortFactory(product=ProductFactory(owner=team, name="Orders"))


@pytest.fixture
def check(port):
    return make_check(port)
