"""The driver kit over the S3 driver, with moto as a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from provisioning.drivers.protocol import DriverError, PermanentError, TemporaryError
from provisioning.drivers.s3 import S3Driver
from provisioning.drivers.s3.session import Storage
from provisioning.drivers.s3.specs import area_name
from tests.core.outbound.servers import Handler, raw, reply, serving
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.kit import Case
from tests.provisioning.drivers.storage import (
    SECRET,
    client_of,
    driver_at,
    s3_server,
    snapshot,
)

ANALYST = "arn:aws:iam::123456789012:role/analyst"
LOADER = "arn:aws:iam::123456789012:user/loader"
SPEC = {"expire_days": 30, "roles": {"read": [ANALYST], "write": [LOADER]}}
CASES = ("area", "area in a bucket", "grant", "grant in a bucket")

# Runs one verb and ends the process at a border of the nth request that writes.
PROGRAM = """
import json, os, uuid
given = json.loads({given!r})
os.environ["OUTBOUND_HTTP"] = "1"
os.environ["OUTBOUND_INNER_HOSTS"] = given["place"]
from core.outbound import Client
from provisioning.drivers.protocol import Step
from provisioning.drivers.s3 import S3Driver
from provisioning.drivers.s3.session import Storage
real = Client.call
calls = []
def dying(self, method, url, **more):
    calls.extend([1] if method in ("PUT", "POST", "DELETE") else [])
    last = len(calls) == given["nth"] and method in ("PUT", "POST", "DELETE")
    if last and given["border"] == "before":
        os._exit(9)
    answer = real(self, method, url, **more)
    if last:
        os._exit(9)
    return answer
Client.call = dying
storage = Storage(given["url"], "eu-central-1", "AKIACANARY", "x", bucket=given["bucket"])
driver = S3Driver(lambda _t: storage)
step = Step(given["action"], uuid.UUID(given["instance"]), given["spec"], lambda *_a: None)
getattr(driver, given["verb"])(step, effect_key="k", fence=3)
"""


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    with s3_server() as found:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [found.removeprefix("http://")]
        yield found


def area_of(slug: str = "orders", **more: Any) -> Case:
    return Case("area", {"target": "lake", "slug": slug, **SPEC, **more}, uuid4())


def case_of(name: str) -> tuple[Case, str]:
    """A case and the fixed bucket it is in."""
    bucket = "lake" if "bucket" in name else ""
    area = area_of()
    if name.startswith("area"):
        return area, bucket
    folder = area_name(area.step)
    where = {"bucket": bucket or f"meshport-{folder}", "prefix": f"{folder}/" if bucket else ""}
    spec = {"target": "lake", "principal": ANALYST, "access": "read", **where}
    return Case("area-grant", spec, uuid4(), (area.step,)), bucket


@pytest.fixture(params=CASES)
def given(request: pytest.FixtureRequest, url: str) -> tuple[Case, str]:
    case, bucket = case_of(request.param)
    if bucket:
        client_of(url).create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
    return case, bucket


@pytest.mark.parametrize("rule", kit.RULES, ids=lambda rule: rule.__name__)
def test_every_action_keeps_the_rules_of_the_kit(
    rule: Callable[..., None], url: str, given: tuple[Case, str]
) -> None:
    case, bucket = given
    rule(driver_at(url, bucket=bucket), case, lambda: snapshot(url))


# after the nth is before the next one
BORDERS = [
    (verb, nth, border)
    for verb in ("ensure", "ensure_absent")
    for nth, border in [(1, "before"), (1, "after"), (2, "after"), (3, "after")]
    if (verb, nth) != ("ensure_absent", 3)
]


@pytest.mark.parametrize(("verb", "nth", "border"), BORDERS)
def test_a_worker_that_dies_at_a_border_leaves_one_effect(
    verb: str, nth: int, border: str, url: str, given: tuple[Case, str]
) -> None:
    case, bucket = given
    program = {
        "url": url,
        "place": url.removeprefix("http://"),
        "bucket": bucket,
        "action": case.action,
        "instance": str(case.instance_id),
        "spec": case.spec,
        "verb": verb,
        "nth": nth,
        "border": border,
    }
    text = PROGRAM.format(given=json.dumps(program))

    kit.killed_then_repeated(driver_at(url, bucket=bucket), case, lambda: snapshot(url), text, verb)


@pytest.mark.parametrize("nth", range(4, 9))
def test_a_worker_that_dies_deep_in_a_new_area_leaves_one_effect(nth: int, url: str) -> None:
    case = area_of(versioning=True)
    program = {
        "url": url,
        "place": url.removeprefix("http://"),
        "bucket": "",
        "action": case.action,
        "instance": str(case.instance_id),
        "spec": case.spec,
        "verb": "ensure",
        "nth": nth,
        "border": "after",
    }

    text = PROGRAM.format(given=json.dumps(program))
    kit.killed_then_repeated(driver_at(url), case, lambda: snapshot(url), text, "ensure")


class Interrupted(BaseException):
    """A worker ended here."""


@dataclass(frozen=True)
class Watched(Storage):
    """A storage that does something before the nth request."""

    nth: int = 0
    work: Callable[[], object] = Interrupted
    sent: list[int] = field(default_factory=list)

    def client(self) -> Any:
        made = super().client()
        made.meta.events.register("before-call.s3", self._count)
        return made

    def _count(self, **_request: Any) -> None:
        self.sent.append(1)
        if len(self.sent) == self.nth:
            self.work()


def watched(url: str, nth: int, work: Callable[[], object]) -> S3Driver:
    storage = Watched(url, "eu-central-1", "AKIACANARY", SECRET, nth=nth, work=work)
    return S3Driver(lambda _target: storage)


def ended_early(url: str, case: Case, nth: int) -> None:
    """Another worker of the same run, dead before its nth request."""

    def end() -> None:
        raise Interrupted

    with suppress(Interrupted):
        watched(url, nth, end).ensure(case.step, effect_key="k", fence=2)


def test_half_the_work_of_another_worker_is_not_in_the_way(url: str) -> None:
    looks, writes = range(3, 6), range(6, 10)  # at what is there; a record, a bucket, its labels
    for nth, until in product(looks, writes):
        case = area_of()
        driver_at(url).ensure_absent(case.step, effect_key="k", fence=2)  # a fence is there

        driver = watched(url, nth, partial(ended_early, url, case, until))
        driver.ensure(case.step, effect_key="k", fence=2)

        found = snapshot(url)
        driver_at(url).ensure(case.step, effect_key="k", fence=2)
        assert snapshot(url) == found


@pytest.mark.parametrize("name", kit.HOSTILE_NAMES)
def test_hostile_names_make_plain_buckets(name: str, url: str) -> None:
    case, driver = area_of(name), driver_at(url)

    made = driver.ensure(case.step, effect_key="k", fence=1)

    bucket = made.attributes["bucket"]
    assert bucket.replace("-", "").isalnum()
    assert bucket.isascii()
    assert 3 <= len(bucket) <= 63
    assert not driver.ensure_absent(case.step, effect_key="k", fence=2).exists


@pytest.mark.parametrize(
    "principal", ["*", "arn:aws:iam::1:root", ANALYST + '"', "a", ANALYST + "\n"]
)
def test_everybody_is_no_principal(principal: str, url: str) -> None:
    with pytest.raises(PermanentError):
        driver_at(url).ensure(area_of(roles={"read": [principal]}).step, effect_key="k", fence=1)
    assert snapshot(url) == {}


XML = {"Content-Type": "application/xml"}


def refusal(status: str, code: str) -> Handler:
    body = f"<Error><Code>{code}</Code><Message>canary</Message></Error>"
    return reply(status, body.encode(), **XML)


PASSING: dict[str, Handler | None] = {
    **kit.FAULTS,
    "no XML": reply("200 OK", b"Welcome to the proxy"),
    "JSON": reply("200 OK", b'{"ok": true}'),
    "half an answer": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<a>"),
    "busy": refusal("503 Slow Down", "SlowDown"),
    "broken": reply("500 Internal Server Error"),
    "too many": reply("429 Too Many Requests"),
}
LASTING: dict[str, Handler] = {
    "redirect": reply("301 Moved", Location="http://127.0.0.1:1/"),
    "too large": reply("200 OK", b"x" * 5_000_000),
    "denied": refusal("403 Forbidden", "AccessDenied"),
    "wrong key": refusal("403 Forbidden", "SignatureDoesNotMatch"),
}


def at_a_fault(settings: Settings, fault: Handler | None, error: type[DriverError]) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(fault or raw(b"")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        if fault is None:
            server.close()
        for name in ("area", "grant in a bucket"):
            case, bucket = case_of(name)
            kit.faulty_target_is_told(driver_at(server.url, bucket=bucket), case, error)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_may_pass_is_told(settings: Settings, fault: Handler | None) -> None:
    at_a_fault(settings, fault, TemporaryError)


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_a_fault_that_will_not_pass_is_told(settings: Settings, fault: Handler) -> None:
    at_a_fault(settings, fault, PermanentError)


def test_the_key_is_in_no_request_and_no_message(settings: Settings) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(refusal("403 Forbidden", "AccessDenied")) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        with pytest.raises(PermanentError) as caught:
            driver_at(server.url).ensure(area_of().step, effect_key="k", fence=1)
        requests = b"".join(server.requests)

    assert b"AWS4-HMAC-SHA256 Credential=AKIACANARY/" in requests
    assert SECRET.encode() not in requests
    assert SECRET not in str(caught.value)
    assert "canary" not in str(caught.value)
