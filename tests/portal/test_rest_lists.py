"""Ports, columns and the audit log by REST: what is in them, for whom, also as CSV."""

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.products.selectors.columns import COLUMN_ORDER, columns_where
from core.audit import record
from core.csv_rows import cell_at
from core.models import AuditEvent
from core.sealing import seal
from tests.clients import browser
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
from tests.portal.company import make_company

pytestmark = pytest.mark.django_db


def port_with(*columns: str, visibility: str = "company", domain=None, **given):
    version = ContractVersionFactory()
    team = TeamFactory(domain=domain or DomainFactory())
    port = PortFactory(
        product=ProductFactory(owner=team, visibility=visibility),
        contract=version.contract,
        contract_version=version,
        **given,
    )
    table = SchemaObject.objects.create(version=version, position=0, name="orders")
    for at, text in enumerate(columns):
        name, _, level = text.partition(":")
        SchemaProperty.objects.create(
            object=table, position=at, path=name, name=name, classification=level, tags=[name]
        )
    return port


def read(user, path: str):
    answer = browser(user).get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def as_csv(user, path: str) -> list[dict[str, str]]:
    answer = browser(user).get(f"/api/v1/{path}", headers={"accept": "text/csv"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_columns_are_those_of_ports_that_one_may_see():
    seen = port_with("mail:restricted", "size:public")
    hidden = port_with("mail:restricted", visibility="restricted")

    found = read(UserFactory(), "columns?count=true")
    owner = read(member_of(hidden.product.owner), "columns?classification=restricted&count=true")

    assert [(each["port"], each["path"]) for each in found["results"]] == [
        (seen.fqn, "mail"),
        (seen.fqn, "size"),
    ]
    assert found["count"] == 2  # what is hidden is not counted either
    assert {each["port"] for each in owner["results"]} == {seen.fqn, hidden.fqn}


def test_a_contract_that_two_ports_keep_is_listed_for_each_and_shows_no_hidden_one():
    first = port_with("mail:restricted")
    shared = {"contract": first.contract, "contract_version": first.contract_version}
    second = PortFactory(product=ProductFactory(), **shared)
    PortFactory(product=ProductFactory(visibility="restricted"), **shared)

    found = read(UserFactory(), "columns")["results"]

    assert sorted(each["port"] for each in found) == sorted([first.fqn, second.fqn])


def test_columns_are_paged_through_completely_and_filtered():
    sales = DomainFactory(path="sales")
    ports = [port_with("a:x", "b:y", "c:x", domain=sales) for _ in range(3)]
    port_with("a:x", domain=DomainFactory(path="salesforce"))
    user = UserFactory()

    rows, path = [], "columns?page_size=2&domain=sales"
    while path:
        page = read(user, path)
        rows += page["results"]
        path = page["next"] and page["next"].partition("/api/v1/")[2]

    assert sorted((each["port"], each["path"]) for each in rows) == sorted(
        (port.fqn, name) for port in ports for name in "abc"
    )
    for query, count in (
        ("classification=x", 7),
        ("tag=b", 3),
        (f"port={ports[0].fqn}", 3),
        (f"product={ports[0].product.fqn}&classification=y", 1),
        (f"team={ports[0].product.owner.slug}", 3),
        ("search=c", 3),
        ("classification=none", 0),
    ):
        assert len(read(user, f"columns?{query}")["results"]) == count, query


def test_more_rows_cost_columns_and_ports_no_more_statements():
    user = UserFactory()
    client = browser(user)
    counts = []
    for _ in range(2):
        for _ in range(4):
            port_with("a:x", "b:y")
        client.get("/api/v1/ports")
        with CaptureQueriesContext(connection) as asked:
            client.get("/api/v1/ports?count=true")
            client.get("/api/v1/columns?count=true")
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_ports_as_json_and_as_csv_say_the_same():
    port = port_with("a:x", technology="kafka")
    port_with("a:x", visibility="restricted")
    user = UserFactory()

    (row,) = read(user, "ports?technology=kafka")["results"]
    (line,) = as_csv(user, "ports")

    assert (row["fqn"], row["owner"], row["contract"]) == (
        port.fqn,
        port.product.owner.slug,
        str(port.contract_id),
    )
    assert line == {name: str(value) for name, value in row.items()}


@pytest.mark.parametrize("path", ["ports", "columns", "grants", "resources", "audit"])
def test_csv_says_its_columns_even_when_it_is_empty(path):
    answer = browser(UserFactory()).get(f"/api/v1/{path}?format=csv")

    header = b"".join(answer.streaming_content).decode().splitlines()[0]
    assert len(header.split(",")) > 5


def test_a_refusal_of_csv_is_a_problem_document():
    answer = browser(UserFactory()).get("/api/v1/audit?after=x", headers={"accept": "text/csv"})

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["problems"][0]["code"] == "bad-position"


def test_cells_that_a_spreadsheet_would_run_are_texts():
    PortFactory(product=ProductFactory(), title="=HYPERLINK(1)")

    (line,) = as_csv(UserFactory(), "ports")

    assert line["title"] == "'=HYPERLINK(1)"


def test_a_file_is_cut_with_a_word(monkeypatch):
    monkeypatch.setattr("core.csv_rows.EXPORT_CAP", 2)
    for _ in range(3):
        port_with("a:x")

    lines = as_csv(UserFactory(), "ports")

    assert len(lines) == 3
    assert lines[-1]["fqn"].startswith("Cut after 2 rows")


def test_deep_members_lists_and_nothing_in_cells():
    public = {"object": {"kind": "x"}, "tags": ["a", "b"], "none": None, "free": {"a": 1}}

    names = ("object.kind", "tags", "none", "free", "gone.deep")
    assert [cell_at(public, name) for name in names] == ["x", "a, b", None, '{"a": 1}', None]


@pytest.fixture
def logged():
    for actor, number in (("anna", 1), ("ben", 2), ("anna", 3)):
        record(actor=actor, verb="x.done", kind="thing", object_id=number, why="so")
    seal()


def test_those_who_govern_read_the_whole_audit_log_in_order(logged):
    steward = UserFactory(portal_role="steward")

    first = read(steward, "audit?kind=thing&page_size=2")
    rest = read(steward, f"audit?kind=thing&after={first['position']}")

    found = [each["object"]["id"] for each in first["results"] + rest["results"]]
    assert found == ["1", "2", "3"]
    assert first["next"] is not None
    assert rest["next"] is None
    assert rest["results"][0]["detail"] == {"why": "so"}
    assert [line["object.id"] for line in as_csv(steward, "audit?kind=thing")] == found
    assert read(steward, f"audit?after={rest['position']}")["position"] == rest["position"]


def test_others_read_what_they_did_and_what_others_did_is_as_nothing(logged):
    anna = UserFactory(username="anna")

    own = read(anna, "audit?kind=thing")
    of_ben = read(anna, "audit?kind=thing&actor=ben")
    of_nobody = read(anna, "audit?kind=thing&actor=nobody")

    assert [each["object"]["id"] for each in own["results"]] == ["1", "3"]
    assert of_ben == of_nobody
    assert of_ben["results"] == []
    assert [line["actor"] for line in as_csv(anna, "audit?kind=thing")] == ["anna", "anna"]


def test_a_log_that_is_whole_is_said_to_be_and_one_that_is_not_is_not(logged):
    steward = UserFactory(portal_role="steward")

    whole = read(steward, "audit/verify")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_auditevent SET actor = 'eve' WHERE actor = 'ben'")
    broken = read(steward, "audit/verify")

    assert (whole["intact"], whole["faults"]) == (True, [])
    assert whole["sealed"] >= 3
    assert broken["intact"] is False
    assert "is not what was sealed" in broken["faults"][0]


def test_the_position_of_now_can_be_asked_for():
    found = read(UserFactory(), "events?after=latest")

    assert found["results"] == []
    assert found["next"] is None


def test_the_same_call_sent_twice_is_done_once():
    company = make_company()
    client, headers = company.client("owner"), {"Idempotency-Key": "again"}
    path = f"/api/v1/operations/{company.operation.pk}/cancel"

    first, second = (client.post(path, headers=headers) for _ in range(2))
    other = client.post(path, {"a": 1}, content_type="application/json", headers=headers)

    assert first.status_code == 202, first.content
    assert second.json() == first.json()
    assert (second["Idempotent-Replayed"], second["Location"]) == ("true", first["Location"])
    assert other.status_code == 422
    assert AuditEvent.objects.filter(verb="operation.cancel-requested").count() == 1


def test_graphql_lists_the_same_columns_as_rest():
    user, seen = UserFactory(), port_with("mail:restricted", "size:public", "iban:restricted")
    port_with("secret:restricted", visibility="restricted")
    query = """{ columns(first: 1, classification: "restricted", after: %s) {
      edges { cursor node { path classification object port { fqn } } }
      pageInfo { hasNextPage }
    } }"""

    def page(after):
        body = {"query": query % json.dumps(after)}
        answer = browser(user).post("/graphql/", body, content_type="application/json").json()
        return answer["data"]["columns"]

    first = page(None)
    second = page(first["edges"][0]["cursor"])
    rest = read(user, "columns?classification=restricted")["results"]

    nodes = [each["node"] for found in (first, second) for each in found["edges"]]
    assert [(each["port"]["fqn"], each["path"], each["object"]) for each in nodes] == [
        (each["port"], each["path"], each["object"]) for each in rest
    ]
    assert [each["path"] for each in rest] == ["mail", "iban"]
    assert [each["pageInfo"]["hasNextPage"] for each in (first, second)] == [True, False]
    assert {each["port"]["fqn"] for each in nodes} == {seen.fqn}


MANY = """
INSERT INTO contracts_schemaproperty (object_id, position, path, name, physical_name, logical_type,
    physical_type, required, "unique", primary_key, primary_key_position, classification,
    description, tags)
SELECT %s, n, 'c' || n, 'c' || n, '', '', '', false, false, false, -1,
    CASE WHEN n %% 5000 = 0 THEN 'rare' WHEN n %% 2 = 0 THEN 'internal' ELSE '' END, '', '{}'
FROM generate_series(1000, 40000) AS n
"""


def test_columns_of_a_class_are_found_by_its_index():
    port = port_with("mail:rare")
    table = SchemaObject.objects.get(version=port.contract_version)
    with connection.cursor() as cursor:
        cursor.execute(MANY, [table.pk])
        cursor.execute("ANALYZE contracts_schemaproperty")
    actor = actor_for(UserFactory())

    rows = columns_where(actor, {"classification": "rare"}).order_by(*COLUMN_ORDER)
    plan = rows[:51].explain()

    assert len(rows) == 9
    assert "schema_property_by_class" in plan
    assert "Seq Scan on contracts_schemaproperty" not in plan
