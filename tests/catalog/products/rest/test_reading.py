"""The catalogue over REST."""

import pytest
import yaml

from catalog.products.models import DataProduct, FormerName, InputPort
from catalog.products.selectors.full import product_by_name
from tests.catalog.products.rest.callers import Caller, apply
from tests.factories import (
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)
from tests.factories.documents import contract_data, product_data

pytestmark = pytest.mark.django_db


def test_an_applied_product_is_listed_searched_and_read_at_once(owner, member):
    answer = apply(owner, contract_data(), product_data())

    assert answer.status_code == 200, answer.content
    assert answer.json()["valid"] is True
    assert [each["action"] for each in answer.json()["documents"]] == ["create", "create"]
    (listed,) = member.get("products?search=order_id").json()["results"]
    assert (listed["fqn"], listed["matched"]["text"]) == ("sandbox.orders", "order_id")
    product = member.get("products/sandbox.orders").json()
    assert product["owner"]["slug"] == "platform"
    assert product["output_ports"][0]["contract"]["document_id"] == "orders-contract"
    found = member.get("search?q=orders").json()
    assert (found["total"], found["total_capped"]) == (1, False)
    assert found["facets"]["status"] == [
        {
            "value": "active",
            "label": "Active",
            "count": 1,
            "selected": False,
            "depth": 0,
            "is_least": False,
        }
    ]
    assert member.get("search/suggest?q=ord").json()["results"][0]["fqn"] == "sandbox.orders"


def test_a_refused_apply_answers_422_with_the_report_and_changes_nothing(owner):
    broken = contract_data(id="broken", schema=[{"logicalType": "object"}])

    answer = apply(owner, contract_data(), broken, product_data())

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "/problems/documents-refused"
    assert body["documents"][1]["problems"][0]["pointer"] == "/schema/0"
    assert body["documents"][1]["problems"][0]["line"] > 1
    assert not DataProduct.objects.exists()


def test_with_on_error_skip_the_rest_is_taken(owner):
    broken = contract_data(id="broken", schema=[{"logicalType": "object"}])

    answer = apply(
        owner,
        broken,
        contract_data(),
        product_data(),
        query="mode=apply&domain=sandbox&on_error=skip",
    )

    assert answer.status_code == 200
    assert [each["action"] for each in answer.json()["documents"]] == [
        "refused",
        "create",
        "create",
    ]


@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_a_new_version_of_a_contract_says_what_becomes_other(owner, mode):
    apply(owner, contract_data())
    later = contract_data(version="1.1.0", description={"purpose": "Another"})

    answer = apply(owner, later, query=f"mode={mode}&domain=sandbox")

    assert answer.status_code == 200, answer.content
    (document,) = answer.json()["documents"]
    changes = {each["pointer"]: each for each in document["changes"]}
    change = changes["/description/purpose"]
    assert (document["action"], change["to"], change["level"]) == ("create", "Another", "cosmetic")


def test_a_document_cannot_take_a_product_back_to_a_proposal(owner):
    apply(owner, contract_data(), product_data())

    answer = apply(owner, product_data(status="proposed"))

    assert answer.status_code == 422
    (problem,) = answer.json()["documents"][0]["problems"]
    assert problem["code"] == "invalid-transition"
    assert DataProduct.objects.get().status == "active"


def test_validate_of_an_invalid_document_answers_200(owner):
    answer = owner.post("descriptors?mode=validate", {"kind": "DataContract"})

    assert answer.status_code == 200
    assert answer.json()["valid"] is False


def test_an_id_of_another_team_answers_403(owner, client):
    apply(owner, contract_data())
    other = Caller(client, member_of(TeamFactory()))

    answer = apply(other, contract_data(version="2.0.0"))

    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/id-owned-elsewhere"


@pytest.mark.parametrize("query", ["", "mode=do", "mode=apply&on_error=maybe"])
def test_unknown_modes_are_refused(owner, query):
    assert owner.post(f"descriptors?{query}", {}).status_code == 400


@pytest.mark.parametrize(
    ("query", "pointer", "mend"),
    [
        ("status=activ", "/status", "deprecated"),
        ("status=active,weird", "/status", "deprecated"),
        ("archetype=SOURCE_ALIGNED", "/archetype", "source-aligned"),
        ("score=great", "/score", "none"),
        ("freshness=stale!", "/freshness", "overdue"),
    ],
)
def test_a_filter_that_nothing_ever_fits_is_refused(member, query, pointer, mend):
    answer = member.get(f"products?{query}")

    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert problem["pointer"] == pointer
    assert mend in problem["message"]
    assert member.get("products?status=ACTIVE&archetype=aggregate").status_code == 200


def test_who_is_not_understood_hears_what_would_be(owner, client):
    name = ProductFactory().fqn

    refused = [
        client.get(f"/api/v1/products/{name}"),
        owner.get(f"products/{name}", Accept="text/html"),
        owner.post(f"products/{name}/deprecate", b"a=1", "application/x-www-form-urlencoded"),
    ]

    assert [each.status_code for each in refused] == [401, 406, 415]
    mends = ["Authorization: Bearer", "application/json", "application/json"]
    for each, mend in zip(refused, mends, strict=True):
        assert mend in each.json()["detail"]


def test_too_large_a_call_answers_413(owner):
    answer = owner.post("descriptors?mode=validate", b"a: " + b"x" * (32 * 2**20))

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"


def test_a_token_without_write_may_not_apply(client, team):
    reader = Caller(client, member_of(team), scopes=("read",))

    assert apply(reader, contract_data()).status_code == 403


def test_the_descriptor_is_what_was_given_with_the_present_status(owner):
    apply(owner, contract_data(), product_data(customProperties=[{"property": "x", "value": 1}]))
    as_yaml = owner.get("products/sandbox.orders/descriptor")
    as_json = owner.get("products/sandbox.orders/descriptor", Accept="application/json")

    assert as_yaml["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(as_yaml.content) == as_json.json()
    assert as_json.json()["customProperties"] == [{"property": "x", "value": 1}]

    owner.post("products/sandbox.orders/deprecate")
    changed = owner.get("products/sandbox.orders/descriptor", Accept="application/json")
    assert changed.json()["status"] == "deprecated"


def test_an_exported_descriptor_is_unchanged_when_applied_again(owner):
    apply(owner, contract_data(), product_data())
    exported = owner.get("products/sandbox.orders/descriptor").content

    answer = owner.post("descriptors?mode=plan&domain=sandbox", exported, "application/yaml")

    assert [each["action"] for each in answer.json()["documents"]] == ["unchanged"]


def test_the_contract_comes_back_whole(owner, member):
    apply(owner, contract_data(customProperties=[{"property": "x", "value": [1]}]))
    (listed,) = member.get("contracts?document_id=orders-contract").json()["results"]

    contract = member.get(f"contracts/{listed['id']}").json()
    text = member.get(f"contracts/{listed['id']}", Accept="application/yaml")
    versions = member.get(f"contracts/{listed['id']}/versions").json()["results"]

    assert contract["document"]["customProperties"] == [{"property": "x", "value": [1]}]
    assert text.content.decode() == contract["text"]
    assert [each["version"] for each in versions] == ["1.0.0"]


def test_a_draft_is_published_by_its_team_only(owner, member):
    apply(owner, contract_data(), product_data(status="draft"))

    assert member.get("products/sandbox.orders").status_code == 404
    assert member.post("products/sandbox.orders/publish").status_code == 404
    answer = owner.post("products/sandbox.orders/publish")

    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert member.get("products/sandbox.orders").status_code == 200
    assert member.post("products/sandbox.orders/retire").status_code == 403
    assert owner.post("products/sandbox.orders/publish").status_code == 409


def test_what_is_missing_for_publishing_is_listed(owner):
    apply(owner, product_data(status="draft", outputPorts=[], description={}))

    answer = owner.post("products/sandbox.orders/publish")

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["problems"]] == [
        "purpose-missing",
        "port-missing",
    ]


def test_an_unseen_product_answers_like_an_unknown_one(member):
    unseen = ProductFactory(status="draft")
    for path in ("", "/descriptor"):
        answers = [member.get(f"products/{fqn}{path}") for fqn in (unseen.fqn, "no.such-product")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()


def test_an_unseen_successor_is_unknown(owner):
    apply(owner, contract_data(), product_data())
    unseen = ProductFactory(status="draft")
    answers = [
        owner.post("products/sandbox.orders/deprecate", {"successor": fqn})
        for fqn in (unseen.fqn, "no.such-product")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("visibility", ["company", "domain", "restricted"])
def test_what_a_product_names_is_told_to_who_may_see_it_in_one_statement(
    visibility, django_assert_num_queries
):
    other = ProductFactory(status="active", visibility=visibility)
    port = PortFactory(product=other)
    product = ProductFactory(status="deprecated", successor=other)
    InputPort.objects.create(product=product, name="in", source=port)
    readers = {True: member_of(other.owner), visibility == "company": UserFactory()}

    for sees, reader in readers.items():
        actor = actor_for(reader)
        with django_assert_num_queries(1):
            found = product_by_name(product.fqn, actor)
        assert found["successor"] == (other.fqn if sees else None)
        assert [each["source"] for each in found["input_ports"]] == [port.fqn if sees else None]


def test_a_former_name_leads_only_those_who_may_see_the_product(owner, member):
    for status in ("active", "draft"):
        product = ProductFactory(status=status)
        FormerName.objects.create(product=product, fqn=f"old.{status}")

    assert member.get("products/old.active").json()["status"] == "active"
    answers = [member.get(f"products/old.{name}") for name in ("draft", "unknown")]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_the_list_filters_counts_and_pages(owner, member):
    documents = [product_data(id=f"p{number}", name=f"Product {number}") for number in range(5)]
    apply(owner, contract_data(), *documents)

    page = member.get("products?page_size=2&order=name&count=true&domain=sandbox").json()
    following = member.client.get(page["next"], headers=member.headers).json()

    assert (page["count"], page["count_capped"]) == (5, False)
    names = [each["name"] for each in page["results"] + following["results"]]
    assert names == [f"Product {number}" for number in range(4)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("order=random", 422),
        ("cursor=zzz", 422),
        ("min_score=many", 400),
        ("min_score=nan", 400),
        ("page_size=0", 400),
    ],
)
def test_bad_parameters_are_refused(member, query, status):
    assert member.get(f"products?{query}").status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "products",
        "products/a.b",
        "products/a.b/descriptor",
        "contracts",
        "contracts/00000000-0000-0000-0000-000000000000",
        "contracts/00000000-0000-0000-0000-000000000000/versions",
        "search",
        "search/suggest",
    ],
)
def test_visitors_are_asked_to_log_in(client, path):
    assert client.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.parametrize(
    "path", ["descriptors?mode=apply", "products/a.b/publish", "products/a.b/retire"]
)
def test_visitors_write_nothing(client, path):
    assert client.post(f"/api/v1/{path}", b"{}", "application/json").status_code == 401


@pytest.mark.parametrize("count", [1, 12])
def test_a_list_takes_a_constant_number_of_statements(
    owner, member, count, django_assert_max_num_queries
):
    documents = [product_data(id=f"p{number}", name=f"Product {number}") for number in range(count)]
    apply(owner, contract_data(), *documents)

    with django_assert_max_num_queries(6):
        assert len(member.get("products?search=product").json()["results"]) == count
