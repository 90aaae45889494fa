"""The driver kit over instances and bindings of a real broker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from provisioning.drivers.protocol import DriverError, PermanentError, TemporaryError
from tests.core.outbound.servers import Handler, raw, reply, serving
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.broker import (
    CACHE,
    DATABASE,
    LARGE,
    SLOW,
    SMALL,
    Server,
)
from tests.provisioning.drivers.forks import BORDERS, dies
from tests.provisioning.drivers.kit import Case
from tests.provisioning.drivers.osb import case_of, driver_at
from tests.provisioning.drivers.patient import Patient

pytestmark = pytest.mark.django_db
IN_THREADS = pytest.mark.django_db(transaction=True)  # or in processes: they see what is committed


@pytest.fixture(params=["instance", "binding"])
def action(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[(DATABASE, SMALL), (CACHE, LARGE), (DATABASE, SLOW)], ids=str)
def case(request: pytest.FixtureRequest, action: str) -> Case:
    service, plan = request.param
    return case_of(action, service=service, plan=plan)


@pytest.fixture
def look(broker: Server) -> Callable[[], Any]:
    return broker.holds


RULES = [
    pytest.param(rule, marks=IN_THREADS if rule is kit.many_at_once_is_once else ())
    for rule in kit.RULES
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_driver_keeps_the_rules_of_the_kit(
    rule: Callable[..., None], osb: Patient, case: Case, look: Callable[[], Any]
) -> None:
    rule(osb, case, look)


@IN_THREADS
@pytest.mark.parametrize("verb", ["ensure", "ensure_absent"])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(
    ("action", "plan"),
    [(action, plan) for action in ("instance", "binding") for plan in (SMALL, SLOW)],
)
def test_a_worker_that_dies_at_a_border_leaves_one_effect(
    plan: str,
    verb: str,
    border: str,
    action: str,
    osb: Patient,
    broker: Server,
    look: Callable[[], Any],
) -> None:
    case = case_of(action, plan=plan)
    call = getattr(osb.driver, verb)

    def work() -> object:
        return call(case.step, effect_key="k", fence=3)

    program = dies(work, border, at=(b"PUT", b"DELETE"))
    kit.killed_then_repeated(osb, case, look, program, verb)

    assert len(broker.holds()["at work"]) == 0


@pytest.mark.parametrize("name", kit.HOSTILE_NAMES)
def test_hostile_names_arrive_as_they_are(osb: Patient, broker: Server, name: str) -> None:
    given = {name: [name], "size_gb": 5}
    case = case_of(name=name, team=name, domain=name, requester=name, parameters=given)

    osb.ensure(case.step, effect_key="k", fence=1)

    assert broker.holds()["instances"][str(case.instance_id)]["parameters"] == given
    assert not osb.ensure_absent(case.step, effect_key="k", fence=2).exists


ANY = {  # what a server answers to everything, and what that is for a step
    "half an answer": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), TemporaryError),
    "half a head": (raw(b"HTTP/1.1 200 OK\r\n"), TemporaryError),
    "no JSON": (reply("200 OK", b"<html>Welcome to the proxy"), TemporaryError),
    "nothing": (reply("200 OK", b""), TemporaryError),
    "busy": (reply("503 Service Unavailable"), TemporaryError),
    "too many": (reply("429 Too Many Requests"), TemporaryError),
    "redirect": (reply("307 T", Location="http://127.0.0.1:1/"), PermanentError),
    "too large": (reply("200 OK", b'"' + b"x" * 1_100_000 + b'"'), PermanentError),
    "unauthorised": (reply("401 Unauthorized"), PermanentError),
    "not there": (reply("404 Not Found"), PermanentError),
    "another version": (reply("412 Precondition Failed"), PermanentError),
}


def at_a_fault(settings: Settings, fault: Handler | None, error: type[DriverError]) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(fault or raw(b"")) as listener:
        settings.OUTBOUND_INNER_HOSTS = [listener.name]
        if fault is None:
            listener.close()
        kit.faulty_target_is_told(Patient(driver_at(f"http://{listener.name}")), case_of(), error)


@IN_THREADS
@pytest.mark.parametrize("fault", kit.FAULTS.values(), ids=kit.FAULTS.keys())
def test_a_target_that_is_none_is_told(settings, fault: Handler | None) -> None:
    at_a_fault(settings, fault, TemporaryError)


@IN_THREADS
@pytest.mark.parametrize(("fault", "error"), ANY.values(), ids=ANY.keys())
def test_a_target_that_answers_wrongly_is_told(
    settings, fault: Handler, error: type[DriverError]
) -> None:
    at_a_fault(settings, fault, error)


def test_the_portal_remembers_no_secret(osb: Patient, broker: Server) -> None:
    case = case_of("binding")
    kit.prepare(osb, case)

    made = osb.ensure(case.step, effect_key="k", fence=2)

    assert "secret-" in made.secrets["credentials"]["uri"]
    assert "secret-" not in repr(made)
    with connection.cursor() as cursor:
        cursor.execute("SELECT resource, known::text FROM drivers_driverfence")
        assert "secret" not in str(cursor.fetchall())
