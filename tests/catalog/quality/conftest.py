"""A product with three checks, its owner, and somebody who reads it."""

import pytest

from catalog.quality.models import QualityCheck
from tests.catalog.quality.telling import signed_in
from tests.factories import (
    ContractFactory,
    ContractVersionFactory,
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    member_of,
)

NAMES = {"no gaps": "completeness", "unique keys": "uniqueness", "fresh": "timeliness"}


@pytest.fixture
def team():
    return TeamFactory(domain=DomainFactory(path="sales", name="Sales", owner=TeamFactory()))


@pytest.fixture
def port(team):
    version = ContractVersionFactory(contract=ContractFactory(owner=team))
    return PortFactory(
        product=ProductFactory(owner=team, slug="orders"),
        name="table",
        contract=version.contract,
        contract_version=version,
    )


@pytest.fixture
def checks(port):
    rows = [
        QualityCheck(port=port, key=f"dbt:{name}", name=name, dimension=dimension)
        for name, dimension in NAMES.items()
    ]
    QualityCheck.objects.bulk_create(rows)
    return {each.name: each for each in rows}


@pytest.fixture
def reader():
    return signed_in(UserFactory())


@pytest.fixture
def owner(team):
    return signed_in(member_of(team))
