"""Factories: each builds a valid object from nothing."""

import factory
from factory.django import DjangoModelFactory

from accounts.actors import Actor, actor_of
from accounts.models import Domain, Membership, Team, User
from accounts.states import TeamRole
from catalog.contracts.models import ContractVersion, DataContract
from catalog.products.models import DataProduct, OutputPort
from catalog.products.states import ProductStatus
from core.ids import uuid7
from provisioning.requests.data import in_turn
from provisioning.requests.models import Request
from provisioning.requests.services.staging import lay_out, open_stage


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence("user-{}".format)
    display_name = factory.SelfAttribute("username")


class DomainFactory(DjangoModelFactory[Domain]):
    class Meta:
        model = Domain

    path = factory.Sequence("domain-{}".format)
    name = factory.SelfAttribute("path")


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    slug = factory.Sequence("team-{}".format)
    name = factory.SelfAttribute("slug")
    domain = factory.SubFactory(DomainFactory)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    team = factory.SubFactory(TeamFactory)
    role = TeamRole.OWNER


class ContractFactory(DjangoModelFactory[DataContract]):
    class Meta:
        model = DataContract

    document_id = factory.Sequence("contract-{}".format)
    name = factory.SelfAttribute("document_id")
    owner = factory.SubFactory(TeamFactory)
    domain = factory.SelfAttribute("owner.domain")


class ContractVersionFactory(DjangoModelFactory[ContractVersion]):
    class Meta:
        model = ContractVersion

    contract = factory.SubFactory(ContractFactory)
    version = "1.0.0"
    api_version = "v3.1.0"
    status = "active"
    text = "{}"
    sha256 = "0" * 64
    document = factory.LazyFunction(dict)
    created_by = "factory"


class ProductFactory(DjangoModelFactory[DataProduct]):
    class Meta:
        model = DataProduct

    slug = factory.Sequence("product-{}".format)
    name = factory.SelfAttribute("slug")
    document_id = factory.SelfAttribute("slug")
    owner = factory.SubFactory(TeamFactory)
    domain = factory.SelfAttribute("owner.domain")
    fqn = factory.LazyAttribute(lambda product: f"{product.domain.path}.{product.slug}")
    status = ProductStatus.ACTIVE


class PortFactory(DjangoModelFactory[OutputPort]):
    class Meta:
        model = OutputPort

    product = factory.SubFactory(ProductFactory)
    name = factory.Sequence("port-{}".format)
    major = 1
    fqn = factory.LazyAttribute(lambda port: f"{port.product.fqn}/{port.name}@{port.major}")


def actor_for(user: User) -> Actor:
    """The actor of a stored user."""
    return actor_of(user)


def member_of(team: Team, role: str = TeamRole.OWNER, **user: object) -> User:
    """A new user with a role in `team`."""
    created: User = UserFactory(**user)
    MembershipFactory(user=created, team=team, role=role)
    return created


def waiting_request(decider: Team, /, **given: object) -> Request:
    """A request that waits for the owners of a team."""
    request = Request.objects.create(**{"kind": "access", "instance_id": uuid7(), **given})
    lay_out(request, in_turn([decider], ""))
    open_stage(request, 1)
    return request


def sides_of(request: Request) -> list[Team | str]:
    """Who has to agree, in turn: teams and roles."""
    return [each.team or each.role for each in request.approvals.select_related("team")]
