"""Incidents where they matter: on the product and downstream; and why data is stale."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.contracts.models import Sla
from catalog.lineage.models import ProductEdge
from catalog.products.models import DataProduct
from catalog.quality.models import Incident, QualitySettings
from catalog.quality.selectors import surroundings
from tests.catalog.quality.incidents.seen import HOUR, breaks, flows, make, mends, text_of
from tests.clients import browser
from tests.factories import (
    ContractVersionFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db
HIDDEN = "An upstream product has an incident"


@pytest.fixture
def team():
    return TeamFactory(slug="sales", name="Sales")


@pytest.fixture
def owner(team):
    return browser(member_of(team, username="olga"))


@pytest.fixture
def reader():
    return browser(UserFactory(username="rita"))


@pytest.mark.parametrize("tab", ["", "?tab=schema", "?tab=quality", "?tab=lineage", "?tab=access"])
def test_the_product_says_on_every_tab_that_something_is_wrong(reader, team, tab):
    product = make("Orders", team)
    check = breaks(product)

    assert "Incident: no gaps." in text_of(reader, f"{product.get_absolute_url()}{tab}")
    mends(check)
    assert "Incident: no gaps." not in text_of(reader, f"{product.get_absolute_url()}{tab}")


def test_its_ports_say_so_too(reader, team):
    product = make("Orders", team)
    breaks(product)

    assert "Incident: no gaps." in text_of(reader, product.output_ports.get().get_absolute_url())


@pytest.mark.parametrize(("hops", "seen"), [(None, 1), (0, 0), (1, 1), (2, 2), (3, 3)])
def test_it_is_seen_downstream_as_far_as_its_owners_chose(reader, team, hops, seen):
    products = [make(name, team) for name in ("Orders", "Lines", "Margin", "Report", "Board")]
    flows(*products)
    breaks(products[0])
    if hops is not None:
        QualitySettings.objects.create(product=products[0], downstream_hops=hops)

    pages = [text_of(reader, each.get_absolute_url()) for each in products[1:]]

    assert ["Orders: no gaps" in page for page in pages] == [n < seen for n in range(4)]


def test_who_may_not_see_the_broken_product_reads_no_name(reader, owner, team):
    hidden, open_one = make("Salaries", team, visibility="restricted"), make("Costs", team)
    flows(hidden, open_one)
    breaks(hidden, "no salary is negative")

    page = text_of(reader, open_one.get_absolute_url())
    assert HIDDEN in page
    assert "alaries" not in page
    assert "no salary" not in page
    assert str(Incident.objects.get().pk) not in page
    assert "Salaries: no salary is negative" in text_of(owner, open_one.get_absolute_url())


def test_an_ended_edge_carries_nothing(reader, team):
    source, target = make("Orders", team), make("Lines", team)
    flows(source, target)
    ProductEdge.objects.update(ended_at=timezone.now())
    breaks(source)

    assert "no gaps" not in text_of(reader, target.get_absolute_url())


def test_products_that_read_each_other_have_one_banner_each(reader, team):
    first, second = make("Orders", team), make("Lines", team)
    flows(first, second, first)
    breaks(first)
    QualitySettings.objects.create(product=first, downstream_hops=3)

    assert "Incident: no gaps." in text_of(reader, first.get_absolute_url())
    assert "Orders: no gaps" in text_of(reader, second.get_absolute_url())


# why it is stale


def promises(product, hours, written_ago):
    version = ContractVersionFactory()
    Sla.objects.create(version=version, property="latency", value=str(hours), unit="h")
    product.output_ports.update(contract_version=version, contract=version.contract)
    DataProduct.objects.filter(pk=product.pk).update(written_at=timezone.now() - written_ago)


def around(user, product):
    return surroundings(actor_for(user), [product.pk])[product.pk]


def test_the_nearest_late_sources_are_named_as_far_as_they_may_be(reader, team):
    far, near, hidden, middle, root = (
        make(name, team) for name in ("Far", "Near", "Hidden", "Middle", "Root")
    )
    flows(far, near, middle, root)
    flows(hidden, root)
    DataProduct.objects.filter(pk=hidden.pk).update(visibility="restricted")
    for product in (far, near, hidden):
        promises(product, 1, 5 * HOUR)
    promises(middle, 24, 5 * HOUR)
    user = UserFactory()

    found = around(user, root)

    assert [(each.name, each.distance) for each in found.causes] == [("", 1), ("Near", 2)]
    assert [each.name for each in around(user, near).causes] == ["Far"]
    assert (found.is_stale, found.root.is_late, around(user, near).root.is_late) == (
        True,
        False,
        True,
    )
    page = text_of(reader, root.get_absolute_url())
    assert "The data is made from late data" in page
    assert "an upstream product that you may not see is late" in page
    assert "Hidden" not in page
    assert "Near</a> is late" in text_of(reader, f"{root.get_absolute_url()}?tab=quality")


def test_in_time_nothing_is_said(reader, team):
    product = make("Orders", team)
    promises(product, 24, HOUR)

    assert not around(UserFactory(), product).is_stale
    assert "late data" not in text_of(reader, product.get_absolute_url())


def test_surroundings_cost_one_statement_whatever_they_hold(team):
    roots = [make(f"Root{n}", team) for n in range(3)]
    sources = [make(f"Source{n}", team) for n in range(12)]
    for root in roots:
        for source in sources:
            flows(source, root)
            breaks(source)
    actor = actor_for(UserFactory())

    with CaptureQueriesContext(connection) as context:
        found = surroundings(actor, [root.pk for root in roots])

    assert len(context) == 1
    assert [len(found[root.pk].broken_upstream) for root in roots] == [12, 12, 12]


def test_the_graph_is_looked_at_five_steps_deep(team):
    chain = [make(f"P{n}", team) for n in range(8)]
    flows(*chain)
    promises(chain[0], 1, 9 * HOUR)
    user = UserFactory()

    assert around(user, chain[5]).causes
    assert not around(user, chain[6]).causes
