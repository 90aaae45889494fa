"""A breaking change on a published port asks for a new major version or a date."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import system_actor
from catalog.contracts import services as contracts
from catalog.contracts.models import ContractVersion
from catalog.products import services
from catalog.products.descriptors import process
from catalog.products.descriptors.export import descriptor_of
from catalog.products.models import DataProduct, OutputPort, Revision
from catalog.products.services import InputData, PortData, ProductData
from catalog.search.models import SearchEntry
from core.errors import DomainError, Invalid
from core.models import OutboxEvent
from tests.factories import DomainFactory, TeamFactory, actor_for, member_of
from tests.factories.documents import contract_data, document, product_data, stream

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
LATER = TODAY + dt.timedelta(days=30)
ACTOR = system_actor()


@pytest.fixture
def team():
    return TeamFactory(slug="sales", domain=DomainFactory(path="sales", name="Sales"))


def without(*names: str) -> list[dict]:
    """The schema of the contract without some columns."""
    (table,) = contract_data()["schema"]
    kept = [each for each in table["properties"] if each["name"] not in names]
    return [{**table, "properties": kept}]


@pytest.fixture
def versions(team) -> dict[str, ContractVersion]:
    """1.0.0; 1.1.0 that only adds; 2.0.0 that takes two columns away."""
    (table,) = contract_data()["schema"]
    more = [*table["properties"], {"name": "note", "logicalType": "string"}]
    found = {}
    for version, schema in (
        ("1.0.0", [table]),
        ("1.1.0", [{**table, "properties": more}]),
        ("2.0.0", without("amount", "address")),
    ):
        given = document(contract_data(version=version, schema=schema))
        found[version], _ = contracts.save_version(
            document=given, actor=ACTOR, owner=team, domain=team.domain
        )
    return found


@pytest.fixture
def data(team, versions) -> ProductData:
    return ProductData(
        document_id="orders",
        name="Orders",
        domain=team.domain,
        owner=team,
        purpose="All orders",
        status="active",
        ports=(port("1.0.0"),),
    )


def port(contract_version: str, **values) -> PortData:
    return PortData(
        "table", contract_id="orders-contract", contract_version=contract_version, **values
    )


def put(data: ProductData, **values):
    return services.put_product(data=replace(data, **values), actor=ACTOR)


def refused(data: ProductData, **values) -> list:
    before = list(Revision.objects.values("pk", "snapshot"))
    with pytest.raises(Invalid) as refusal:
        put(data, **values)
    assert list(Revision.objects.values("pk", "snapshot")) == before
    return list(refusal.value.problems)


def present() -> tuple[str, str | None, dt.date | None]:
    row = OutputPort.objects.select_related("contract_version", "next_contract_version").get(
        product__document_id="orders"
    )
    coming = row.next_contract_version
    return row.contract_version.version, coming and coming.version, row.next_version_on


def test_a_breaking_move_of_a_published_port_is_refused_with_the_mend(data):
    put(data)
    reader = replace(data, document_id="reader", name="Reader", status="draft", ports=())
    put(reader, inputs=(InputData("orders", "1.0.0", "orders-contract"),))

    (problem,) = refused(data, ports=(port("2.0.0"),))

    assert (problem.code, problem.pointer) == ("breaking-change", "/ports/0/contractId")
    assert "amount" in problem.message
    assert "1 input port of other products and 0 consumers read it" in problem.message
    assert "new major version" in problem.message
    assert "`breakingFrom`" in problem.message
    assert present() == ("1.0.0", None, None)


def test_a_move_that_breaks_nobody_goes_at_once(data):
    put(data)

    assert put(data, ports=(port("1.1.0"),)).action == "update"
    assert present() == ("1.1.0", None, None)


def test_drafts_move_as_they_like(data):
    put(data, status="draft")

    put(data, status="draft", ports=(port("2.0.0"),))

    assert present() == ("2.0.0", None, None)


def test_a_new_major_version_may_break(data):
    put(data)
    second = replace(port("2.0.0"), major=2)

    put(data, ports=(*data.ports, second))

    assert OutputPort.objects.count() == 2


def test_an_announced_move_waits_for_its_day_and_is_told(data):
    put(data)

    saved = put(data, ports=(port("2.0.0", breaking_from=LATER),))

    assert present() == ("1.0.0", "2.0.0", LATER)
    assert [dict(each) for each in saved.changes] == [
        {"field": "port table@1", "from": None, "to": f"contract 2.0.0 from {LATER.isoformat()}"}
    ]
    event = OutboxEvent.objects.get(topic="port.change-announced")
    assert (event.payload["level"], event.payload["changes"]) == ("breaking", 2)
    assert (event.payload["to"], event.payload["on"]) == ("2.0.0", LATER.isoformat())


def test_the_same_again_is_unchanged_also_without_the_date(data):
    put(data)
    put(data, ports=(port("2.0.0", breaking_from=LATER),))

    assert put(data, ports=(port("2.0.0", breaking_from=LATER),)).action == "unchanged"
    assert put(data, ports=(port("2.0.0"),)).action == "unchanged"
    assert OutboxEvent.objects.filter(topic="port.change-announced").count() == 1


def test_a_day_that_is_too_near_is_refused(data):
    put(data)
    near = timezone.now().date() + dt.timedelta(days=13)

    (problem,) = refused(data, ports=(port("2.0.0", breaking_from=near),))

    assert problem.code == "grace-too-short"
    assert problem.pointer == "/ports/0/breakingFrom"


def test_an_announced_day_may_come_later_but_not_earlier(data):
    put(data)
    put(data, ports=(port("2.0.0", breaking_from=LATER),))
    OutputPort.objects.update(next_version_on=TODAY + dt.timedelta(days=5))

    sooner = TODAY + dt.timedelta(days=4)
    (problem,) = refused(data, ports=(port("2.0.0", breaking_from=sooner),))
    put(data, ports=(port("2.0.0", breaking_from=TODAY + dt.timedelta(days=6)),))

    assert problem.code == "grace-too-short"
    assert present() == ("1.0.0", "2.0.0", TODAY + dt.timedelta(days=6))


def test_a_move_that_breaks_nobody_ends_the_announcement(data):
    put(data)
    put(data, ports=(port("2.0.0", breaking_from=LATER),))

    put(data, ports=(port("1.1.0"),))

    assert present() == ("1.1.0", None, None)


def test_an_edit_of_something_else_keeps_the_announcement(data):
    product = put(data).product
    put(data, ports=(port("2.0.0", breaking_from=LATER),))

    services.edit_product(product=product, values={"purpose": "Every order"}, actor=ACTOR)

    assert present() == ("1.0.0", "2.0.0", LATER)


def test_on_its_day_the_port_moves_and_everybody_is_told(data):
    product = put(data).product
    put(data, ports=(port("2.0.0", version="1.4.0", breaking_from=LATER),))
    assert services.apply_due_versions() == 0
    OutputPort.objects.update(next_version_on=TODAY)
    OutboxEvent.objects.all().delete()

    assert services.apply_due_versions() == 1
    assert services.apply_due_versions() == 0

    assert present() == ("2.0.0", None, None)
    assert OutputPort.objects.get().version == "1.4.0"
    assert "amount" not in SearchEntry.objects.get(kind="product").columns
    assert set(OutboxEvent.objects.values_list("topic", flat=True)) >= {
        "port.changed",
        "product.changed",
    }
    newest = product.revisions.first()
    assert (newest.number, newest.verb) == (3, "product.contract-in-effect")
    assert newest.changes == [
        {"field": "port table@1", "from": "contract 1.0.0", "to": "contract 2.0.0"}
    ]
    again = put(data, ports=(port("2.0.0", version="1.4.0", breaking_from=TODAY),))
    assert again.action == "unchanged"


@pytest.mark.parametrize("count", [1, 8])
def test_what_is_due_takes_as_many_statements_for_one_as_for_many(
    data, count, django_assert_max_num_queries
):
    for at in range(count):
        put(data, document_id=f"p{at}", name=f"P {at}")
    OutputPort.objects.update(
        next_contract_version=ContractVersion.objects.get(version="2.0.0"), next_version_on=TODAY
    )

    with django_assert_max_num_queries(40):
        assert services.apply_due_versions() == count


def test_a_day_without_a_version_cannot_be_stored(data):
    put(data)

    with pytest.raises(IntegrityError), transaction.atomic():
        OutputPort.objects.update(next_version_on=TODAY)


def test_a_published_port_that_others_read_stays(data):
    put(data, ports=(*data.ports, replace(port("1.0.0"), name="view")))
    reader = replace(data, document_id="reader", name="Reader", status="draft", ports=())
    put(reader, inputs=(InputData("orders", "1.0.0", "orders-contract"),))
    read = OutputPort.objects.get(consumers__isnull=False)
    others = tuple(each for each in (*data.ports, replace(port("1.0.0"), name="view")))
    kept = tuple(each for each in others if each.name != read.name)

    (problem,) = refused(data, ports=kept)

    assert (problem.code, problem.pointer) == ("port-in-use", "/ports")
    assert "1 input port of other products read" in problem.message


def test_a_draft_contract_that_a_published_port_offers_does_not_break_under_it(data, team):
    given = contract_data(id="loose", status="draft")
    contracts.save_version(document=document(given), actor=ACTOR, owner=team, domain=team.domain)
    put(data, ports=(PortData("table", contract_id="loose"),))

    def replaced(**values):
        return contracts.save_version(
            document=document({**given, **values}), actor=ACTOR, owner=team, domain=team.domain
        )

    with pytest.raises(DomainError) as refusal:
        replaced(schema=without("amount"))
    assert refusal.value.code == "breaking-change"
    assert replaced(name="Loose orders")[1] == "update"


def apply(*documents, mode="apply"):
    return process(text=stream(*documents), mode=mode, actor=ACTOR, domain="sales", team="sales")


def odps(contract_version: str, **properties):
    values = {"contractVersion": contract_version, **properties}
    port = {
        "name": "table",
        "version": "1.0.0",
        "type": "postgresql",
        "contractId": "orders-contract",
        "customProperties": [{"property": k, "value": v} for k, v in values.items()],
    }
    return product_data(id="orders", outputPorts=[port])


def test_a_descriptor_announces_and_comes_back_with_the_date(data):
    assert apply(odps("1.0.0")).documents[0].action == "create"
    (blocked,) = apply(odps("2.0.0")).documents
    assert (blocked.action, blocked.valid) == ("refused", True)
    assert [each.pointer for each in blocked.problems] == ["/outputPorts/0/contractId"]

    announced = odps("2.0.0", breakingFrom=LATER.isoformat())
    (planned,) = apply(announced, mode="plan").documents
    (done,) = apply(announced).documents

    assert planned.changes == done.changes
    assert {"contract 2.0.0 from " + LATER.isoformat()} < {each["to"] for each in done.changes}
    product = DataProduct.objects.select_related("domain", "owner").get()
    exported, _ = descriptor_of(product)
    assert exported["outputPorts"] == announced["outputPorts"]
    assert apply(exported).documents[0].action == "unchanged"
    assert apply(odps("2.0.0")).documents[0].action == "unchanged"


def test_the_dates_are_shown_to_consumers(data, client):
    put(data)
    product = put(data, ports=(port("2.0.0", breaking_from=LATER),)).product
    client.force_login(member_of(TeamFactory()))
    row = OutputPort.objects.get()
    words = f"{LATER.day} {LATER:%B} {LATER.year}"

    for url in (
        product.get_absolute_url(),
        f"{product.get_absolute_url()}?tab=contract",
        row.get_absolute_url(),
    ):
        text = " ".join(client.get(url).content.decode().split())
        assert f"Contract 2.0.0 takes effect on {words}: 2 breaking changes." in text
        assert "from=1.0.0" in text


def test_rest_tells_what_comes(data, client):
    put(data)
    product = put(data, ports=(port("2.0.0", breaking_from=LATER),)).product
    client.force_login(member_of(TeamFactory()))

    (read,) = client.get(f"/api/v1/products/{product.fqn}").json()["output_ports"]

    assert read["contract"]["version"] == "1.0.0"
    assert read["next"] == {"version": "2.0.0", "on": LATER.isoformat()}


def test_who_may_not_change_the_product_announces_nothing(data):
    put(data)
    outsider = actor_for(member_of(TeamFactory()))

    with pytest.raises(DomainError):
        services.put_product(
            data=replace(data, ports=(port("2.0.0", breaking_from=LATER),)), actor=outsider
        )

    assert present() == ("1.0.0", None, None)
