"""Steps for the test broker, and a driver that has it as its target."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from provisioning.drivers.osb import OsbDriver
from provisioning.drivers.osb.wire import Broker
from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import Step
from tests.provisioning.drivers.broker import DATABASE, PASSWORD, SMALL, USER
from tests.provisioning.drivers.kit import Case, quiet


def driver_at(url: str) -> OsbDriver:
    place = Opened("broker", {"url": url, "username": USER}, {"password": PASSWORD})
    return OsbDriver(lambda _slug: Broker(place))


def case_of(
    action: str = "instance", *, service: str = DATABASE, plan: str = SMALL, **spec: Any
) -> Case:
    wanted = {"target": "broker", "service_id": service, "plan_id": f"{service}-{plan}"}
    instance_id = uuid4()
    given = {**wanted, "parameters": {"size_gb": 5}, **spec}
    before = (Step("instance", instance_id, given, quiet),) if action == "binding" else ()
    return Case(action, given, instance_id, before)
