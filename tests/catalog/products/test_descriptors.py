"""Descriptors in: validate, plan, apply (INTERFACE §4, §4a)."""

import pytest

from accounts.actors import system_actor
from catalog.contracts.models import ContractVersion, DataContract
from catalog.products.descriptors import TooLarge, process
from catalog.products.models import DataProduct
from catalog.search.selectors import SearchQueryData, find
from tests.database import checksum
from tests.factories import DomainFactory, TeamFactory, UserFactory, actor_for, member_of
from tests.factories.documents import contract_data, product_data, stream

pytestmark = pytest.mark.django_db
TABLES = (
    "products_dataproduct",
    "products_outputport",
    "products_inputport",
    "contracts_datacontract",
    "contracts_contractversion",
    "contracts_schemaproperty",
    "contracts_qualityrule",
    "search_searchentry",
    "core_outboxevent",
    "core_auditevent",
)


@pytest.fixture(autouse=True)
def places():
    domain = DomainFactory(path="sandbox", name="Sandbox")
    return TeamFactory(slug="platform", name="Platform Team", domain=domain)


def run(text, mode="apply", actor=None, **values):
    values = {"domain": "sandbox", "team": "platform", **values}
    return process(text=text, mode=mode, actor=actor or system_actor(), **values)


def actions(report):
    return [document.action for document in report.documents]


def codes(report):
    return [problem.code for document in report.documents for problem in document.problems]


@pytest.mark.smoke
def test_a_product_may_stand_before_its_contract():
    report = run(stream(product_data(), contract_data()))

    assert actions(report) == ["create", "create"]
    assert [document.kind for document in report.documents] == ["DataProduct", "DataContract"]
    port = DataProduct.objects.get().output_ports.get()
    assert port.contract_version.version == "1.0.0"
    page = find(system_actor(), SearchQueryData(text="order_id"))
    assert [(hit.kind, hit.fqn) for hit in page.rows] == [("product", "sandbox.orders")]


def test_the_same_stream_again_is_unchanged():
    text = stream(contract_data(), product_data())
    run(text)
    before = checksum(TABLES)

    report = run(text)

    assert actions(report) == ["unchanged", "unchanged"]
    assert checksum(TABLES) == before


def test_changes_name_field_and_values():
    run(stream(contract_data(), product_data()))

    report = run(
        stream(
            product_data(
                description={"purpose": "Other"},
                outputPorts=[{"name": "view", "version": "1.0.0", "contractId": "orders-contract"}],
            )
        ),
        mode="plan",
    )

    (document,) = report.documents
    assert document.action == "update"
    changes = {change["field"]: change["to"] for change in document.changes}
    assert changes == {
        "purpose": "Other",
        "document": None,
        "port view@1": "added",
        "port table@1": None,
    }


@pytest.mark.parametrize("mode", ["validate", "plan"])
def test_only_apply_writes(mode):
    before = checksum(TABLES)

    report = run(stream(contract_data(), product_data()), mode=mode)

    assert report.valid
    assert actions(report) == ["create", "create"]
    assert checksum(TABLES) == before


@pytest.mark.smoke
def test_one_refused_document_and_nothing_changes():
    before = checksum(TABLES)
    broken = contract_data(id="broken", schema=[{"logicalType": "object"}])

    report = run(stream(contract_data(), broken, product_data()))

    assert actions(report) == ["create", "refused", "create"]
    assert not report.applied
    assert checksum(TABLES) == before


def test_with_skip_the_right_ones_are_taken():
    broken = contract_data(id="broken", schema=[{"logicalType": "object"}])

    report = run(stream(contract_data(), broken, product_data()), on_error="skip")

    assert report.applied
    assert actions(report) == ["create", "refused", "create"]
    assert DataContract.objects.count() == 1
    assert DataProduct.objects.count() == 1


def test_a_problem_says_where_it_stands_in_the_stream():
    broken = contract_data(id="broken", schema=[{"logicalType": "object"}])
    text = stream(contract_data(), broken)

    report = run(text)

    (problem,) = report.documents[1].problems
    assert problem.pointer == "/schema/0"
    assert text.decode().splitlines()[problem.line - 1] == "- logicalType: object"


def test_a_product_of_a_refused_contract_is_refused_too():
    broken = contract_data(schema=[{"logicalType": "object"}])

    report = run(stream(broken, product_data()), on_error="skip")

    assert actions(report) == ["refused", "refused"]
    assert codes(report) == ["missing-field", "unknown-contract"]
    assert report.documents[1].valid
    assert report.documents[1].problems[0].pointer == "/outputPorts/0/contractId"


@pytest.mark.parametrize(
    ("values", "options", "code"),
    [
        ({"domain": "nowhere"}, {"domain": None}, "unknown-domain"),
        ({}, {"domain": None}, "domain-missing"),
        ({}, {"team": None}, "owner-missing"),
        ({"team": {"name": "Nobody"}}, {"team": None}, "owner-missing"),
        ({}, {"team": "nobody"}, "unknown-team"),
    ],
)
def test_what_depends_on_the_portal_refuses_but_never_makes_invalid(values, options, code):
    text = stream(contract_data(**values))

    applied = run(text, **options)
    validated = run(text, mode="validate", **options)

    assert (applied.valid, actions(applied), codes(applied)) == (True, ["refused"], [code])
    assert (validated.valid, actions(validated)) == (True, ["create"])
    assert [problem.severity for problem in validated.documents[0].problems] == ["warning"]
    assert not DataContract.objects.exists()


def test_what_a_document_names_comes_before_the_options():
    team = TeamFactory(slug="sales-data", name="Sales Data")
    DomainFactory(path="sales")

    run(stream(contract_data(domain="sales", team={"name": "sales data"})))

    contract = DataContract.objects.get()
    assert (contract.domain.path, contract.owner) == ("sales", team)


def test_the_callers_only_team_owns_what_names_none(places):
    user = member_of(places)

    report = run(stream(contract_data()), actor=actor_for(user), team=None)

    assert actions(report) == ["create"]
    assert DataContract.objects.get().owner == places


def test_who_may_not_act_for_the_team_is_refused_and_nothing_changes():
    before = checksum(TABLES)

    report = run(stream(contract_data()), actor=actor_for(UserFactory()))

    assert codes(report) == ["not-allowed"]
    assert checksum(TABLES) == before


def test_an_id_of_another_team_is_refused():
    run(stream(contract_data(), product_data()))
    other = TeamFactory(slug="other")
    before = checksum(TABLES)

    report = run(
        stream(contract_data(version="2.0.0"), product_data(name="Mine")),
        actor=actor_for(member_of(other)),
        team="other",
    )

    assert codes(report) == ["id-owned-elsewhere", "id-owned-elsewhere"]
    assert checksum(TABLES) == before


def test_a_published_version_with_other_content_is_refused():
    run(stream(contract_data()))

    report = run(stream(contract_data(name="Other")))

    assert codes(report) == ["version-content-differs"]
    assert ContractVersion.objects.get().document["name"] == "Orders contract"


def test_the_same_id_and_version_twice_in_one_call_is_refused():
    report = run(stream(contract_data(), contract_data(), contract_data(version="2.0.0")))

    assert actions(report) == ["create", "refused", "create"]
    assert codes(report) == ["duplicate-document"]
    assert report.valid


def test_two_ports_of_one_name_and_major_are_refused():
    ports = [{"name": "table", "version": "1.0.0"}, {"name": "table", "version": "v1.9"}]

    report = run(stream(product_data(outputPorts=ports)))

    assert codes(report) == ["port-major-clash"]
    assert not report.valid


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"kind: SomethingElse\nid: x", "unknown-kind"),
        (b"- 1\n- 2", "unknown-kind"),
        (b"{", "not-yaml"),
        (b'{"a": ', "not-json"),
        (b"a: &x 1\nb: *x", "not-allowed"),
    ],
)
def test_what_is_no_descriptor_is_refused_and_nothing_changes(text, code):
    before = checksum(TABLES)

    report = run(text)

    assert actions(report) == ["refused"]
    assert not report.valid
    assert report.documents[0].problems
    assert checksum(TABLES) == before


def test_too_much_is_refused_before_it_is_read():
    with pytest.raises(TooLarge) as refusal:
        run(b"a: " + b"x" * (33 * 2**20))

    assert refusal.value.status == 413


def test_the_slug_of_a_custom_property_counts_and_a_hostile_one_is_refused():
    named = [{"property": "slug", "value": "all-orders"}]
    hostile = [{"property": "slug", "value": "pg-catalog"}]
    run(stream(contract_data(), product_data(customProperties=named)))

    report = run(stream(product_data(customProperties=hostile)))

    assert DataProduct.objects.get().fqn == "sandbox.all-orders"
    assert codes(report) == ["reserved-name"]
    assert report.documents[0].problems[0].pointer == "/customProperties"
