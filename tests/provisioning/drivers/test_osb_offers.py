"""What a broker is told and tells: who asks, credentials, prices, dashboards, targets."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest

from provisioning.drivers.memory import recalled
from provisioning.drivers.osb import things
from provisioning.drivers.osb.target import KIND
from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import (
    PermanentError,
    Step,
)
from tests.provisioning.drivers.broker import (
    CACHE,
    DATABASE,
    LARGE,
    PASSWORD,
    SLOW,
    SMALL,
    USER,
    Server,
)
from tests.provisioning.drivers.kit import prepare
from tests.provisioning.drivers.osb import case_of
from tests.provisioning.drivers.patient import Patient
from tests.provisioning.drivers.test_osb_rules import ending, ensure

pytestmark = pytest.mark.django_db
ACTIONS = pytest.mark.parametrize("action", ["instance", "binding"])


def test_the_broker_is_told_who_asks_and_which_request_it_is(osb: Patient, broker: Server) -> None:
    case = case_of(team="sales-data", domain="sales", requester="asa", name="Orders")

    osb.ensure(case.step, effect_key="key-of-the-step", fence=1)

    headers = broker.headers[broker.requests.index(("PUT", ending(osb, case)))]
    platform, _, value = headers["x-broker-api-originating-identity"].partition(" ")
    assert headers["x-broker-api-version"] == "2.17"
    assert headers["x-broker-api-request-identity"] == "key-of-the-step"
    assert platform == "meshport"
    assert json.loads(base64.b64decode(value)) == {
        "instance": str(case.instance_id),
        "requester": "asa",
        "team": "sales-data",
        "domain": "sales",
    }


@pytest.mark.parametrize(("service", "plan"), [(DATABASE, SMALL), (DATABASE, SLOW), (CACHE, SMALL)])
def test_credentials_come_again_for_a_worker_that_died_with_them(
    service: str, plan: str, osb: Patient, broker: Server
) -> None:
    case = case_of("binding", service=service, plan=plan)
    prepare(osb, case)

    first = ensure(osb, case)
    again = ensure(osb, case, fence=3)

    assert first.secrets == again.secrets
    assert "secret-" in again.secrets["credentials"]["uri"]
    assert "secret-" not in repr(again)
    assert "secret-" not in str(recalled(things.binding(case.step).resource))


def test_parameters_may_be_a_text(osb: Patient, broker: Server) -> None:
    case = case_of(parameters=None, parameters_json='{"size_gb": 7}')

    ensure(osb, case)

    assert broker.holds()["instances"][str(case.instance_id)]["parameters"] == {"size_gb": 7}
    for text in ("{", "[1]", "NaN"):
        with pytest.raises(PermanentError, match="JSON"):
            ensure(osb, case_of(parameters_json=text))


def test_a_plan_says_what_it_costs(osb: Patient) -> None:
    assert osb.plan(case_of().step)[0].name == "database, small (free)"
    assert osb.plan(case_of(plan=LARGE).step)[0].name == "database, Large (99 USD monthly)"


def test_what_the_broker_does_not_offer_is_refused_before(osb: Patient, broker: Server) -> None:
    with pytest.raises(PermanentError, match="does not offer"):
        ensure(osb, case_of(plan_id="gone"))

    assert broker.sent("PUT") == []


def test_the_dashboard_is_a_link(osb: Patient) -> None:
    made = ensure(osb, case_of())

    links = [{"label": "Open database", "url": "https://console.example.org/database"}]
    assert made.attributes["result"] == {"links": links}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//x", "https:", 7, "https://a/\n"])
def test_an_address_that_is_none_is_no_link(url: Any, osb: Patient, broker: Server) -> None:
    broker.broker.dash = url

    assert ensure(osb, case_of()).attributes["result"] == {}


def test_the_probe_counts_what_is_offered(broker: Server) -> None:
    place = Opened("b", {"url": broker.url, "username": USER}, {"password": PASSWORD})

    assert KIND.probe(place) == "It speaks Open Service Broker 2.17 and offers 2 services, 6 plans"
    with pytest.raises(PermanentError, match="user or token"):
        KIND.probe(Opened("b", {"url": broker.url}, {"token": "wrong"}))


@pytest.mark.parametrize(
    ("config", "secrets", "pointers"),
    [
        ({"username": "a"}, {"password": "b"}, []),
        ({}, {"token": "t"}, []),
        ({"username": "a"}, {"token": "t"}, ["/secrets/password"]),
        ({}, {"password": "b"}, ["/secrets/token"]),
        ({"username": "a:b"}, {"password": "b"}, ["/config/username"]),
    ],
)
def test_a_target_has_a_user_or_a_token(config, secrets, pointers) -> None:
    place = Opened("b", {"url": "https://broker.example.org", **config}, secrets)

    assert [problem.pointer for problem in KIND.check(place)] == pointers


def test_ids_of_bindings_differ_by_instance_and_by_whose_they_are() -> None:
    case = case_of("binding")
    other = Step("binding", uuid4(), {**case.spec, "of": str(case.instance_id)}, case.step.log)

    paths = {things.binding(case.step).path, things.binding(other).path}

    assert len(paths) == 2
    assert all(f"/service_instances/{case.instance_id}/" in path for path in paths)
