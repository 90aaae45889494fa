"""Products whose ports other drivers than that of the warehouse have made, at real servers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Now

from accounts.models import Team, User
from catalog.products.models import OutputPort
from core.ids import uuid7
from provisioning.access.models import Grant
from provisioning.access.services import AccessData, request_access
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.drivers.registry import granting
from provisioning.jobs.models import Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of
from tests.provisioning.access.days import in_days
from tests.provisioning.drivers import witboost
from tests.provisioning.drivers.broker import DATABASE, PASSWORD, SMALL, USER

AGO = Now() - dt.timedelta(seconds=1)
ANALYST = "arn:aws:iam::123456789012:role/analyst"
PURPOSE = "Count orders by channel for the weekly report."


@dataclass
class Elsewhere:
    """Sales owns a port at a target of its own; Marketing and Finance want to read it."""

    port: OutputPort
    made: Operation  # of the product
    sales: Team
    owner: User
    marketing: Team
    consumer: User
    colleague: User
    finance: Team
    auditor: User
    holds: Callable[[], Any]  # what the server has of access
    identity: str = ""

    def ask(self, **changes: Any) -> Request:
        given: dict[str, Any] = {
            "port": self.port.fqn,
            "consumer": f"team:{self.marketing.slug}",
            "purpose": PURPOSE,
            "until": in_days(30),
            "identity": self.identity,
        }
        who = changes.pop("by", self.consumer)
        return request_access(AccessData(**{**given, **changes}), actor=actor_for(who))

    def approved(self, request: Request) -> Grant:
        decide(request=request, actor=actor_for(self.owner), approve=True, note="")
        run_to_rest()
        return Grant.objects.get(request=request)

    def granted(self, **changes: Any) -> Grant:
        grant = self.approved(self.ask(**changes))
        assert grant.state == "active", grant.end_reason
        return grant


def run_to_rest() -> None:
    """Workers go on until nothing is to be done any more, as if waiting took no time."""
    for _ in range(60):
        Operation.objects.active().update(run_after=AGO)
        run_due()
        if not Operation.objects.active().exists():
            return
    left = list(Operation.objects.active().values_list("state", "error_text"))
    raise AssertionError(f"still at work: {left}")


def company_at(
    driver: str,
    action: str,
    spec: Mapping[str, Any],
    config: Mapping[str, Any],
    secrets: Mapping[str, str],
    holds: Callable[[], Any],
    identity: str = "",
) -> Elsewhere:
    """A product with one port, made by one step at a target of its owner."""
    sales, marketing, finance = (TeamFactory(name=n) for n in ("Sales", "Web Analytics", "Audit"))
    owner = member_of(sales)
    target = Target(slug="elsewhere", name="Elsewhere", driver=driver, owner=sales)
    target.config = dict(config)
    targets.seal(target, dict(secrets))
    target.save()
    instance_id = uuid7()
    made = accept(
        instance_id=instance_id,
        kind=OperationKind.PROVISION,
        title="Orders",
        steps=[StepSpec("Make it", driver, action, {"target": "elsewhere", **spec})],
        actor=actor_for(owner),
        new_instance=InstanceData("data-product", "orders", "", sales.domain, sales, driver),
    )
    run_to_rest()
    made.refresh_from_db()
    assert made.state == "succeeded", made.error_text
    product = ProductFactory(slug="orders", owner=sales, instance_id=instance_id)
    technology = granting()[driver].technology
    port = PortFactory(product=product, name="orders", technology=technology)
    people = (member_of(marketing), member_of(marketing), finance, member_of(finance))
    return Elsewhere(port, made, sales, owner, marketing, *people, holds, identity)


def at_adapter(adapter: Any) -> Elsewhere:
    spec = {k: v for k, v in witboost.spec_of().items() if k != "target"}
    return company_at(
        "witboost",
        "component",
        spec,
        {"url": adapter.url},
        {},
        lambda: [ref for refs in adapter.holds()["readers"].values() for ref in refs],
    )


def at_broker(broker: Any, service: str = DATABASE, plan: str = SMALL) -> Elsewhere:
    spec = {
        "service_id": service,
        "plan_id": f"{service}-{plan}",
        "parameters": {"size_gb": 5},
        "name": "orders",
    }
    config, secrets = {"url": broker.url, "username": USER}, {"password": PASSWORD}
    return company_at(
        "osb", "instance", spec, config, secrets, lambda: list(broker.holds()["bindings"])
    )
