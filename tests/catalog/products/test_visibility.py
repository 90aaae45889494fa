"""Who sees which product: the same in the catalogue and in search."""

import pytest

from accounts.actors import VISITOR
from accounts.states import PortalRole, TeamRole
from catalog.contracts.models import DataContract
from catalog.products import services
from catalog.products.models import DataProduct
from catalog.search.models import SearchEntry
from catalog.search.selectors import SearchQueryData, find, suggest
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

pytestmark = pytest.mark.django_db

LISTED = {"company", "deprecated"}
EVERYTHING = {"company", "deprecated", "domain", "restricted", "draft", "proposed", "retired"}


@pytest.fixture(scope="module")
def world(rows_of_module, django_db_blocker):
    """A product of each kind in `sales.orders`, owned by a team there; all tests only read."""
    with django_db_blocker.unblock():
        return make_world()


def make_world():
    sales = DomainFactory(path="sales", name="Sales")
    orders = DomainFactory(path="sales.orders", parent=sales)
    chiefs = TeamFactory(slug="chiefs", domain=sales)
    sales.owner = chiefs
    sales.save()
    team = TeamFactory(slug="orders-data", domain=orders)
    products = {
        name: ProductFactory(
            slug=name,
            name=name,
            owner=team,
            domain=orders,
            status=name if name in {"deprecated", "draft", "proposed", "retired"} else "active",
            visibility=name if name in {"domain", "restricted"} else "company",
        )
        for name in EVERYTHING
    }
    for product in products.values():
        version = ContractVersionFactory(
            contract__owner=team, contract__domain=orders, contract__document_id=product.slug
        )
        PortFactory(product=product, contract=version.contract, contract_version=version)
    reader = member_of(TeamFactory(slug="readers", domain=DomainFactory(path="marketing")))
    services.record_readers(
        product_id=products["restricted"].pk,
        team_ids=reader.teams.values_list("pk", flat=True),
        user_ids=[],
        consumer_count=1,
    )
    for product in products.values():  # tells search and the contracts
        services.record_readers(
            product_id=product.pk,
            team_ids=DataProduct.objects.get(pk=product.pk).reader_team_ids,
            user_ids=[],
            consumer_count=0,
        )
    elsewhere = DomainFactory(path="finance")
    return {
        "visitor": VISITOR,
        "member": actor_for(member_of(TeamFactory(domain=elsewhere))),
        "without a team": actor_for(UserFactory()),
        "same domain": actor_for(member_of(TeamFactory(domain=orders), TeamRole.VIEWER)),
        "above": actor_for(member_of(TeamFactory(domain=sales), TeamRole.VIEWER)),
        "below": actor_for(
            member_of(TeamFactory(domain=DomainFactory(path="sales.orders.eu")), TeamRole.VIEWER)
        ),
        "reader": actor_for(reader),
        "owner": actor_for(member_of(team)),
        "viewer of the team": actor_for(member_of(team, TeamRole.VIEWER)),
        "domain owner": actor_for(member_of(chiefs)),
        "steward": actor_for(UserFactory(portal_role=PortalRole.STEWARD)),
        "platform": actor_for(UserFactory(portal_role=PortalRole.PLATFORM)),
        "admin": actor_for(UserFactory(portal_role=PortalRole.ADMIN)),
    }


EXPECTED = {
    "visitor": set(),
    "member": LISTED,
    "without a team": LISTED,
    "same domain": LISTED | {"domain"},
    "above": LISTED,
    "below": LISTED | {"domain"},
    "reader": LISTED | {"restricted"},
    "owner": EVERYTHING,
    "viewer of the team": EVERYTHING,
    "domain owner": EVERYTHING,
    "steward": EVERYTHING,
    "platform": EVERYTHING,
    "admin": EVERYTHING,
}


@pytest.mark.parametrize("who", EXPECTED)
def test_catalogue_search_counts_and_suggestions_show_the_same(world, who):
    actor, expected = world[who], EXPECTED[who]

    page = find(actor, SearchQueryData(size=50))

    everything = DataProduct.objects.values_list("slug", flat=True)
    hidden = {each.slug for each in DataProduct.objects.hidden_from(actor)}
    assert {each.slug for each in DataProduct.objects.visible_to(actor)} == expected
    assert hidden == set(everything) - expected
    assert {hit.name for hit in page.rows} == expected
    assert page.total == len(expected)
    assert sum(value.count for value in page.facets["status"]) == len(expected)
    begun = {each.name for name in EVERYTHING for each in suggest(actor, name)}
    assert begun == expected


@pytest.mark.parametrize("who", EXPECTED)
def test_a_contract_is_seen_with_the_ports_that_name_it(world, who):
    seen = {each.document_id for each in DataContract.objects.visible_to(world[who])}

    assert seen == EXPECTED[who]


def test_no_contract_that_a_port_names_is_a_row_of_its_own(world):
    assert set(SearchEntry.objects.values_list("kind", flat=True)) == {"product"}
