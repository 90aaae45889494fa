"""Products out as ODPS: what was given, brought up to date."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.actors import system_actor
from catalog.governance.models import Term
from catalog.products.data import InputData, LinkData, PortData, ProductData
from catalog.products.descriptors import process
from catalog.products.descriptors.export import data_of, descriptor_of
from catalog.products.formats import odps
from catalog.products.models import DataProduct, Ownership
from catalog.products.services import put_product
from core.documents import dump_yaml, load_documents
from tests.factories import DomainFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
GIVEN = """\
# The team's own words
apiVersion: v1.0.0
kind: DataProduct
id: orders-1
name: Orders
version: 1.0.0
status: draft
domain: Transport Management   # of the author, not of the portal
customProperties:
  - property: costCentre
    value: {code: 7, owner: ada}
  - property: visibility
    value: domain
description:
  purpose: Know every order
  authoritativeDefinitions: []
outputPorts:
  - name: Orders Table
    version: 1.2.0
    sbom: [{url: "https://sbom.example/1"}]
  - name: events
    version: 2.0.0
support:
  - {channel: "#orders", url: "https://chat.example/orders", tool: slack}
team:
  members:
    - {username: ceo, role: Owner}
"""
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def places() -> None:
    TeamFactory(slug="platform", name="Platform", domain=DomainFactory(path="sandbox"))
    DomainFactory(path="sales")


def apply(text: str) -> Any:
    report = process(
        text=text.encode(), mode="apply", actor=system_actor(), domain="sandbox", team="platform"
    )
    (document,) = report.documents
    return document


def product() -> DataProduct:
    return DataProduct.objects.select_related("domain", "owner").get()


def save(**changes: Any) -> None:
    """As a form does: no document, the whole product."""
    put_product(data=replace(data_of(product()), **changes), actor=system_actor())


def test_what_was_given_comes_back_to_the_letter() -> None:
    apply(GIVEN)

    assert descriptor_of(product())[1] == GIVEN


def test_a_change_by_a_form_is_the_only_difference_and_is_no_change_when_it_comes_back() -> None:
    apply(GIVEN)
    ports = data_of(product()).ports

    save(purpose="See every order", ports=(ports[0], PortData(name="files", major=3)))

    (before,) = load_documents(GIVEN)
    data, text = descriptor_of(product())
    assert data["description"] == {"purpose": "See every order", "authoritativeDefinitions": []}
    assert data["outputPorts"] == [before.data["outputPorts"][0], {"name": "files", "version": "3"}]
    same = before.data.keys() - {"description", "outputPorts"}
    assert {key: data[key] for key in same} == {key: before.data[key] for key in same}
    assert apply(text).action == "unchanged"
    assert descriptor_of(product()) == (data, text)


def test_the_given_document_again_takes_the_form_back() -> None:
    apply(GIVEN)
    save(purpose="See every order")

    assert apply(GIVEN).action == "update"
    assert descriptor_of(product())[1] == GIVEN


def test_what_its_version_cannot_say_is_told_in_the_newest() -> None:
    apply(GIVEN)

    save(archetype="aggregate")

    data, text = descriptor_of(product())
    assert (data["apiVersion"], data["type"]) == ("v1.1.0", "aggregate")
    (document,) = load_documents(text)
    assert odps.validate(document).valid
    assert apply(text).action == "unchanged"


def test_a_known_domain_follows_a_move_and_an_unknown_one_stays_as_it_was_written() -> None:
    apply(GIVEN.replace("Transport Management", "sandbox"))
    assert descriptor_of(product())[0]["domain"] == "sandbox"

    DataProduct.objects.update(domain=DomainFactory(path="logistics"))

    assert descriptor_of(product())[0]["domain"] == "logistics"


def test_terms_people_links_and_extra_fields_are_read_and_told() -> None:
    user = UserFactory(username="ada")
    apply(GIVEN)
    made = product()
    owner = made.owner
    made.terms.add(Term.objects.create(slug="order", name="Order", definition="x", owner=owner))
    Ownership.objects.create(product=made, kind="steward", user=user)
    Ownership.objects.create(product=made, kind="on-call", team=owner)
    made.links = [
        {"kind": "support", "label": "#orders", "url": "https://chat.example/orders"},
        {"kind": "repository", "label": "Code", "url": "https://git.example/orders"},
    ]
    made.extra = {"retention": 30}
    made.save()

    data, text = descriptor_of(made)

    read = odps.parse(data)
    assert {(each.username, each.role) for each in read.members or ()} == {
        ("ceo", "Owner"),
        ("ada", "steward"),
        ("team:platform", "on-call"),
    }
    assert read.links == (
        ("support", "#orders", "https://chat.example/orders"),
        ("repository", "Code", "https://git.example/orders"),
    )
    assert data["support"][0]["tool"] == "slack"
    assert read.custom_properties["terms"] == ["order"]
    assert read.custom_properties["extra.retention"] == 30
    assert read.custom_properties["costCentre"] == {"code": 7, "owner": "ada"}
    assert apply(text).action == "unchanged"


names = st.text("abcdefghijk -", max_size=12).map(lambda text: f"thing {text}".strip())
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf"]), max_size=40)


@st.composite
def products(draw: Any) -> dict[str, Any]:
    """Values of a form."""
    ports = draw(
        st.lists(
            st.tuples(st.sampled_from(["a", "b", "c-d"]), st.integers(0, 3)),
            unique=True,
            max_size=4,
        )
    )
    inputs = draw(
        st.lists(st.tuples(names, st.sampled_from(["", "1.0.0"])), unique=True, max_size=3)
    )
    links = st.builds(
        LinkData,
        kind=st.sampled_from(["repository", "support", "dashboard", "other"]),
        label=texts.filter(bool),
        url=st.integers(0, 99).map(lambda n: f"https://x.example/{n}"),
    )
    return {
        "name": draw(names),
        "purpose": draw(texts),
        "description": draw(texts),
        "usage": draw(texts),
        "archetype": draw(st.sampled_from(["", "aggregate", "source-aligned"])),
        "visibility": draw(st.sampled_from(["company", "domain", "restricted"])),
        "version": draw(st.sampled_from(["", "1.0.0", "2.1"])),
        "tags": tuple(draw(st.lists(texts.filter(bool), max_size=3))),
        "ports": tuple(
            PortData(
                name=name,
                major=major,
                title=draw(st.sampled_from(["", "Orders table", name.upper()])),
                requestable=draw(st.booleans()),
            )
            for name, major in ports
        ),
        "inputs": tuple(InputData(name, version) for name, version in inputs),
        "extra": draw(st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 9))),
        "links": tuple(draw(st.lists(links, max_size=3, unique_by=lambda each: each.url))),
    }


def form(**values: Any) -> ProductData:
    place = DomainFactory._meta.model.objects.get(path="sandbox")
    team = TeamFactory._meta.model.objects.get(slug="platform")
    return ProductData(document_id="orders-1", domain=place, owner=team, **values)


def whole(values: dict[str, Any]) -> None:
    put_product(data=form(**values), actor=system_actor())


@QUICK
@given(first=products(), second=products(), as_code=st.booleans())
def test_any_product_goes_out_and_comes_in_without_a_difference(
    first: dict[str, Any], second: dict[str, Any], *, as_code: bool
) -> None:
    DataProduct.objects.all().delete()
    if as_code:
        apply(GIVEN)
    whole(first)
    _check()
    whole(second)
    _check()


def _check() -> None:
    data, text = descriptor_of(product())
    (document,) = load_documents(text)
    assert odps.validate(document).problems == ()
    assert document.data == data
    assert apply(text).action == "unchanged"
    assert descriptor_of(product()) == (data, text)
    assert dump_yaml(data) == text or text == GIVEN


@QUICK
@given(values=products())
def test_an_export_makes_the_same_product_elsewhere(values: dict[str, Any]) -> None:
    DataProduct.objects.all().delete()
    whole(values)
    data, text = descriptor_of(product())
    DataProduct.objects.all().delete()

    assert apply(text).action == "create"

    assert descriptor_of(product()) == (data, text)
