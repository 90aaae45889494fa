"""The driver kit, and what adapters do beyond it, with a real adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.db import connection
from pytest_django import Settings

from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import (
    DriverError,
    Observed,
    Pending,
    PermanentError,
    Step,
    TemporaryError,
)
from provisioning.drivers.witboost.target import KIND
from tests.core.outbound.servers import Handler, raw, reply, serving
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.adapter import FORGOTTEN, URL, Adapter, says
from tests.provisioning.drivers.forks import BORDERS, dies
from tests.provisioning.drivers.kit import Case
from tests.provisioning.drivers.patient import Patient
from tests.provisioning.drivers.witboost import case_of, driver_at, spec_of

pytestmark = pytest.mark.django_db
IN_THREADS = pytest.mark.django_db(transaction=True)  # or in processes: they see what is committed
URN = "urn:dmb:cmp:sales.stores:orders:2:orders"


@pytest.fixture(params=["component", "acl"])
def action(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[0, 2], ids=["at once", "slow"])
def pace(request: pytest.FixtureRequest, adapter: Adapter) -> int:
    adapter.slow = request.param
    return adapter.slow


@pytest.fixture
def look(adapter: Adapter) -> Callable[[], Any]:
    return adapter.holds


RULES = [
    pytest.param(rule, marks=IN_THREADS if rule is kit.many_at_once_is_once else ())
    for rule in kit.RULES
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_driver_keeps_the_rules_of_the_kit(
    rule: Callable[..., None],
    witboost: Patient,
    action: str,
    pace: int,
    look: Callable[[], Any],
) -> None:
    rule(witboost, case_of(action), look)


@IN_THREADS
@pytest.mark.parametrize("verb", ["ensure", "ensure_absent"])
@pytest.mark.parametrize("border", BORDERS)
def test_a_worker_that_dies_at_a_border_leaves_one_effect(
    verb: str, border: str, action: str, pace: int, witboost: Patient, look: Callable[[], Any]
) -> None:
    case = case_of(action)
    call = getattr(witboost.driver, verb)
    place = b"POST /datamesh.specificprovisioner/v1/"

    def work() -> object:
        return call(case.step, effect_key="k", fence=3)

    program = dies(work, border, at=tuple(place + name for name in (b"pr", b"un", b"up")))
    kit.killed_then_repeated(witboost, case, look, program, verb)


ANY = {
    "half an answer": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), TemporaryError),
    "no JSON": (reply("200 OK", b"<html>Welcome to the proxy"), TemporaryError),
    "another shape": (reply("200 OK", b"[]"), TemporaryError),
    "busy": (reply("503 Service Unavailable"), TemporaryError),
    "redirect": (reply("307 T", Location="http://127.0.0.1:1/"), PermanentError),
    "unauthorised": (reply("401 Unauthorized"), PermanentError),
    "not there": (reply("404 Not Found"), PermanentError),
    "refused": (reply("400 Bad Request", b'{"errors": ["no"]}'), PermanentError),
}


@IN_THREADS
@pytest.mark.parametrize(
    ("fault", "error"),
    [*((fault, TemporaryError) for fault in kit.FAULTS.values()), *ANY.values()],
    ids=[*kit.FAULTS, *ANY],
)
def test_a_target_that_answers_wrongly_is_told(
    settings: Settings, fault: Handler | None, error: type[DriverError]
) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(fault or raw(b"")) as listener:
        settings.OUTBOUND_INNER_HOSTS = [listener.name]
        if fault is None:
            listener.close()
        kit.faulty_target_is_told(Patient(driver_at(f"http://{listener.name}")), case_of(), error)


def ensure(witboost: Patient, case: Case, key: str = "k", **component: Any) -> Observed:
    spec = {**case.spec, "component": {**case.spec["component"], **component}}
    step = Step(case.action, case.instance_id, spec, case.step.log)
    return witboost.ensure(step, effect_key=key, fence=2)


def test_a_component_is_validated_and_then_provisioned(witboost: Patient, adapter: Adapter) -> None:
    made = ensure(witboost, case_of())

    assert [path for _, path in adapter.requests] == ["/v1/validate", "/v1/provision"]
    (sent,) = adapter.sent("provision")
    assert sent["descriptorKind"] == "COMPONENT_DESCRIPTOR"
    assert yaml.safe_load(sent["descriptor"])["componentIdToProvision"] == URN
    assert made.attributes["result"] == {"links": [{"label": "Open the job", "url": URL}]}
    assert made.attributes["public_info"]["rows"] == 3


def test_what_the_adapter_objects_to_is_told_and_nothing_is_made(
    witboost: Patient, adapter: Adapter
) -> None:
    with pytest.raises(PermanentError, match="does not accept the component: There is no bucket"):
        ensure(witboost, case_of(specific={"bad": "There is no bucket."}))

    assert adapter.sent("provision") == []


def test_the_next_request_tells_what_became_of_the_last_one(
    witboost: Patient, adapter: Adapter
) -> None:
    case = case_of()
    ensure(witboost, case)
    made = ensure(witboost, case, key="k2", specific={"bucket": "other"})

    assert [effect.attributes["change"] for effect in made.effects] == ["update"]
    first, second = adapter.sent("provision")
    assert "latestEnrichedDescriptor" not in first
    (known,) = yaml.safe_load(second["latestEnrichedDescriptor"])["dataProduct"]["components"]
    assert known["specific"] == {"bucket": "lake"}
    assert known["info"]["privateInfo"] == {"password": "canary"}
    assert known["info"]["latestProvisioningOperation"] == {
        "operation": "PROVISION",
        "status": "COMPLETED",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT known::text FROM drivers_driverfence")
        assert "canary" not in str(cursor.fetchall())


@pytest.mark.parametrize("quoted", [True, False])
def test_a_token_may_be_quoted_or_raw(quoted: bool, witboost: Patient, adapter: Adapter) -> None:
    adapter.slow, adapter.quoted = 2, quoted

    ensure(witboost, case_of())

    assert [str(look) for look in witboost.looks] == ["The adapter is at work on it.", "1 to go"]
    assert set(witboost.looks[0].progress) == {"token", "since"}
    assert len(adapter.sent("provision")) == 1


@pytest.mark.parametrize("body", [b'["a"]', b"a b", b"../../x", b"", b"null", b"x" * 400])
def test_what_is_no_token_is_not_asked_for(body: bytes, witboost: Patient, adapter: Adapter):
    adapter.fail("provision", says(202, body))

    with pytest.raises(TemporaryError, match="not as a tech adapter has to"):
        ensure(witboost, case_of())

    assert [path for method, path in adapter.requests if method == "GET"] == []


def test_a_task_that_was_forgotten_is_asked_for_again(witboost: Patient, adapter: Adapter) -> None:
    adapter.slow = 2
    lines: list[str] = []
    case = case_of()
    step = Step(case.action, case.instance_id, case.spec, lambda *line: lines.append(line[2]))
    with pytest.raises(Pending):
        witboost.driver.ensure(step, effect_key="k", fence=2)
    adapter.forget()

    witboost.ensure(step, effect_key="k", fence=2)

    assert len(adapter.sent("provision")) == 2
    assert any("has forgotten the task" in line for line in lines)
    assert list(adapter.holds()["components"]) == [URN]


@pytest.mark.parametrize(
    "said", [(500, FORGOTTEN), (404, {}), (500, {"error": "x"}), (503, {}), (200, []), (302, {})]
)
def test_a_look_that_fails_is_not_the_end(said: Any, witboost: Patient, adapter: Adapter) -> None:
    adapter.slow = 2
    adapter.fail("status", says(*said))

    ensure(witboost, case_of())

    assert len(adapter.sent("provision")) == 1


@pytest.mark.parametrize("slow", [0, 2])
def test_what_could_not_be_made_is_removed(slow: int, witboost: Patient, adapter: Adapter) -> None:
    adapter.slow, adapter.fails = slow, True

    with pytest.raises(PermanentError, match=r"It went wrong\. The disk is full\."):
        ensure(witboost, case_of())

    assert adapter.holds() == {"components": {}, "readers": {}}
    assert [body["removeData"] for body in adapter.sent("unprovision")] == [True]


def test_a_change_that_fails_removes_nothing(witboost: Patient, adapter: Adapter) -> None:
    case = case_of()
    ensure(witboost, case)
    adapter.fails = True

    with pytest.raises(PermanentError):
        ensure(witboost, case, key="k2", specific={"bucket": "other"})

    assert adapter.sent("unprovision") == []
    assert witboost.observe(case.step).exists


def test_a_refusal_is_one_line_with_field_and_remedy(witboost: Patient, adapter: Adapter) -> None:
    more = {"problems": ["It holds\ncapitals."], "solutions": ["Use lower case."]}
    said = {
        "errors": ["bad"],
        "userMessage": "The bucket cannot be used.",
        "inputErrorField": "specific.bucket",
        "moreInfo": more,
    }
    adapter.fail("provision", says(400, said))

    with pytest.raises(PermanentError) as refused:
        ensure(witboost, case_of())

    assert str(refused.value) == (
        "The adapter refuses it (status 400). The bucket cannot be used. Field: specific.bucket."
        " In detail: It holds capitals. What helps: Use lower case."
    )


def test_a_system_error_may_pass(witboost: Patient, adapter: Adapter) -> None:
    adapter.fail("provision", says(500, {"error": "x", "userMessage": "The lake is closed."}))

    with pytest.raises(TemporaryError, match=r"cannot do it now .*The lake is closed"):
        ensure(witboost, case_of())
    assert ensure(witboost, case_of()).exists


def test_data_stays_where_the_spec_says_so(witboost: Patient, adapter: Adapter) -> None:
    case = case_of()
    ensure(witboost, case)
    step = Step("component", case.instance_id, {**case.spec, "remove_data": False}, kit.quiet)

    witboost.ensure_absent(step, effect_key="k", fence=3)

    assert [body["removeData"] for body in adapter.sent("unprovision")] == [False]


def test_readers_are_always_told_as_a_whole(witboost: Patient, adapter: Adapter) -> None:
    case = case_of("acl")
    kit.prepare(witboost, case)
    witboost.ensure(case.step, effect_key="k", fence=2)
    fewer = Step("acl", case.instance_id, {**case.spec, "refs": ["user:bo"]}, kit.quiet)

    witboost.ensure(fewer, effect_key="k2", fence=3)

    assert adapter.holds()["readers"] == {URN: ["user:bo"]}
    assert [body["refs"] for body in adapter.sent("updateacl")] == [
        ["group:finance", "user:asa"],
        ["user:bo"],
    ]
    told = adapter.sent("updateacl")[0]["provisionInfo"]
    assert yaml.safe_load(told["request"])["componentIdToProvision"] == URN
    assert told["result"]


def test_nobody_is_let_into_what_is_not_there(witboost: Patient, adapter: Adapter) -> None:
    spec = {name: value for name, value in spec_of().items() if name != "contract"}
    step = Step("acl", uuid4(), {**spec, "refs": ["user:bo"]}, kit.quiet)

    with pytest.raises(PermanentError, match="not there"):
        witboost.ensure(step, effect_key="k", fence=1)

    assert adapter.sent("updateacl") == []


@pytest.mark.parametrize("ref", ["asa", "user:", "user:a b", "role:x"])
def test_a_reader_that_is_none_is_refused(ref: str, witboost: Patient) -> None:
    spec = {name: value for name, value in spec_of().items() if name != "contract"}
    step = Step("acl", uuid4(), {**spec, "refs": [ref]}, kit.quiet)

    with pytest.raises(PermanentError, match="refs"):
        witboost.ensure(step, effect_key="k", fence=1)


def test_headers_of_the_target_are_sent(adapter: Adapter, witboost: Patient) -> None:
    driver = driver_at(adapter.url, "Authorization: Bearer t\nX-Tenant: sales")

    driver.ensure(case_of().step, effect_key="k", fence=1)

    assert {each["authorization"] for each in adapter.headers} == {"Bearer t"}
    assert {each["x-tenant"] for each in adapter.headers} == {"sales"}


@pytest.mark.parametrize(
    ("headers", "fine"),
    [("", True), ("A: b", True), ("A", False), ("A: b\nc", False), ("A: ä", False), (": b", False)],
)
def test_headers_are_checked_when_they_are_typed(headers: str, fine: bool) -> None:
    place = Opened("a", {"url": "https://adapter.example.org"}, {"headers": headers})

    assert (list(KIND.check(place)) == []) is fine


def test_the_probe_asks_to_validate(adapter: Adapter, witboost: Patient) -> None:
    place = Opened("a", {"url": adapter.url}, {})
    assert "tech adapter" in KIND.probe(place)

    adapter.fail("validate", says(400, {"errors": ["No such template."]}))
    assert "tech adapter" in KIND.probe(place)
    for status, body in ((200, {"hello": 1}), (404, {}), (500, {}), (200, [])):
        adapter.fail("validate", says(status, body))
        with pytest.raises(DriverError):
            KIND.probe(place)
