"""A class travels with the values, and with its reason."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.governance.data import PolicyData
from catalog.governance.extensions import with_added
from catalog.governance.selectors import findings
from catalog.governance.services import save_policy
from catalog.governance.states import Outcome
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Column, ColumnEdge, Dataset
from catalog.lineage.selectors.classes import derived_classes, underclassed_columns
from catalog.products.selectors.facts import facts_of
from catalog.products.states import ProductStatus, Visibility
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db
SPACE = "postgres://warehouse:5432"


def offer(product, **classes):
    """The columns of a product's only table, by name; a contract gives them their classes."""
    version = ContractVersionFactory()
    table = SchemaObject.objects.create(version=version, position=0, name="Rows")
    for at, (name, slug) in enumerate(classes.items()):
        SchemaProperty.objects.create(
            object=table, position=at, path=name, name=name, classification=slug
        )
    port = PortFactory(product=product, contract=version.contract, contract_version=version)
    name = f"db.{product.slug}.rows"
    dataset = Dataset.objects.create(
        namespace=SPACE,
        name=name,
        node_id=f"dataset:{SPACE}:{name}",
        key=key_of(SPACE, name),
        node_key=node_key_of(f"dataset:{SPACE}:{name}"),
        port=port,
    )
    return {each: column(dataset, each.upper()) for each in classes}


def column(dataset, name):
    return Column.objects.create(
        dataset=dataset,
        name=name,
        key=key_of(SPACE, dataset.name, name),
        node_key=node_key_of(f"column:{SPACE}:{dataset.name}#{name}"),
    )


def gaps_of(actor, product):
    return derived_classes(actor, [product.pk]).get(product.pk, [])


def flows(source, target, **edge):
    return ColumnEdge.objects.create(source=source, target=target, **edge)


@pytest.fixture
def customers():
    """Whose e-mail addresses are confidential."""
    product = ProductFactory(name="Customers")
    return offer(product, id="internal", email="confidential")


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def report(team):
    return ProductFactory(name="Report", slug="report", owner=team)


@pytest.fixture
def owner(team):
    return actor_for(member_of(team))


def test_a_class_travels_over_several_steps_and_names_them(customers, report, owner):
    between = offer(ProductFactory(name="Contacts", slug="contacts"), mail="confidential")
    columns = offer(report, contact="internal", note="")
    flows(customers["email"], between["mail"])
    flows(between["mail"], columns["contact"])
    flows(customers["id"], columns["contact"])

    (gap,) = gaps_of(owner, report)

    assert (gap.column, gap.known, gap.wanted) == ("CONTACT", "internal", "confidential")
    assert [stop.column for stop in gap.path] == ["MAIL", "CONTACT"]  # the nearest that is
    assert underclassed_columns([report.pk]) == {report.pk: 1}


def test_the_most_secret_source_counts_over_the_nearer_one(customers, report, owner):
    between = offer(ProductFactory(slug="contacts"), mail="internal")
    columns = offer(report, contact="")
    flows(customers["email"], between["mail"])
    flows(between["mail"], columns["contact"])

    (gap,) = gaps_of(owner, report)

    assert (gap.known, gap.wanted) == ("", "confidential")
    assert [stop.column for stop in gap.path] == ["EMAIL", "MAIL", "CONTACT"]


@pytest.mark.parametrize(
    "edge",
    [
        {"masking": True},
        {"transformation": "INDIRECT/FILTER"},
        {"ended_at": "2026-01-01T00:00Z"},
    ],
)
def test_it_stops_where_no_values_come_along(customers, report, owner, edge):
    columns = offer(report, contact="")
    flows(customers["email"], columns["contact"], **edge)

    assert gaps_of(owner, report) == []
    assert underclassed_columns([report.pk]) == {}


@pytest.mark.parametrize("known", [{"contact": "confidential"}, {"contact": "restricted"}])
def test_a_column_that_is_as_secret_needs_nothing(customers, report, owner, known):
    flows(customers["email"], offer(report, **known)["contact"])

    assert gaps_of(owner, report) == []


def test_the_class_of_the_whole_product_is_enough(customers, report, owner):
    flows(customers["email"], offer(report, contact="")["contact"])
    report.classification = "confidential"
    report.save()

    assert gaps_of(owner, report) == []


def test_a_cycle_ends(customers, report, owner):
    columns = offer(report, contact="", copy="")
    flows(customers["email"], columns["contact"])
    flows(columns["contact"], columns["copy"])
    flows(columns["copy"], columns["contact"])

    assert [each.column for each in gaps_of(owner, report)] == ["CONTACT", "COPY"]


def test_what_the_reader_may_not_see_is_on_the_way_without_a_name(report, owner):
    hidden = ProductFactory(slug="secret", visibility=Visibility.RESTRICTED)
    columns = offer(report, contact="")
    flows(offer(hidden, email="confidential")["email"], columns["contact"])

    (gap,) = gaps_of(owner, report)

    assert gap.path[0] is None
    assert gap.path[1].column == "CONTACT"


def test_a_policy_may_enforce_it(customers, report, team):
    columns = offer(report, contact="")
    save_policy(
        data=PolicyData(
            name="As secret as its source",
            rule="underclassed_columns == 0",
            words="No column is less secret than what it is made from.",
            mend="Raise the class of the columns that the Schema tab names.",
            owner=team,
        ),
        actor=system_actor(),
    )

    assert outcomes(report) == [Outcome.PASS]
    flows(customers["email"], columns["contact"])
    assert outcomes(report) == [Outcome.FAIL]


def test_only_a_rule_that_names_it_asks_lineage(report):
    facts = {report.pk: {"domain": "x"}}

    with CaptureQueriesContext(connection) as asked:
        assert with_added("product", "purpose != ''", facts) == facts
    assert len(asked) == 0


def outcomes(product):
    facts = {product.pk: facts_of([product.pk])[product.pk].as_json()}
    return [each.outcome for each in findings("product", facts)[product.pk]]


def test_the_schema_tab_tells_those_who_can_mend_it(client: Client, customers, report, team):
    report.status = ProductStatus.ACTIVE
    report.save()
    flows(customers["email"], offer(report, contact="")["contact"])
    page = f"{report.get_absolute_url()}?tab=schema"

    client.force_login(member_of(team))
    told = client.get(page).content.decode()
    client.force_login(UserFactory())
    untold = client.get(page).content.decode()

    assert "More secret than it says" in told
    assert "<code>EMAIL</code>" in told
    assert "More secret" not in untold


def test_the_number_of_statements_does_not_grow(customers, owner, team):
    def cost(count):
        product = ProductFactory(owner=team)
        for column in offer(product, **{f"c{n}": "" for n in range(count)}).values():
            flows(customers["email"], column)
        with CaptureQueriesContext(connection) as asked:
            assert len(gaps_of(owner, product)) == count
        return len(asked)

    assert cost(1) == cost(30) <= 10


def test_scripts_read_it_too_when_they_may_mend_it(client: Client, customers, report, team):
    report.status = ProductStatus.ACTIVE
    report.save()
    flows(customers["email"], offer(report, contact="")["contact"])
    query = """query($fqn: String!) {
        product(fqn: $fqn) { derivedClasses { column known wanted path } } }"""

    def asked_by(user):
        client.force_login(user)
        body = {"query": query, "variables": {"fqn": report.fqn}}
        answer = client.post("/graphql/", body, content_type="application/json").json()
        return answer["data"]["product"]["derivedClasses"]

    (found,) = asked_by(member_of(team))
    assert found["path"][0].endswith("#EMAIL")
    assert (found["column"], found["known"], found["wanted"]) == ("CONTACT", None, "confidential")
    assert asked_by(UserFactory()) == []
