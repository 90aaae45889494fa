"""How well a product is described: a number of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.contracts.models import QualityRule, SchemaObject, SchemaProperty, Sla
from catalog.governance.models import Term
from catalog.products.models import Ownership
from catalog.quality.completeness import Described, completeness
from catalog.quality.selectors import completeness_of
from tests.factories import (
    ContractFactory,
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
)

COUNT = st.integers(0, 50)
FACTS = st.builds(
    lambda flags, ports, bare, columns, mute, rules, promises: Described(
        *flags,
        ports=ports + bare,
        ports_with_contract=ports,
        columns=columns + mute,
        columns_described=columns,
        rules=rules,
        promises=promises,
    ),
    st.lists(st.booleans(), min_size=6, max_size=6),
    *(COUNT for _ in range(6)),
)


@given(FACTS)
def test_it_is_a_percentage_and_what_lacks_says_what_to_do(facts):
    found = completeness(facts)

    assert 0 <= found.score <= 100
    assert (found.score == 100) == (not found.lacking)
    assert all(each.mend and each.place for each in found.lacking)
    assert abs(found.score - 100 * sum(each.share for each in found.aspects) / 10) < 1e-9


@pytest.mark.django_db
def test_it_is_read_from_the_product_its_ports_and_their_contracts():
    team = TeamFactory(contact="#orders")
    product = ProductFactory(
        owner=team, purpose="Orders", description="All", classification="internal"
    )
    bare = ProductFactory(owner=TeamFactory())
    version = ContractVersionFactory(contract=ContractFactory(owner=team))
    for contract in (version, None):
        PortFactory(
            product=product,
            contract_version=contract,
            contract=contract and contract.contract,
        )
    PortFactory(product=product, contract_version=version, contract=version.contract)
    table = SchemaObject.objects.create(version=version, position=0, name="orders")
    for at, text in enumerate(["the key", "", "", "when"]):
        SchemaProperty.objects.create(
            object=table, position=at, path=str(at), name=str(at), description=text
        )
    Sla.objects.create(version=version, property="latency", value="4", unit="h")
    QualityRule.objects.create(version=version, pointer="/a", type="text")
    Ownership.objects.create(product=product, kind="steward", user=UserFactory())
    product.terms.add(Term.objects.create(slug="o", name="o", definition="o", owner=team))

    found = completeness_of([product.pk, bare.pk])

    shares = {each.name: each.share for each in found[product.pk].aspects}
    assert shares == {
        "purpose": 1,
        "description": 1,
        "classification": 1,
        "steward": 1,
        "terms": 1,
        "contact": 1,
        "contract": 2 / 3,
        "columns": 0.5,  # of the version, however many ports offer it
        "promises": 1,
        "rules": 0,  # a text is no rule
    }
    assert found[bare.pk].score == 0
