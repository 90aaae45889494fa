"""People who govern, and products that are subjects."""

from dataclasses import dataclass

import pytest

from accounts.actors import Actor
from accounts.models import Domain, Team
from accounts.states import PortalRole
from catalog.governance.services import Enforcement, PolicyData, save_policy
from tests.factories import (
    ContractVersionFactory,
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)


@dataclass
class Company:
    domain: Domain
    team: Team
    steward: Actor
    domain_owner: Actor
    owner: Actor
    member: Actor


@pytest.fixture
def company():
    above = TeamFactory(slug="domain-team")
    domain = DomainFactory(path="sales", owner=above)
    team = TeamFactory(slug="sales-team", domain=domain)
    return Company(
        domain=domain,
        team=team,
        steward=actor_for(UserFactory(username="steward", portal_role=PortalRole.STEWARD)),
        domain_owner=actor_for(member_of(above)),
        owner=actor_for(member_of(team, username="owner")),
        member=actor_for(UserFactory(username="member")),
    )


def data_of(company, **values):
    given = {
        "name": "Orders are described",
        "rule": 'description != ""',
        "words": "Products are described.",
        "mend": "Write a description.",
        "owner": company.team,
    }
    return PolicyData(**{**given, **values})


def policy_of(company, *, enforced=False, grace_until=None, **values):
    """A policy of the company, or, with `domain`, of a domain."""
    data = data_of(company, **values)
    version = save_policy(
        data=data,
        actor=company.domain_owner if data.domain else company.steward,
        enforcement=Enforcement(grace_until) if enforced else None,
    )
    return version.policy


def product_of(company, **values):
    """A product that lacks nothing but what policies ask for."""
    product = ProductFactory(owner=company.team, purpose="All orders, each once", **values)
    version = ContractVersionFactory(contract__owner=company.team)
    PortFactory(product=product, contract=version.contract, contract_version=version)
    return product
