"""Before something breaks or ends, its page says who is hit."""

import pytest
from django.test import Client
from django.urls import reverse

from catalog.contracts.extensions import affected_parties
from catalog.products.models import InputPort
from catalog.products.states import ProductStatus, Visibility
from tests.catalog.lineage.ground import chain, dataset, offered
from tests.catalog.lineage.test_impact import granted
from tests.factories import (
    ContractFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def source(team):
    """A port with a contract whose dataset feeds `near`, and that one `far`."""
    product = ProductFactory(name="Source", owner=team, status=ProductStatus.ACTIVE)
    port = PortFactory(product=product, contract=ContractFactory())
    near, far = offered("near", name="Near"), offered("far", name="Far")
    chain(dataset("source", port=port), near, far)
    chain(product, near.port.product, far.port.product)
    return port


def parties(user, port):
    found = affected_parties(actor_for(user), port.contract)
    return [(each.kind, each.name, each.distance) for each in found.parties], found.hidden


def test_what_is_made_further_down_is_hit_too(source):
    assert parties(UserFactory(), source) == (
        [("product", "Near", 1), ("product", "Far", 2)],
        0,
    )


def test_a_declared_reader_is_named_once_with_its_port(source):
    reader = ProductFactory(name="Near reader", status=ProductStatus.ACTIVE)
    InputPort.objects.create(product=reader, name="in", source=source)

    found = affected_parties(actor_for(UserFactory()), source.contract)

    (named,) = [each for each in found.parties if each.name == "Near reader"]
    assert (named.via, named.distance) == (source.fqn, 1)


def test_who_has_access_is_hit_by_name_or_by_number(source, team):
    reader = TeamFactory(name="Readers")
    granted(source, consumer_team=reader)

    told, _ = parties(member_of(team), source)
    outside, hidden = parties(UserFactory(), source)

    assert ("team", "Readers", 1) in told
    assert all(kind == "product" for kind, _, _ in outside)
    assert hidden == 1


def test_a_hidden_product_is_counted(source):
    secret = offered("secret", visibility=Visibility.RESTRICTED)
    chain(source.lineage_datasets.get(), secret)

    _, hidden = parties(UserFactory(), source)

    assert hidden == 1


@pytest.mark.parametrize("verb", ["deprecate", "retire"])
def test_the_end_of_a_product_says_who_is_hit(client: Client, source, team, verb):
    granted(source, consumer_team=TeamFactory(name="Readers"))
    client.force_login(member_of(team))

    page = client.get(reverse(f"products:{verb}", args=[source.product.fqn])).content.decode()

    assert "2 products, 1 consumer, 3 teams" in page
    assert "Readers" in page
    assert page.index(">Near<") < page.index(">Far<")


def test_the_end_of_a_product_that_nobody_uses_says_so(client: Client, team):
    client.force_login(member_of(team))
    product = ProductFactory(owner=team, status=ProductStatus.ACTIVE)

    page = client.get(reverse("products:deprecate", args=[product.fqn])).content.decode()

    assert "Nobody has access" in page
