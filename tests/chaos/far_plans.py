"""What the drivers are asked that act in targets of teams (`tests.chaos.places`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from accounts.models import Team
from provisioning.jobs.services import StepSpec
from tests.chaos.places import ALIEN
from tests.chaos.plans import Plan, Steps
from tests.provisioning.drivers.broker import DATABASE, SLOW, SMALL

ANALYST, LOADER = "arn:aws:iam::123456789012:role/analyst", "arn:aws:iam::123456789012:user/loader"
Many = Callable[[UUID, Team], Steps]
One = Callable[[UUID, Team], StepSpec]


def _hook(colour: str) -> Many:
    def steps(instance: UUID, team: Team) -> Steps:
        spec = {"target": "hook", "kind": "dashboard", "parameters": {"colour": colour}}
        return [
            StepSpec(name, "webhook", "resource", {**spec, "name": name})
            for name in ("orders", "returns")
        ]

    return steps


def _hook_refused(instance: UUID, team: Team) -> StepSpec:
    spec = {"target": "hook", "kind": "dashboard", "name": ALIEN}
    return StepSpec("No room", "webhook", "resource", spec)


def _repository(target: str, title: str) -> Many:
    def steps(instance: UUID, team: Team) -> Steps:
        values = {"domain": "sales", "team": team.slug}
        spec = {"target": target, "slug": "orders", "title": title, "values": values}
        return [StepSpec("Repository", "git", "repository", spec)]

    return steps


def _repository_refused(target: str) -> One:
    spec = {"target": target, "slug": "orders", "name": ALIEN}
    return lambda _instance, _team: StepSpec("Taken", "git", "repository", spec)


def _grant(bucket: str) -> StepSpec:
    spec = {"target": "lake", "bucket": bucket, "principal": ANALYST, "access": "read"}
    return StepSpec("Grant", "s3", "area-grant", spec)


def _area(days: int) -> Many:
    def steps(instance: UUID, team: Team) -> Steps:
        more = {"expire_days": days, "roles": {"write": [LOADER]}}
        area = {"target": "lake", "slug": "orders", **more}
        bucket = f"meshport-orders-{instance.hex[-8:]}"
        return [StepSpec("Area", "s3", "area", area), _grant(bucket)]

    return steps


def _service(plan: str, size: int) -> Many:
    def steps(instance: UUID, team: Team) -> Steps:
        spec = {"target": "brokers", "service_id": DATABASE, "plan_id": f"{DATABASE}-{plan}"}
        return [
            StepSpec("Database", "osb", "instance", {**spec, "parameters": {"size_gb": size}}),
            StepSpec("Credentials", "osb", "binding", spec),
        ]

    return steps


def _service_refused(instance: UUID, team: Team) -> StepSpec:
    nowhere = str(uuid5(instance, "nowhere"))
    spec = {"target": "brokers", "service_id": DATABASE, "plan_id": f"{DATABASE}-{SMALL}"}
    return StepSpec("Refused", "osb", "binding", {**spec, "of": nowhere})


def _component(target: str, instance: UUID, team: Team, **more: Any) -> dict[str, Any]:
    product = {"domain": "sales", "slug": f"p-{instance.hex}", "name": "Orders", "team": team.slug}
    component = {"kind": "storage", "name": "orders", "infrastructure_template": "lake", **more}
    return {"target": target, "product": product, "component": component}


def _components(target: str, title: str, *readers: str) -> Many:
    def steps(instance: UUID, team: Team) -> Steps:
        spec = _component(target, instance, team, title=title)
        return [
            StepSpec("Component", "witboost", "component", spec),
            StepSpec("Readers", "witboost", "acl", {**spec, "refs": list(readers)}),
        ]

    return steps


def _component_refused(target: str) -> One:
    bad = {"name": "bad", "specific": {"bad": "There is no such lake."}}
    return lambda instance, team: StepSpec(
        "Refused", "witboost", "component", _component(target, instance, team, **bad)
    )


def _git(name: str, target: str) -> Plan:
    first, second = _repository(target, "Orders"), _repository(target, "All orders")
    return Plan("git", first, second, _repository_refused(target), name)


def _osb(name: str, plan: str, larger: int) -> Plan:
    return Plan("osb", _service(plan, 5), _service(plan, larger), _service_refused, name)


def _witboost(name: str, target: str) -> Plan:
    first = _components(target, "Orders", "user:asa")
    second = _components(target, "All orders", "user:asa", "group:finance")
    return Plan("witboost", first, second, _component_refused(target), name)


FAR_PLANS = (
    Plan("webhook", _hook("green"), _hook("blue"), _hook_refused, "webhook"),
    _git("folder", "repositories"),
    _git("git-server", "gits"),
    Plan("s3", _area(30), _area(60), lambda *_: _grant("meshport-nowhere"), "s3"),
    _osb("broker", SMALL, 10),
    _osb("slow-broker", SLOW, 99),
    _witboost("adapter", "adapter"),
    _witboost("slow-adapter", "slow-adapter"),
)
