"""A sandbox of the team Sales Data in a real warehouse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.services import request_service
from provisioning.drivers.protocol import Step
from provisioning.drivers.registry import get_driver
from provisioning.jobs.models import Instance
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from tests.provisioning.blueprints.conftest import Shop, warehouse_url  # noqa: F401
from tests.provisioning.blueprints.conftest import build_shop as build
from tests.provisioning.requests.conftest import bearer  # noqa: F401 - a shared fixture

LAST = 10**6  # a fence beyond those of the test


@pytest.fixture
def shop(transactional_db, settings, warehouse_url) -> Shop:  # noqa: F811
    return build(settings, warehouse_url)


@pytest.fixture
def sandbox(shop: Shop) -> Iterator[Instance]:
    until = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)).isoformat()
    given = {"name": "Trial", "purpose": "Trying things out.", "until": until}
    blueprint = Blueprint.objects.select_related("current").get(slug="sandbox")
    filed = request_service(blueprint=blueprint, parameters=given, purpose="", actor=shop.helps)
    run_due()
    request = Request.objects.get(pk=filed.pk)
    assert request.state == "succeeded", request.reason
    instance = Instance.objects.get(pk=request.instance_id)
    yield instance
    for each in reversed(instance.desired_spec["steps"]):
        step = Step(each["action"], instance.pk, each["spec"], lambda *_: None)
        get_driver(each["driver"]).ensure_absent(step, effect_key="end", fence=LAST)
