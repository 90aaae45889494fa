"""What a service broker offers becomes services with forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.documents import dump_yaml
from core.errors import Invalid, NotAllowed
from provisioning.blueprints.formats.document import read_blueprint
from provisioning.blueprints.formats.judging import blueprint_problems
from provisioning.blueprints.formats.offers import offer_document
from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.services import register_offers
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.drivers.osb.catalog import Offer, read_catalog
from tests.clients import browser
from tests.provisioning.blueprints.conftest import Shop
from tests.provisioning.drivers.broker import PASSWORD, USER, Server
from tests.provisioning.drivers.conftest import broker  # noqa: F401 - a shared fixture


def offered(schema: Any, **plan: Any) -> dict[str, Any]:
    """The document of a plan with this schema for its parameters."""
    given = {
        "id": "p",
        "name": "small",
        "description": "One node",
        "schemas": {"service_instance": {"create": {"parameters": schema}}},
        **plan,
    }
    service = {"id": "s", "name": "db", "description": "A database", "bindable": True}
    (read,) = read_catalog({"services": [{**service, "plans": [given]}]})
    return offer_document("brokers", Offer(read, read.plans[0]))


def spec_of(document: dict[str, Any]) -> dict[str, Any]:
    return dict(document["steps"][0]["spec"])


SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["sizeGb", "name"],
    "properties": {
        "sizeGb": {"type": "integer", "minimum": 5, "title": "Size", "description": "In GB."},
        "name": {"type": "string", "minLength": 3},
        "engine": {"type": "string", "enum": ["15", "16"], "default": "16"},
        "public": {"type": "boolean"},
    },
}
NO_FORMS: dict[str, Any] = {
    "a pattern": {"properties": {"a": {"type": "string", "pattern": "^x"}}},
    "an object": {"properties": {"a": {"type": "object"}}},
    "several types": {"properties": {"a": {"type": ["string", "null"]}}},
    "a reference": {"properties": {"a": {"$ref": "#/x"}}, "definitions": {}},
    "alternatives": {"oneOf": [{}, {}]},
    "no description": {"required": ["a"]},
    "names that become one": {"properties": {"a-b": {"type": "string"}, "a_b": {"type": "string"}}},
    "a placeholder": {"properties": {"a": {"type": "string", "default": "${team}"}}},
    "too many": {"properties": {f"a{n}": {"type": "string"} for n in range(51)}},
    "true": {"properties": {"a": True}},
}


def test_parameters_become_fields_under_the_names_of_the_broker() -> None:
    document = offered(SCHEMA)

    assert not blueprint_problems(read_blueprint(dump_yaml(document)))
    assert document["name"] == "brokers-db-small"
    assert document["cost"] == {"class": "free"}
    assert document["parameters"]["required"] == ["name", "sizegb", "p_name"]
    assert document["example"] == {"name": "Example", "sizegb": 5, "p_name": "xxx"}
    assert spec_of(document)["parameters"] == {
        "sizeGb": "${parameters.sizegb}",
        "name": "${parameters.p_name}",
        "engine": "${parameters.engine}",
        "public": "${parameters.public}",
    }


@pytest.mark.parametrize("schema", NO_FORMS.values(), ids=NO_FORMS.keys())
def test_what_no_form_can_be_drawn_from_is_a_text_area_that_says_why(schema: Any) -> None:
    document = offered(schema)

    assert not blueprint_problems(read_blueprint(dump_yaml(document)))
    field = document["parameters"]["properties"]["parameters_json"]
    assert field["x-ui"]["widget"] == "textarea"
    assert "There is no form for it: " in field["x-ui"]["help"]
    assert spec_of(document)["parameters_json"] == "${parameters.parameters_json}"


def test_a_plan_without_parameters_asks_for_a_name_only() -> None:
    document = offered({}, free=False)

    assert not blueprint_problems(read_blueprint(dump_yaml(document)))
    assert list(document["parameters"]["properties"]) == ["name", "domain", "team"]
    assert document["cost"] == {"class": "medium", "monthly": "not free"}


@pytest.mark.parametrize(
    ("longest_s", "minutes"), [(None, 75), (0, 15), (7200, 135), (61, 17), (10**7, 10_080)]
)
def test_a_job_may_take_as_long_as_the_plan_says(longest_s: int | None, minutes: int) -> None:
    document = offered({}, maximum_polling_duration=longest_s)

    assert document["deadline_minutes"] == minutes
    assert not blueprint_problems(read_blueprint(dump_yaml(document)))


@pytest.fixture
def target(shop: Shop, broker: Server) -> Target:  # noqa: F811
    made = Target(slug="brokers", name="Brokers", driver="osb", owner=shop.team)
    made.config = {"url": broker.url, "username": USER}
    targets.seal(made, {"password": PASSWORD})
    made.save()
    return made


@pytest.mark.django_db
def test_each_plan_is_a_service_and_doing_it_again_changes_nothing(
    target: Target, shop: Shop
) -> None:
    first = register_offers(target=target, actor=shop.owns)
    again = register_offers(target=target, actor=shop.owns)

    assert [action for _, action in first] == ["create"] * 6
    assert [action for _, action in again] == ["unchanged"] * 6
    made = Blueprint.objects.get(slug="brokers-database-large")
    assert (made.owner, made.title) == (shop.team, "database: Large")


@pytest.mark.django_db
def test_a_plan_that_the_broker_gave_up_is_withdrawn_until_it_comes_back(
    target: Target,
    shop: Shop,
    broker: Server,  # noqa: F811
) -> None:
    register_offers(target=target, actor=shop.owns)
    other = Blueprint.objects.get(slug="brokers-cache-small")

    broker.broker.gone = {"cache"}
    less = register_offers(target=target, actor=shop.owns)
    still = register_offers(target=target, actor=shop.owns)
    broker.broker.gone = set()
    back = register_offers(target=target, actor=shop.owns)

    assert [action for _, action in less] == ["unchanged"] * 3 + ["withdraw"] * 3
    assert [action for _, action in still] == ["unchanged"] * 3
    assert len(back) == 6
    other.refresh_from_db()
    assert other.withdrawn_at is None


@pytest.mark.django_db
def test_who_may_not_publish_and_what_is_no_broker_are_refused(
    target: Target,
    shop: Shop,
    broker: Server,  # noqa: F811
) -> None:
    with pytest.raises(NotAllowed):
        register_offers(target=target, actor=shop.helps)
    assert broker.requests == []

    broker.close()
    with pytest.raises(Invalid) as refused:
        register_offers(target=target, actor=shop.owns)
    assert refused.value.problems[0].code == "not-reachable"
    target.driver = "webhook"
    with pytest.raises(Invalid, match="cannot be read"):
        register_offers(target=target, actor=shop.owns)
    assert not Blueprint.objects.filter(slug__startswith="brokers").exists()


@pytest.mark.django_db
def test_scripts_publish_what_a_broker_offers(target: Target, shop: Shop) -> None:
    client = Client()
    client.force_login(shop.owner)
    address = "/api/v1/blueprints/from-broker"

    answer = client.post(address, {"target": "brokers"}, content_type="application/json")
    unknown = client.post(address, {"target": "x"}, content_type="application/json")
    unnamed = [
        client.post(address, body, content_type="application/json") for body in ({}, {"target": 7})
    ]

    assert answer.status_code == 200
    assert {
        "name": "brokers-cache-small",
        "version": 1,
        "action": "create",
    } in answer.json()["results"]
    assert unknown.status_code == 404
    assert [each.status_code for each in unnamed] == [422, 422]
    assert unnamed[0].json()["problems"][0]["pointer"] == "/target"


@pytest.mark.django_db
def test_the_page_of_a_broker_offers_its_plans(target: Target, shop: Shop) -> None:
    owner, outsider = browser(shop.owner), browser(shop.outsider)

    assert "Offer its plans" in owner.get("/targets/brokers/").text
    page = owner.post("/targets/brokers/offers/", follow=True).text

    assert "6 offers read, 6 of them new or changed." in page
    assert "database: Large" in owner.get("/services/").text
    assert outsider.post("/targets/brokers/offers/").status_code == 404
    assert browser(shop.helper).post("/targets/brokers/offers/").status_code == 403


@pytest.mark.django_db
def test_the_page_of_a_broker_that_does_not_answer_says_so(
    target: Target,
    shop: Shop,
    broker: Server,  # noqa: F811
) -> None:
    broker.close()

    page = browser(shop.owner).post("/targets/brokers/offers/", follow=True).text

    assert "cannot be reached" in page or "does not answer" in page
    assert not Blueprint.objects.filter(slug__startswith="brokers-").exists()
