"""The driver kit over the webhook driver, with a receiver that is a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from core.outbound.signing import new_secret
from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import (
    DriverError,
    PermanentError,
    StaleFence,
    Step,
    TemporaryError,
)
from provisioning.drivers.webhook import WebhookDriver
from provisioning.drivers.webhook.target import KIND
from tests.core.outbound.servers import Handler, raw, reply, serving
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.kit import Case
from tests.provisioning.drivers.receiver import Receiver

SECRET = new_secret()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

# Runs one verb and ends the process at a border of the exchange, which is the library's call.
PROGRAM = """
import json, os, uuid
given = json.loads({given!r})
os.environ["OUTBOUND_HTTP"] = "1"
os.environ["OUTBOUND_INNER_HOSTS"] = given["place"]
import httpcore2
from httpcore2._backends.sync import SyncStream
from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import Step
from provisioning.drivers.webhook import WebhookDriver
write, read = SyncStream.write, SyncStream.read
def dying_write(self, buffer, timeout=None):
    if given["border"] == "before":
        os._exit(9)
    write(self, buffer, timeout)
def dying_read(self, max_bytes, timeout=None):
    if given["border"] == "sent":
        os._exit(9)
    read(self, max_bytes, timeout)
    os._exit(9)  # answered, but nobody will know
SyncStream.write, SyncStream.read = dying_write, dying_read
config, secrets = dict(url=given["url"]), dict(signing_secret=given["secret"])
driver = WebhookDriver(lambda slug: Opened(slug, config, secrets))
step = Step(given["action"], uuid.UUID(given["instance"]), given["spec"], lambda *_a: None)
getattr(driver, given["verb"])(step, effect_key="k", fence=3)
"""


def driver_at(url: str) -> WebhookDriver:
    place = Opened("hook", {"url": url}, {"signing_secret": SECRET})
    return WebhookDriver(lambda _slug: place)


def case_of(name: str = "orders", **parameters: Any) -> Case:
    spec = {"target": "hook", "kind": "dashboard", "name": name, "parameters": parameters}
    return Case("resource", spec, uuid4())


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    found = Receiver(SECRET)
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [found.place]
    yield found
    found.close()


@pytest.fixture
def driver(receiver: Receiver) -> WebhookDriver:
    return driver_at(receiver.url)


@pytest.fixture
def look(receiver: Receiver) -> Callable[[], Any]:
    return lambda: deepcopy(receiver.things)


@pytest.mark.parametrize("rule", kit.RULES, ids=lambda rule: rule.__name__)
def test_the_driver_keeps_the_rules_of_the_kit(
    rule: Callable[..., None], driver: WebhookDriver, look: Callable[[], Any]
) -> None:
    rule(driver, case_of(), look)


@pytest.mark.parametrize("verb", ["ensure", "ensure_absent"])
@pytest.mark.parametrize("border", ["before", "sent", "answered"])
def test_a_worker_that_dies_at_a_border_leaves_one_effect(
    verb: str,
    border: str,
    driver: WebhookDriver,
    receiver: Receiver,
    look: Callable[[], Any],
) -> None:
    case = case_of()
    given = {
        "url": receiver.url,
        "place": receiver.place,
        "secret": SECRET,
        "action": case.action,
        "instance": str(case.instance_id),
        "spec": case.spec,
        "verb": verb,
        "border": border,
    }

    kit.killed_then_repeated(driver, case, look, PROGRAM.format(given=json.dumps(given)), verb)

    assert set(receiver.made.values()) == {1}


@pytest.mark.parametrize("name", kit.HOSTILE_NAMES)
def test_hostile_names_arrive_as_they_are(
    driver: WebhookDriver, receiver: Receiver, name: str
) -> None:
    case = case_of(name, note=name, deep={name: [name]})

    made = driver.ensure(case.step, effect_key="k", fence=1)

    thing = receiver.things[str(case.instance_id), "dashboard", name]
    assert thing == {
        "kind": "dashboard",
        "name": name,
        "parameters": {"note": name, "deep": {name: [name]}},
    }
    assert [effect.name for effect in made.effects] == [name]
    assert not driver.ensure_absent(case.step, effect_key="k2", fence=2).exists


@pytest.mark.parametrize("name", ["a\ud800b", "", "x" * 201])
def test_a_name_that_cannot_be_sent_is_refused_before(
    driver: WebhookDriver, receiver: Receiver, name: str
) -> None:
    with pytest.raises(PermanentError):
        driver.ensure(case_of(name).step, effect_key="k", fence=1)

    assert receiver.requests == []


def answers(status: str = "200 OK", **said: Any) -> Handler:
    return reply(status, json.dumps(said).encode())


PASSING: dict[str, Handler | None] = {
    **kit.FAULTS,
    "half an answer": raw(HEAD + b'Content-Length: 999\r\n\r\n{"exists": true'),
    "half a head": raw(HEAD),
    "no JSON": reply("200 OK", b"<html>Welcome to the proxy"),
    "nothing": reply("200 OK", b""),
    "another shape": answers(exists="yes"),
    "a list": reply("200 OK", b"[true]"),
    "a wrong effect": answers(exists=True, fence=2, effects=[{"kind": "", "name": ""}]),
    "still at it": answers("202 Accepted"),
    "busy": answers("503 Service Unavailable"),
    "too many": answers("429 Too Many Requests"),
    "broken": answers("500 Internal Server Error"),
}
LASTING: dict[str, Handler] = {
    "redirect": reply("307 Temporary Redirect", Location="http://127.0.0.1:1/"),
    "too large": reply("200 OK", b'"' + b"x" * 1_100_000 + b'"'),
    "no": answers("422 Unprocessable", detail="No room."),
    "unauthorised": answers("401 Unauthorized"),
    "not there": answers("404 Not Found"),
    "conflict": answers("409 Conflict"),
    "an older fence": answers("409 Conflict", error="stale-fence", fence=1),
}


def at_a_fault(settings: Settings, fault: Handler | None, error: type[DriverError]) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(fault or raw(b"")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        if fault is None:
            server.close()
        kit.faulty_target_is_told(driver_at(server.url), case_of(), error)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_may_pass_is_told(settings, fault: Handler | None) -> None:
    at_a_fault(settings, fault, TemporaryError)


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_a_fault_that_will_not_pass_is_told(settings, fault: Handler) -> None:
    at_a_fault(settings, fault, PermanentError)


def lying(settings: Settings, handler: Handler, call: Callable[[WebhookDriver], Any]) -> Any:
    settings.OUTBOUND_HTTP = True
    with serving(handler) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        return call(driver_at(server.url))


@pytest.mark.parametrize(
    "said", [{"exists": False, "fence": 2}, {"exists": True}, {"exists": True, "fence": 1}]
)
def test_a_success_that_is_none_is_not_believed(settings, said: dict[str, Any]) -> None:
    with pytest.raises(TemporaryError, match="does not say"):
        lying(
            settings,
            answers(**said),
            lambda driver: driver.ensure(case_of().step, effect_key="k", fence=2),
        )


def test_a_removal_that_did_not_happen_is_not_believed(settings) -> None:
    """It says yes to everything, and `observe` still shows the thing."""
    with pytest.raises(PermanentError, match="still there"):
        lying(
            settings,
            answers(exists=True, fence=2),
            lambda driver: driver.ensure_absent(case_of().step, effect_key="k", fence=2),
        )


def test_a_newer_worker_is_believed(settings) -> None:
    with pytest.raises(StaleFence):
        lying(
            settings,
            answers("409 Conflict", error="stale-fence", fence=3),
            lambda driver: driver.ensure(case_of().step, effect_key="k", fence=2),
        )


def test_the_reason_of_a_refusal_is_shown_on_one_line(settings) -> None:
    detail = "No room.\r\n\r\nAsk Åsa. " + "x" * 1000
    with pytest.raises(DriverError, match=r"refused: No room\. Ask Åsa\. x") as caught:
        lying(
            settings,
            answers("422 E", detail=detail),
            lambda driver: driver.ensure(case_of().step, effect_key="k", fence=2),
        )
    assert len(str(caught.value)) < 400


def test_a_request_says_what_the_reference_says(driver, receiver) -> None:
    case = case_of(colour="green")

    driver.ensure(case.step, effect_key="key-1", fence=7)

    assert receiver.requests == [
        {
            "version": 1,
            "verb": "ensure",
            "action": "resource",
            "instance": str(case.instance_id),
            "resource": {"kind": "dashboard", "name": "orders", "parameters": {"colour": "green"}},
            "effect_key": "key-1",
            "fence": 7,
            "key": "key-1",
        }
    ]


def test_lines_of_the_receiver_are_shown(settings) -> None:
    lines: list[tuple[str, str, str]] = []
    case = case_of()
    step = Step(case.action, case.instance_id, case.spec, lambda *line: lines.append(line))
    log = [{"text": "copied"}, {"level": "warning", "text": "slow"}]

    lying(
        settings,
        answers(exists=True, fence=2, log=log),
        lambda driver: driver.ensure(step, effect_key="k", fence=2),
    )

    assert lines == [("info", "webhook", "copied"), ("warning", "webhook", "slow")]


def test_an_answer_brings_no_secret_and_no_result(settings) -> None:
    said = {"secrets": {"password": "x"}, "attributes": {"result": {"url": "javascript:1"}}}
    made = lying(
        settings,
        answers(exists=True, fence=2, **said),
        lambda driver: driver.ensure(case_of().step, effect_key="k", fence=2),
    )

    assert (dict(made.secrets), dict(made.attributes)) == ({}, {})


def opened_at(url: str) -> Opened:
    return Opened("hook", {"url": url}, {"signing_secret": SECRET})


def test_a_receiver_that_checks_signatures_passes_the_probe(receiver) -> None:
    assert "refuses a wrong signature" in KIND.probe(opened_at(receiver.url))


def test_a_receiver_that_takes_everything_is_found_out(settings) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(reply("204 No Content", b"")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        with pytest.raises(PermanentError, match="wrong signature"):
            KIND.probe(opened_at(server.url))


def test_a_receiver_with_another_secret_is_found_out(receiver) -> None:
    place = Opened("hook", {"url": receiver.url}, {"signing_secret": new_secret()})
    with pytest.raises(PermanentError, match=r"refuses our signature \(status 401\)"):
        KIND.probe(place)
