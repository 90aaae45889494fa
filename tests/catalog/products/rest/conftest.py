"""A team with a script of its own, and somebody else's script."""

import pytest

from tests.catalog.products.rest.callers import Caller
from tests.factories import DomainFactory, TeamFactory, UserFactory, member_of


@pytest.fixture
def team():
    return TeamFactory(slug="platform", domain=DomainFactory(path="sandbox", name="Sandbox"))


@pytest.fixture
def owner(client, team):
    return Caller(client, member_of(team))


@pytest.fixture
def member(client):
    return Caller(client, UserFactory())
