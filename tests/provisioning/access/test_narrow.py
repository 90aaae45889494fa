"""Less than everything: columns and conditions, from the form to the rows that come back."""

import psycopg
import pytest
from django.urls import reverse

from catalog.governance.models import ClassificationLevel
from core.errors import Invalid
from provisioning.access.formats.narrow import narrow_in_words, read_narrow
from provisioning.access.models import Grant
from provisioning.access.services import request_extension, reveal_credential
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import ContractVersionFactory
from tests.provisioning.access.conftest import in_days, read
from tests.provisioning.access.test_pages import ask_url, filled, signed_in
from tests.provisioning.access.test_rest import body, caller

SHAPE = {
    "orders": {"order_id": "string", "amount": "integer", "at": "date", "raw": "object"},
    "lines": {"paid": "boolean", "price": "number", "seen": "timestamp", "odd": ""},
}


@pytest.fixture
def described(company):
    """The port's contract describes its table."""
    version = ContractVersionFactory(contract__owner=company.sales)
    orders = version.objects_described.create(name="orders", position=0)
    for n, (name, kind) in enumerate([("order_id", "string"), ("amount", "integer")]):
        orders.properties.create(position=n, path=name, name=name, logical_type=kind)
    company.port.contract, company.port.contract_version = version.contract, version
    company.port.save()
    return company


def row(operator, *values, column="amount"):
    return {"column": column, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    "given",
    [
        {"orders": {"columns": ["amount"]}},
        {"orders": {"rows": [row("at-most", 12)]}},
        {"orders": {"rows": [row("in", "1", "2"), row("is-null")]}},
        {"orders": {"rows": [row("equals", "2026-11-26", column="at")]}},
        {"orders": {"rows": [row("is-not-null", column="raw")]}},
        {
            "lines": {
                "rows": [
                    row("equals", True, column="paid"),
                    row("less", 1.5, column="price"),
                    row("greater", "2026-11-26T10:00:00+00:00", column="seen"),
                    row("equals", "x", column="odd"),
                ]
            }
        },
    ],
)
def test_what_fits_the_contract_is_taken_as_it_is(given):
    assert read_narrow(given, SHAPE) == (given, [])


@pytest.mark.parametrize("given", [None, {}, {"orders": {}}, {"orders": {"columns": []}}])
def test_nothing_said_is_everything(given):
    assert read_narrow(given, SHAPE) == ({}, [])


def test_all_columns_are_no_restriction():
    assert read_narrow({"orders": {"columns": list(SHAPE["orders"])}}, SHAPE) == ({}, [])


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        ([], "/narrow", "not-an-object"),
        ({"none": {}}, "/narrow/none", "unknown-object"),
        ({"orders": []}, "/narrow/orders", "not-an-object"),
        ({"orders": {"sql": "1=1"}}, "/narrow/orders", "not-an-object"),
        ({"orders": {"columns": "amount"}}, "/narrow/orders/columns", "not-a-list"),
        ({"orders": {"columns": ["no"]}}, "/narrow/orders/columns", "unknown-column"),
        ({"orders": {"rows": {}}}, "/narrow/orders/rows", "not-a-list"),
        ({"orders": {"rows": [row("equals", 1)] * 21}}, "/narrow/orders/rows", "not-a-list"),
        ({"orders": {"rows": ["x"]}}, "/narrow/orders/rows/0", "not-an-object"),
        (
            {"orders": {"rows": [row("equals", 1, column="no")]}},
            "/narrow/orders/rows/0/column",
            "unknown-column",
        ),
        (
            {"orders": {"rows": [row("like", "%")]}},
            "/narrow/orders/rows/0/operator",
            "unknown-operator",
        ),
        *(
            ({"orders": {"rows": [each]}}, "/narrow/orders/rows/0/values", code)
            for each, code in [
                (row("equals"), "number-of-values"),
                (row("equals", 1, 2), "number-of-values"),
                (row("in"), "number-of-values"),
                (row("is-null", 1), "no-values"),
                (row("equals", "twelve"), "wrong-type"),
                (row("equals", 1.5), "wrong-type"),
                (row("equals", True), "wrong-type"),
                (row("equals", "31 Feb", column="at"), "wrong-type"),
                (row("equals", {}, column="order_id"), "wrong-type"),
                (row("equals", "a\0b", column="order_id"), "wrong-type"),
                (row("equals", "x" * 1001, column="order_id"), "wrong-type"),
                (row("in", *range(1001)), "not-a-list"),
                (row("equals", "{}", column="raw"), "not-comparable"),
            ]
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(given, pointer, code):
    narrow, problems = read_narrow(given, SHAPE)

    assert narrow == {}
    assert [(each.pointer, each.code) for each in problems] == [(pointer, code)]


def test_it_reads_like_a_sentence():
    narrow = {"orders": {"columns": ["amount"], "rows": [row("in", 1, 2), row("is-null")]}}

    assert narrow_in_words(narrow) == [
        "orders: only amount",
        "orders: amount is one of 1, 2",
        "orders: amount is missing",
    ]


def test_from_the_form_to_the_rows_that_come_back(described, settings):
    client, url = signed_in(described.consumer), ask_url(described)
    form = client.get(url).content.decode()
    assert 'name="only-0" value="amount"' in form
    values = {
        "only-0": ["order_id", "amount"],
        "row-0-column": "0.amount",
        "row-0-operator": "at-most",
    }

    wrong = client.post(url, filled(described, **values, **{"row-0-values": "few"}))
    sent = client.post(url, filled(described, **values, **{"row-0-values": "12"}))

    assert wrong.status_code == 422
    assert "is no value of a column of type integer" in wrong.content.decode()
    assert 'value="few"' in wrong.content.decode()
    assert sent.status_code == 302
    request = Request.objects.get()
    assert request.parameters["narrow"] == {"orders": {"rows": [row("at-most", "12")]}}
    told = client.get(request.get_absolute_url()).content.decode()
    assert "orders: amount is at most 12" in told
    decide(request=request, actor=described.owns, approve=True, note="")
    run_due()
    grant = Grant.objects.get()
    shown = reveal_credential(grant=grant, actor=described.asks)
    assert read(shown.dsn, described.port) == [("A-1", 12)]
    assert look_at(grant.instance) == []
    page = client.get(grant.get_absolute_url()).content.decode()
    assert "orders: amount is at most 12" in page


def test_more_time_is_not_more_data(described, ask):
    narrow = {"orders": {"columns": ["order_id"], "rows": [row("greater", 20)]}}
    decide(request=ask(narrow=narrow), actor=described.owns, approve=True, note="")
    run_due()
    grant = Grant.objects.get()
    shown = reveal_credential(grant=grant, actor=described.asks)
    longer = request_extension(
        grant=grant, purpose=grant.purpose, until=in_days(90), actor=described.asks
    )
    decide(request=longer, actor=described.owns, approve=True, note="")
    run_due()

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        read(shown.dsn, described.port)
    with psycopg.connect(shown.dsn) as conn:
        table = f"{described.port.location['schema']}.orders"
        assert conn.execute(f"SELECT order_id FROM {table}").fetchall() == [("A-2",)]


def test_a_column_that_is_gone_when_it_is_decided_opens_nothing(described, ask):
    request = ask(narrow={"orders": {"rows": [row("greater", 20)]}})
    described.port.contract_version.objects_described.get().properties.filter(
        name="amount"
    ).delete()

    with pytest.raises(Invalid, match="has changed"):
        decide(request=request, actor=described.owns, approve=True, note="")
    assert not Grant.objects.exists()


def test_a_script_asks_for_less_and_sees_what_it_has(described):
    call = caller(described.consumer)
    narrow = {"orders": {"columns": ["order_id"]}}

    wrong = call("POST", "access-requests", body(described, narrow={"orders": {"columns": ["x"]}}))
    asked = call("POST", "access-requests", body(described, narrow=narrow))

    assert wrong.json()["problems"][0]["pointer"] == "/narrow/orders/columns"
    assert asked.status_code == 202
    decide(request=Request.objects.get(), actor=described.owns, approve=True, note="")
    assert call("GET", "grants").json()["results"][0]["narrow"] == narrow


def test_a_class_may_need_a_legal_basis(company, ask):
    level, _ = ClassificationLevel.objects.update_or_create(
        slug="restricted", defaults={"name": "Restricted", "rank": 40, "needs_legal_basis": True}
    )
    company.port.product.classification = level.slug
    company.port.product.save()
    client, url = signed_in(company.consumer), ask_url(company)

    assert "Performance of a contract" in client.get(url).content.decode()
    wrong = client.post(url, filled(company))
    strange = client.post(url, filled(company, legal_basis="because"))
    right = client.post(url, filled(company, legal_basis="contract"))

    assert "needs one: choose it" in wrong.content.decode()
    assert strange.status_code == 422
    assert right.status_code == 302
    decide(request=Request.objects.get(), actor=company.owns, approve=True, note="")
    grant = Grant.objects.get()
    assert grant.legal_basis == "contract"
    page = signed_in(company.owner).get(grant.get_absolute_url()).content.decode()
    assert "Performance of a contract" in page


def test_where_none_is_needed_none_is_asked_for(company):
    page = signed_in(company.consumer).get(f"{reverse('access:ask')}?port={company.port.fqn}")

    assert "Legal basis" not in page.content.decode()
