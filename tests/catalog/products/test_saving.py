"""Products: names, ports, contracts, renames."""

from dataclasses import replace

import pytest

from accounts.actors import system_actor
from catalog.contracts.policies import IdOwnedElsewhere
from catalog.products import extensions, services
from catalog.products.models import DataProduct, OutputPort
from catalog.products.selectors import port_by_fqn, product_by_fqn
from catalog.products.services import InputData, PortData
from catalog.products.states import ProductStatus
from catalog.search.models import SearchEntry
from core.errors import Invalid, NotAllowed
from core.models import OutboxEvent
from tests.catalog.products.conftest import codes
from tests.factories import (
    ContractVersionFactory,
    DomainFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


def save(data):
    return services.save_product(data=data, actor=system_actor())


def test_a_new_product_is_a_draft_and_found_by_its_team_at_once(data):
    product, action = save(data)

    assert (action, product.status) == ("create", ProductStatus.DRAFT)
    assert product.fqn == f"{data.domain.path}.orders"
    row = SearchEntry.objects.get()
    assert (row.fqn, row.listed) == (product.fqn, False)
    assert OutboxEvent.objects.filter(topic="product.changed").count() == 1


def test_the_same_data_again_changes_nothing(data):
    version = ContractVersionFactory()
    port = PortData("table", contract_id=version.contract.document_id, datasets=(("n", "a"),))
    full = replace(data, ports=(port,), inputs=(InputData("raw"),))
    save(full)
    events = OutboxEvent.objects.count()

    _, action = save(full)

    assert action == "unchanged"
    assert OutboxEvent.objects.count() == events


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Net Revenue (EU)", "net-revenue-eu"),
        ("2024 orders", "p-2024-orders"),
        ("Café", "cafe"),
        ("x" * 200, "x" * 63),
        ("注文", "orders"),  # the id gives it
        ("оrders", "orders"),  # begins with a Cyrillic letter: not made into “rders”
    ],
)
def test_the_slug_is_made_from_the_name(data, name, slug):
    product, _ = save(replace(data, name=name))

    assert product.slug == slug


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ('"; drop schema public', "bad-slug"),
        ("pg_catalog", "bad-slug"),
        ("pg-catalog", "reserved-name"),
        ("a" * 64, "bad-slug"),
        ("Orders", "bad-slug"),
        ("9-lives", "bad-slug"),
        ("оrders", "bad-slug"),
        ("admin", "reserved-name"),
        ("new", "reserved-name"),
        ("api", "reserved-name"),
    ],
)
def test_hostile_and_reserved_slugs_are_refused(data, slug, code):
    with pytest.raises(Invalid) as refusal:
        save(replace(data, slug=slug))

    assert codes(refusal) == [code]
    assert not DataProduct.objects.exists()
    assert not SearchEntry.objects.exists()


def test_a_taken_name_is_refused(data):
    save(data)

    with pytest.raises(Invalid) as refusal:
        save(replace(data, document_id="other"))

    assert codes(refusal) == ["name-taken"]


def test_a_product_may_not_be_called_like_a_domain(data):
    DomainFactory(path=f"{data.domain.path}.orders")

    with pytest.raises(Invalid) as refusal:
        save(data)

    assert codes(refusal) == ["name-taken"]


def test_a_rename_moves_the_ports_and_leaves_a_redirect(data):
    product, _ = save(replace(data, ports=(PortData("table"),)))
    former = product.fqn
    actor = system_actor()

    renamed, action = save(replace(data, name="All orders", ports=(PortData("table"),)))

    assert (action, renamed.pk) == ("update", product.pk)
    assert product_by_fqn(actor, former).fqn == f"{data.domain.path}.all-orders"
    assert port_by_fqn(actor, f"{former}/table@1").fqn == f"{renamed.fqn}/table@1"
    with pytest.raises(Invalid) as refusal:
        save(replace(data, document_id="other"))
    assert codes(refusal) == ["name-taken"]


def test_a_name_can_be_taken_back(data):
    save(data)
    save(replace(data, name="All orders"))

    product, _ = save(data)

    assert product.fqn == f"{data.domain.path}.orders"
    assert product_by_fqn(system_actor(), f"{data.domain.path}.all-orders") == product


def test_an_unknown_contract_is_refused(data):
    with pytest.raises(Invalid) as refusal:
        save(replace(data, ports=(PortData("table", contract_id="nowhere"),)))

    assert codes(refusal) == ["unknown-contract"]
    assert not DataProduct.objects.exists()


def test_a_contract_that_one_may_not_see_is_unknown(data):
    version = ContractVersionFactory(contract__visibility="restricted")
    port = PortData("table", contract_id=version.contract.document_id)
    actor = actor_for(member_of(data.owner))

    with pytest.raises(Invalid) as refusal:
        services.save_product(data=replace(data, ports=(port,)), actor=actor)

    assert codes(refusal) == ["unknown-contract"]


def test_two_ports_of_one_name_and_major_clash(data):
    with pytest.raises(Invalid) as refusal:
        save(replace(data, ports=(PortData("table"), PortData("table"))))

    assert codes(refusal) == ["port-major-clash"]


def test_majors_live_side_by_side_each_with_its_contract_version(data):
    contract = ContractVersionFactory(version="1.2.0").contract
    ContractVersionFactory(contract=contract, version="2.0.0")
    ports = tuple(
        PortData("table", major, f"{major}.0.0", contract_id=contract.document_id)
        for major in (1, 2)
    )

    product, _ = save(replace(data, ports=ports))

    named = product.output_ports.order_by("major").values_list("contract_version__version")
    assert [version for (version,) in named] == ["1.2.0", "2.0.0"]


def test_ports_that_are_not_named_any_more_go_and_places_stay(data):
    location = {"schema": "dp_orders"}
    first = PortData("table", location=location, datasets=(("n", "a"),))
    save(replace(data, ports=(first, PortData("view"))))

    save(replace(data, ports=(PortData("table", description="new"),)))

    port = OutputPort.objects.get()
    assert (port.name, port.location, port.description) == ("table", location, "new")
    assert port.datasets.count() == 1


def test_columns_of_the_contract_find_the_product(data):
    version = ContractVersionFactory()
    described = version.objects_described.create(position=0, name="orders")
    described.properties.create(position=0, path="order_id", name="order_id")

    save(replace(data, ports=(PortData("t", contract_id=version.contract.document_id),)))

    assert SearchEntry.objects.get(kind="product").columns == ["order_id"]


def test_inputs_are_linked_to_the_port_with_their_contract_even_if_it_comes_later(
    data, monkeypatch
):
    links: dict = {}
    monkeypatch.setattr(extensions, "_links_handlers", [links.update])
    version = ContractVersionFactory()
    reader, _ = save(
        replace(data, inputs=(InputData("raw", "1.0.0", version.contract.document_id),))
    )
    assert links == {reader.pk: frozenset()}

    port = PortData("t", contract_id=version.contract.document_id)
    source, _ = save(replace(data, document_id="raw", name="Raw", ports=(port,)))

    assert links == {reader.pk: frozenset({source.pk})}
    assert reader.input_ports.get().source.product == source


def test_another_teams_id_is_refused(data):
    save(data)
    other = TeamFactory()

    with pytest.raises(IdOwnedElsewhere):
        services.save_product(
            data=replace(data, owner=other, purpose="mine"), actor=actor_for(member_of(other))
        )

    assert DataProduct.objects.get().purpose == "All orders"


def test_who_is_not_in_the_team_is_refused_and_nothing_changes(data):
    with pytest.raises(NotAllowed, match="Only team-"):
        services.save_product(data=data, actor=actor_for(UserFactory()))

    assert not DataProduct.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_a_retired_product_does_not_come_back(data):
    product = ProductFactory(document_id="orders", owner=data.owner, status="retired")

    with pytest.raises(Invalid) as refusal:
        save(replace(data, status="active"))

    assert codes(refusal) == ["invalid-transition"]
    product.refresh_from_db()
    assert product.status == "retired"
