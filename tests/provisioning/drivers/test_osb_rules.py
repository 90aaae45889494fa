"""Every answer that OSB 2.17 knows, and what follows; orphans are removed where it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openbrokerapi.service_broker import OperationState

from provisioning.drivers.osb import things
from provisioning.drivers.protocol import (
    Observed,
    PermanentError,
    Step,
    TemporaryError,
)
from tests.provisioning.drivers.broker import (
    DATABASE,
    LARGE,
    SLOW,
    SMALL,
    Server,
    after,
    half,
    says,
)
from tests.provisioning.drivers.kit import Case, prepare
from tests.provisioning.drivers.osb import case_of
from tests.provisioning.drivers.patient import Patient

pytestmark = pytest.mark.django_db
ACTIONS = pytest.mark.parametrize("action", ["instance", "binding"])

ORPHANS: dict[str, tuple[Any, type[Exception]]] = {
    "201 without sense": (says(201, "<html>"), PermanentError),
    "202 without sense": (says(202, "[]"), PermanentError),
    "204": (says(204, ""), PermanentError),
    "206": (says(206), PermanentError),
    "500": (says(500), TemporaryError),
    "503": (says(503), TemporaryError),
    "half an answer": (half(201), TemporaryError),
    "redirect": (says(302, Location="https://example.org/"), PermanentError),
}
REFUSALS: dict[str, tuple[int, str, type[Exception], str]] = {
    "400": (400, "", PermanentError, "does not accept the parameters. It says: No room"),
    "401": (401, "", PermanentError, "user or token"),
    "403": (403, "", PermanentError, "user or token"),
    "404": (404, "", PermanentError, "no service broker at the target's address"),
    "408": (408, "", TemporaryError, "cannot do it now"),
    "409": (409, "", PermanentError, "something else under this id"),
    "412": (412, "", PermanentError, "does not speak Open Service Broker 2.17"),
    "418": (418, "", PermanentError, "refuses it"),
    "429": (429, "", TemporaryError, "cannot do it now"),
    "AsyncRequired": (422, "AsyncRequired", PermanentError, "waited for"),
    "ConcurrencyError": (422, "ConcurrencyError", TemporaryError, "still at work"),
    "RequiresApp": (422, "RequiresApp", PermanentError, "applications only"),
    "MaintenanceInfoConflict": (422, "MaintenanceInfoConflict", PermanentError, "another version"),
}


def ensure(osb: Patient, case: Case, *, fence: int = 2, **changes: Any) -> Observed:
    step = Step(case.action, case.instance_id, {**case.spec, **changes}, case.step.log)
    return osb.ensure(step, effect_key="k", fence=fence)


def ending(osb: Patient, case: Case) -> str:
    thing = things.instance if case.action == "instance" else things.binding
    return thing(case.step).path


@ACTIONS
@pytest.mark.parametrize(("fault", "error"), ORPHANS.values(), ids=ORPHANS.keys())
def test_what_may_have_been_made_is_removed_at_once(
    fault: Any, error: type[Exception], action: str, osb: Patient, broker: Server
) -> None:
    case = case_of(action)
    prepare(osb, case)
    before = broker.holds()
    broker.fail("PUT", ending(osb, case), after(fault))

    with pytest.raises(error):
        ensure(osb, case)

    assert broker.sent("DELETE") == [ending(osb, case)]
    assert broker.holds() == before


@ACTIONS
@pytest.mark.parametrize(
    ("status", "code", "error", "words"), REFUSALS.values(), ids=REFUSALS.keys()
)
def test_what_was_refused_is_not_removed_and_told_in_words(
    status: int,
    code: str,
    error: type[Exception],
    words: str,
    action: str,
    osb: Patient,
    broker: Server,
) -> None:
    case = case_of(action)
    prepare(osb, case)
    body = json.dumps({"error": code, "description": "No\r\nroom"})
    broker.fail("PUT", ending(osb, case), says(status, body))

    with pytest.raises(error, match=words):
        ensure(osb, case)

    assert broker.sent("DELETE") == []


@ACTIONS
def test_a_200_without_sense_removes_nothing(action: str, osb: Patient, broker: Server) -> None:
    case = case_of(action)
    prepare(osb, case)
    broker.fail("PUT", ending(osb, case), says(200, "<html>"))

    with pytest.raises(TemporaryError, match="not as a broker has to"):
        ensure(osb, case)

    assert broker.sent("DELETE") == []
    assert ensure(osb, case).exists


def test_an_orphan_is_removed_before_anything_else_however_often_it_takes(
    osb: Patient, broker: Server
) -> None:
    case = case_of()
    broker.fail("PUT", ending(osb, case), after(says(500)))
    broker.fail("DELETE", ending(osb, case), says(500), says(503))
    for _ in range(2):
        with pytest.raises(TemporaryError, match="could not be removed"):
            ensure(osb, case)
    assert len(broker.holds()["instances"]) == 1

    with pytest.raises(TemporaryError):
        ensure(osb, case)
    assert broker.holds()["instances"] == {}
    assert ensure(osb, case).exists

    verbs = [verb for verb, path in broker.requests if path.endswith(ending(osb, case))]
    assert verbs == ["PUT", "DELETE", "DELETE", "DELETE", "PUT"]


@ACTIONS
def test_what_the_broker_could_not_make_is_removed_and_its_words_are_told(
    action: str, osb: Patient, broker: Server
) -> None:
    case = case_of(action, plan=SLOW)
    prepare(osb, case)
    before = broker.holds()
    broker.broker.outcome = OperationState.FAILED

    with pytest.raises(PermanentError, match=r"could not make the service .*The disk is full\."):
        ensure(osb, case)

    assert broker.sent("DELETE") == [ending(osb, case)]
    assert broker.holds() == before


def test_waiting_says_since_when_and_by_what_name(osb: Patient, broker: Server) -> None:
    case = case_of(plan=SLOW)

    ensure(osb, case)

    first, second = osb.looks
    assert first.progress == second.progress
    assert set(first.progress) == {"operation", "since"}
    assert str(second) == "1 to go"
    assert (first.retry_after_s, second.retry_after_s) == (1.0, 1.0)
    assert broker.sent("PUT") == [ending(osb, case)]
    assert broker.queries[broker.requests.index(("PUT", ending(osb, case)))] == (
        "accepts_incomplete=true"
    )


LOST = {
    "404": says(404),
    "410": says(410),
    "500": says(500),
    "400": says(400),
    "a list": says(200, "[]"),
    "another state": says(200, '{"state": "lost"}'),
    "redirect": says(302, Location="/"),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_any_other_answer_means_to_go_on_asking(fault: Any, osb: Patient, broker: Server) -> None:
    case = case_of(plan=SLOW)
    broker.fail("GET", "/last_operation", fault)

    assert ensure(osb, case).exists

    assert broker.sent("DELETE") == []
    assert any("does not say how far it is" in str(look) for look in osb.looks)


def test_what_takes_longer_than_its_plan_allows_has_failed(osb: Patient, broker: Server) -> None:
    broker.broker.polls = 10**6
    broker.broker.longest_s = 0
    case = case_of(plan=SLOW)

    with pytest.raises(PermanentError, match="longer than the 0 s that its plan allows"):
        ensure(osb, case)

    assert broker.holds()["at work"] == []


def test_gone_is_success_for_a_removal_only(osb: Patient, broker: Server) -> None:
    case = case_of(plan=SLOW)
    ensure(osb, case)
    broker.fail("GET", "/last_operation", after(says(410)))
    broker.broker.polls = 1

    assert not osb.ensure_absent(case.step, effect_key="k", fence=3).exists
    assert broker.holds()["instances"] == {}


def test_a_removal_that_the_broker_could_not_do_is_asked_for_again(
    osb: Patient, broker: Server
) -> None:
    case = case_of(plan=SLOW)
    ensure(osb, case)
    broker.broker.outcome = OperationState.FAILED
    with pytest.raises(TemporaryError, match="could not remove"):
        osb.ensure_absent(case.step, effect_key="k", fence=3)
    broker.broker.outcome = OperationState.SUCCEEDED

    assert not osb.ensure_absent(case.step, effect_key="k", fence=3).exists
    assert len(broker.sent("DELETE")) == 2


@pytest.mark.parametrize("fault", [says(200, "<html>"), says(204, ""), says(202, "x"), says(500)])
def test_a_removal_is_not_believed_unless_it_is_said(fault: Any, osb: Patient, broker: Server):
    case = case_of()
    ensure(osb, case)
    broker.fail("DELETE", ending(osb, case), fault)

    with pytest.raises(TemporaryError):
        osb.ensure_absent(case.step, effect_key="k", fence=3)

    assert not osb.ensure_absent(case.step, effect_key="k", fence=3).exists
    assert broker.holds()["instances"] == {}


def test_a_broker_that_lies_about_a_removal_is_found_out(osb: Patient, broker: Server) -> None:
    case = case_of()
    ensure(osb, case)
    broker.fail("DELETE", ending(osb, case), says(200))

    with pytest.raises(PermanentError, match="still shows it"):
        osb.ensure_absent(case.step, effect_key="k", fence=3)


def test_a_broker_that_lies_about_a_creation_is_found_out(osb: Patient, broker: Server) -> None:
    case = case_of()
    broker.fail("PUT", ending(osb, case), says(201))

    ensure(osb, case)

    assert not osb.observe(case.step).exists  # which the runner asks


def test_another_plan_and_other_parameters_are_an_update(osb: Patient, broker: Server) -> None:
    case = case_of()
    ensure(osb, case)

    changed = ensure(osb, case, plan_id=f"{DATABASE}-{LARGE}", parameters={"size_gb": 50})

    assert [effect.attributes["change"] for effect in changed.effects] == ["update"]
    assert broker.holds()["instances"][str(case.instance_id)] == {
        "service_id": DATABASE,
        "plan_id": f"{DATABASE}-{LARGE}",
        "parameters": {"size_gb": 50},
    }
    assert len(broker.sent("PATCH")) == 1
    ensure(osb, case, plan_id=f"{DATABASE}-{LARGE}", parameters={"size_gb": 50})
    assert len(broker.sent("PATCH")) == 1


def test_an_update_may_take_a_while(osb: Patient, broker: Server) -> None:
    case = case_of()
    ensure(osb, case)

    ensure(osb, case, parameters={"size_gb": 99})

    assert osb.looks
    held = broker.holds()["instances"][str(case.instance_id)]
    assert held["parameters"] == {"size_gb": 99}


@pytest.mark.parametrize("outcome", ["fails", "500", "204"])
def test_an_update_that_fails_removes_nothing(outcome: str, osb: Patient, broker: Server) -> None:
    case = case_of()
    ensure(osb, case)
    before = broker.holds()
    if outcome == "fails":
        broker.broker.outcome = OperationState.FAILED
    else:
        broker.fail("PATCH", ending(osb, case), says(int(outcome)))

    with pytest.raises(PermanentError if outcome == "fails" else TemporaryError):
        ensure(osb, case, parameters={"size_gb": 99})

    assert broker.sent("DELETE") == []
    assert broker.holds() == before
    assert osb.observe(case.step).exists


def test_a_change_that_was_taken_unheard_is_waited_for(osb: Patient, broker: Server) -> None:
    """Whoever sent it died before the answer; the broker refuses others while it is at it."""
    case = case_of()
    ensure(osb, case)
    broker.broker.polls = 12  # more than a step has tries
    broker.fail("PATCH", ending(osb, case), after(says(500)))
    with pytest.raises(TemporaryError):
        ensure(osb, case, parameters={"size_gb": 99})
    osb.looks.clear()

    assert ensure(osb, case, parameters={"size_gb": 99}).exists

    assert len(osb.looks) >= 12
    assert broker.sent("DELETE") == []
    assert broker.holds()["at work"] == []
    (held,) = broker.holds()["instances"].values()
    assert held["parameters"] == {"size_gb": 99}


def test_a_plan_that_may_not_be_left_is_not_left(osb: Patient, broker: Server) -> None:
    case = case_of(plan=SLOW)
    ensure(osb, case)

    with pytest.raises(PermanentError, match="does not let an instance leave the plan slow"):
        ensure(osb, case, plan_id=f"{DATABASE}-{SMALL}")

    assert broker.sent("PATCH") == []


def test_an_instance_that_the_broker_lost_is_made_again(osb: Patient, broker: Server) -> None:
    case = case_of()
    ensure(osb, case)
    broker.broker.instances.clear()

    assert not osb.observe(case.step).exists
    made = ensure(osb, case)

    assert [effect.attributes["change"] for effect in made.effects] == ["create"]
    assert osb.observe(case.step).exists
