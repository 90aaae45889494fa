"""Products saved as a set, and what stands beside their columns: links, terms, people, fields."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from catalog.governance.models import Term
from catalog.products import services
from catalog.products.models import (
    DataProduct,
    InputPort,
    Revision,
    System,
    SystemPort,
)
from catalog.products.services import (
    InputData,
    LinkData,
    OwnershipData,
    PortData,
    ProductData,
    RevisionDiffers,
)
from core.errors import Invalid
from tests.catalog.products.conftest import codes, put
from tests.factories import (
    ContractVersionFactory,
    DomainFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def many(data, count: int) -> list[ProductData]:
    found = []
    for n in range(count):
        contract = ContractVersionFactory().contract.document_id
        port = PortData("table", contract_id=contract, datasets=(("db", f"{count}-{n}"),))
        name = f"Product {count} {n}"
        inputs = (InputData("raw", contract_id=contract),)
        found.append(
            replace(data, document_id=name, name=name, slug="", ports=(port,), inputs=inputs)
        )
    return found


def statements(items) -> int:
    with CaptureQueriesContext(connection) as captured:
        outcomes = services.put_products(items=items, actor=system_actor())
    assert {each.problems for each in outcomes} == {()}
    return len(captured)


def test_two_hundred_products_cost_hardly_more_statements_than_two(data):
    few, lots = many(data, 2), many(data, 200)
    two = statements(few)

    assert statements(lots) <= two + 4
    again = [replace(each, purpose="Other") for each in lots]
    assert statements(again) <= statements([replace(each, purpose="Other") for each in few]) + 4


def test_what_is_refused_in_a_set_changes_nothing_and_the_rest_is_saved(data):
    items = [
        data,
        replace(data, document_id="second"),  # the name is taken by the first
        replace(data, document_id="third", name="Third", ports=(PortData("9"),)),
        replace(data, document_id="fourth", name="Fourth"),
    ]

    outcomes = services.put_products(items=items, actor=system_actor())

    assert [each.action for each in outcomes] == ["create", "refused", "refused", "create"]
    assert [p.code for each in outcomes for p in each.problems] == ["name-taken", "bad-slug"]
    assert sorted(DataProduct.objects.values_list("document_id", flat=True)) == ["fourth", "orders"]
    assert Revision.objects.count() == 2


def test_products_of_one_set_may_read_each_other(data):
    contract = ContractVersionFactory().contract.document_id
    reader = replace(
        data, document_id="r", name="Reader", inputs=(InputData("raw", contract_id=contract),)
    )
    source = replace(data, ports=(PortData("table", contract_id=contract),))

    services.put_products(items=[reader, source], actor=system_actor())

    assert InputPort.objects.get().source.product.document_id == "orders"


def test_one_dataset_belongs_to_one_port_also_within_a_set(data):
    port = PortData("table", datasets=(("db", "orders"),))
    items = [replace(data, ports=(port,)), replace(data, document_id="b", name="B", ports=(port,))]

    outcomes = services.put_products(items=items, actor=system_actor())

    assert [p.code for p in outcomes[1].problems] == ["dataset-taken"]


def test_a_revision_that_somebody_else_replaced_is_refused(data):
    put(data)
    put(replace(data, purpose="Other"))

    with pytest.raises(RevisionDiffers):
        put(replace(data, purpose="Mine"), expected=1)

    assert DataProduct.objects.get().purpose == "Other"


def test_links_terms_and_people_are_kept_until_they_are_said_anew(data):
    term = Term.objects.create(slug="order", name="Order", definition="x", owner=data.owner)
    user = UserFactory(username="ada")
    full = replace(
        data,
        links=(LinkData("repository", "Code", "https://git.example/orders"),),
        terms=("order",),
        ownerships=(
            OwnershipData("expert", user="ada"),
            OwnershipData("steward", team=data.owner.slug),
        ),
        extra={"cost-centre": 7},
    )
    put(full)
    put(replace(data, purpose="Other"))

    product = DataProduct.objects.get()
    assert product.links == [
        {"kind": "repository", "label": "Code", "url": "https://git.example/orders"}
    ]
    assert list(product.terms.all()) == [term]
    assert {each.user for each in product.ownerships.all()} == {user, None}
    assert product.extra == {"cost-centre": 7}
    assert put(replace(full, purpose="Other")).action == "unchanged"


def test_a_term_of_the_domain_comes_before_the_companys(data):
    Term.objects.create(slug="order", name="Order", definition="x", owner=data.owner)
    own = Term.objects.create(
        slug="order", name="Order", definition="ours", owner=data.owner, domain=data.domain
    )

    saved = put(replace(data, terms=("ORDER",)))

    assert list(saved.product.terms.all()) == [own]


@pytest.mark.parametrize(
    ("values", "code", "pointer"),
    [
        (
            {"links": (LinkData("repository", "", "javascript:alert(1)"),)},
            "bad-link",
            "/links/0/url",
        ),
        ({"links": (LinkData("repository", "", "https://a.b/ c"),)}, "bad-link", "/links/0/url"),
        ({"links": (LinkData("nothing", "", "https://a.b"),)}, "not-in-list", "/links/0/kind"),
        ({"links": (LinkData("other", "", "https://a.b"),) * 51}, "too-many", "/links"),
        ({"terms": ("nowhere",)}, "unknown-term", "/terms/0"),
        ({"ownerships": (OwnershipData("expert", user="x"),)}, "unknown-user", "/ownership/0/user"),
        ({"ownerships": (OwnershipData("boss", user="x"),)}, "not-in-list", "/ownership/0/kind"),
        ({"ownerships": (OwnershipData("expert"),)}, "wrong-form", "/ownership/0"),
    ],
)
def test_wrong_descriptions_are_refused_with_their_place(data, values, code, pointer):
    with pytest.raises(Invalid) as refusal:
        put(replace(data, **values))

    assert [(each.code, each.pointer) for each in refusal.value.problems] == [(code, pointer)]
    assert not DataProduct.objects.exists()


def test_extra_fields_follow_the_schemas_of_all_domains_above(data):
    above = DomainFactory(path="retail", field_schema={"required": ["cost"]})
    below = DomainFactory(
        path="retail.shop",
        parent=above,
        field_schema={"properties": {"cost": {"type": "integer"}}, "additionalProperties": False},
    )

    for extra, code, pointer in (
        ({}, "missing-field", "/extra"),
        ({"cost": "x"}, "wrong-type", "/extra/cost"),
        ({"cost": 1, "other": 2}, "unknown-field", "/extra/other"),
    ):
        with pytest.raises(Invalid) as refusal:
            put(replace(data, domain=below, extra=extra))
        assert [(p.code, p.pointer) for p in refusal.value.problems] == [(code, pointer)]
    assert put(replace(data, domain=below, extra={"cost": 1})).action == "create"


def test_a_schema_that_points_elsewhere_is_never_fetched(data):
    data.domain.field_schema = {"$ref": "http://127.0.0.1:9/schema.json"}
    data.domain.save()

    with pytest.raises(Invalid) as refusal:
        put(replace(data, extra={"a": 1}))

    assert codes(refusal) == ["bad-field-schema"]


def test_an_input_from_a_system_is_linked_when_the_system_appears(data):
    saved = put(replace(data, inputs=(InputData("shop", system="sales.shop/orders-api"),)))
    assert [each.code for each in saved.warnings] == ["unknown-system"]
    assert InputPort.objects.get().system is None
    system = System.objects.create(
        document_id="shop",
        slug="shop",
        fqn="sales.shop",
        name="Shop",
        domain=data.domain,
        owner=data.owner,
    )
    port = SystemPort.objects.create(
        system=system, name="orders-api", fqn="sales.shop/orders-api", kind="openapi"
    )

    assert services.link_systems(system_ids=[system.pk]) == 1

    linked = InputPort.objects.get()
    assert (linked.system, linked.system_port) == (system, port)


def test_a_product_may_not_be_called_like_a_system(data):
    System.objects.create(
        document_id="s",
        slug="orders",
        fqn=f"{data.domain.path}.orders",
        name="Orders",
        domain=data.domain,
        owner=data.owner,
    )

    with pytest.raises(Invalid) as refusal:
        put(data)

    assert codes(refusal) == ["name-taken"]
