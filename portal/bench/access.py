"""Access: how soon a grant that a rule approves is usable, and how fast many run out at once.

Both in the built-in warehouse, with workers and a sweeper of the measurement's own. A grant is
usable when a query with its login has answered; it is gone when the warehouse was seen without it.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.db.models import Min
from psycopg import sql

from accounts.actors import Actor, actor_of, system_actor
from accounts.models import Domain, Membership, Team, User
from accounts.states import TeamRole
from catalog.products.models import DataProduct, OutputPort
from catalog.products.states import ProductStatus
from core.clock import db_now
from core.errors import Conflict, InvalidTransition, NotFound
from core.ids import uuid7
from portal.bench.core import Result, Spread
from portal.bench.jobs import (
    PATIENCE_S,
    all_ended,
    committed_row_ms,
    running,
    woken_by_broker,
    worker,
)
from provisioning.access.models import Grant
from provisioning.access.selectors import GrantTarget, grant_targets
from provisioning.access.services import AccessData, request_access, reveal_credential
from provisioning.access.services.records import login_steps, opening_steps
from provisioning.access.states import GrantState
from provisioning.blueprints.selectors.placing import location
from provisioning.drivers import registry
from provisioning.drivers.postgres.session import connected
from provisioning.drivers.postgres.target import warehouse
from provisioning.drivers.protocol import Step, Terms
from provisioning.jobs.models import Effect, Instance, Operation, OperationStep
from provisioning.jobs.selectors import queue
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.states import OperationKind, OperationState, StepState
from provisioning.requests.models import DecisionRule, Request
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import save_rule
from provisioning.requests.states import RequestKind, RequestState

PLACE = "bench-access"
SINGLE = 30  # one after the other
GRANTS = 1000  # that run out in the same second
PORTS = 20  # of the product, each with a table of its own
MOST_PORTS = 500
LEAD_S = 30  # before they run out: time to have workers and sweeper warm
BUDGET_MS, BUDGET_S = 3000, 600
COLUMNS = [{"name": "id", "logical_type": "integer"}]
LAST_FENCE = 1_000_000


@dataclass(frozen=True)
class Place:
    """A product with tables in the warehouse, its owner, and a port for each table."""

    team: Team
    owner: Actor
    ports: Sequence[OutputPort]
    targets: Mapping[UUID, GrantTarget]  # by port


def run(grants: int = GRANTS, ports: int = PORTS) -> Result:
    """Measure with two worker processes and one sweeper.

    Args:
        grants: how many run out in the same second.
        ports: over how many tables they are spread; a table of PostgreSQL holds some 2,400.

    Raises:
        Conflict: a job does not end.
    """
    if queue().workers:
        why = "workers are at work here; take a data folder of its own"
        return Result("access", {}, extra={"not measured": why})
    floor_ms = committed_row_ms()
    extra: dict[str, Any] = {"floor: a row committed, ms": round(floor_ms, 2)}
    with ExitStack() as stack:
        url = stack.enter_context(woken_by_broker())
        stack.callback(_forget)
        for _ in range(2):
            stack.enter_context(worker(url))
        place = _made(ports)
        extra["asked for to first row, by rule"] = _usable(place, floor_ms)
        stack.enter_context(running(("manage.py", "sweep"), url))
        extra[f"{grants:,} that run out at once"] = _running_out(place, grants)
    sizes = {"grants": grants, "ports": ports, "worker processes": 2}
    return Result("access", sizes, extra=extra)


def _specs(tables: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of the product's steps."""
    objects = [{"name": each, "properties": COLUMNS} for each in tables]
    return {
        "schema": {"slug": PLACE},
        "tables": {"slug": PLACE, "objects": objects},
        "roles": {"slug": PLACE},
        "sample": {"slug": PLACE, "rows": {each: [{"id": 1}] for each in tables}},
    }


def _made(ports: int) -> Place:
    domain, _ = Domain.objects.get_or_create(path=PLACE, defaults={"name": "Bench"})
    team, _ = Team.objects.get_or_create(slug=PLACE, defaults={"name": "Bench", "domain": domain})
    boss, _ = User.objects.get_or_create(username=PLACE)
    Membership.objects.get_or_create(user=boss, team=team, defaults={"role": TeamRole.OWNER})
    instance_id = uuid7()
    tables = [f"rows{n}" for n in range(ports)]
    made = accept(
        instance_id=instance_id,
        kind=OperationKind.PROVISION,
        title=PLACE,
        steps=[StepSpec(name, "postgres", name, spec) for name, spec in _specs(tables).items()],
        actor=system_actor(),
        new_instance=InstanceData("bench-product", PLACE, "", domain, team, "postgres"),
    )
    all_ended([made.pk])
    product = DataProduct.objects.create(
        document_id=PLACE,
        slug=PLACE,
        fqn=f"{PLACE}.{PLACE}",
        name="Bench",
        domain=domain,
        owner=team,
        status=ProductStatus.ACTIVE,
        instance_id=instance_id,
    )
    offered = [_port(product, instance_id, each) for each in tables]
    place = Place(team, actor_of(boss), offered, grant_targets(offered))
    if len(place.targets) < ports:
        raise Conflict("The product of the measurement was not made.")
    save_rule(
        actor=place.owner,
        name=PLACE,
        condition="duration < 100",
        outcome={"approve": True},
        scope=Scope(port=offered[0]),
    )
    return place


def _port(product: DataProduct, instance_id: UUID, table: str) -> OutputPort:
    where = location(PLACE, instance_id, [table])
    return OutputPort.objects.create(
        product=product, name=table, fqn=f"{product.fqn}/{table}@1", location=where
    )


def _usable(place: Place, floor_ms: float) -> dict[str, Any]:
    readers = [_reader(f"{PLACE}-{n}") for n in range(SINGLE + 1)]
    _usable_after_ms(place, readers[0])  # workers are there and warm
    times = []
    for n, each in enumerate(readers[1:]):
        time.sleep(0.3 + 0.7 * (n * 37 % 100) / 100)  # at any point of the workers' rhythm
        times.append(_usable_after_ms(place, each))
    spread = Spread.of(times)
    return {
        "p50 ms": round(spread.p50),
        "p95 ms": round(spread.p95),
        "budget p95 ms": BUDGET_MS,
        "p50 × floor": round(spread.p50 / floor_ms, 1),
    }


def _reader(name: str) -> User:
    return User.objects.get_or_create(username=name)[0]


def _usable_after_ms(place: Place, reader: User) -> float:
    """From the call that asks to the answer of a query with the new login."""
    until = db_now().date() + dt.timedelta(days=30)
    actor = actor_of(reader)
    port = place.ports[0]
    asked = AccessData(port.fqn, f"user:{reader.username}", "To be measured, once.", until)
    started = time.perf_counter()
    grant = Grant.objects.get(request=request_access(asked, actor=actor))
    base = place.targets[port.pk].base
    table = sql.Identifier(base["schema"], base["tables"][0])
    while True:
        try:
            shown = reveal_credential(grant=grant, actor=actor)
            break
        except (InvalidTransition, NotFound):
            if time.perf_counter() - started > PATIENCE_S:
                raise Conflict("A grant of the measurement is not set up.") from None
            time.sleep(0.02)
    with psycopg.connect(shown.dsn) as conn:
        conn.execute(sql.SQL("SELECT id FROM {}").format(table)).fetchall()
    return (time.perf_counter() - started) * 1000


def _running_out(place: Place, count: int) -> dict[str, Any]:
    grants = _granted(place, count)
    ids = [each.pk for each in grants]
    end = db_now() + dt.timedelta(seconds=LEAD_S)
    Grant.objects.filter(pk__in=ids).update(until=end)
    mine = Grant.objects.filter(pk__in=ids)
    while mine.filter(removed_at=None).exists():
        if db_now() > end + dt.timedelta(seconds=3 * BUDGET_S):
            raise Conflict(f"{mine.filter(removed_at=None).count()} grants are still there.")
        time.sleep(1)
    first = mine.aggregate(Min("ended_at"))["ended_at__min"]
    took_s = (db_now() - end).total_seconds()
    return {
        "all gone after s": round(took_s, 1),
        "budget s": BUDGET_S,
        "a second": round(count / took_s, 1),
        "ended early": int(first < end),
        "roles left": _roles_left(ids),
    }


def _granted(place: Place, count: int) -> list[Grant]:
    """Grants in force with their roles in the warehouse, made past the jobs."""
    readers = [_reader(f"{PLACE}-many-{n}") for n in range(-(-count // len(place.ports)))]
    pairs = [(port, reader) for reader in readers for port in place.ports][:count]
    soon = db_now() + dt.timedelta(days=1)
    grants = [_row(place, port, reader, soon) for port, reader in pairs]
    driver = registry.get_driver("postgres")

    def make(grant: Grant) -> None:
        for step in _steps(place, grant, soon):
            call = Step(step.action, grant.instance_id, step.spec, _silent)
            driver.ensure(call, effect_key="", fence=1)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(make, grants))
    return grants


def _steps(place: Place, grant: Grant, until: dt.datetime) -> Sequence[StepSpec]:
    target, reader = place.targets[grant.port_id], grant.consumer_user
    assert reader is not None
    terms = Terms((f"user:{reader.username}",), until)
    return [*opening_steps(target, terms), *login_steps(target, reader, until)]


def _row(place: Place, port: OutputPort, reader: User, until: dt.datetime) -> Grant:
    """What a job would have left in the ledger."""
    request = Request.objects.create(
        kind=RequestKind.ACCESS, title=PLACE, requester=reader, state=RequestState.SUCCEEDED
    )
    instance = Instance.objects.create(
        id=request.instance_id,
        kind="grant",
        name=PLACE,
        domain=port.product.domain,
        owner=place.team,
        driver="postgres",
        observed_state="present",
        observed_generation=1,
        fence=1,
    )
    grant = Grant.objects.create(
        id=instance.pk,
        request=request,
        instance=instance,
        port=port,
        consumer_user=reader,
        purpose=PLACE,
        state=GrantState.ACTIVE,
        until=until,
    )
    operation = Operation.objects.create(
        instance=instance,
        lane=instance.domain_id,
        kind=OperationKind.BIND,
        state=OperationState.SUCCEEDED,
        title=PLACE,
        actor_id=0,
        spec={"steps": []},
        deadline_at=until,
        finished_at=db_now(),
    )
    OperationStep.objects.bulk_create(
        OperationStep(
            operation=operation,
            n=n,
            name=step.name,
            driver=step.driver,
            action=step.action,
            spec=step.spec,
            state=StepState.VERIFIED,
            effect_key=f"{instance.pk}-{n}",
        )
        for n, step in enumerate(_steps(place, grant, until))
    )
    return grant


def _roles_left(ids: Sequence[UUID]) -> int:
    marks = {pk.hex[-16:] for pk in ids}
    with connected(warehouse(None)) as conn:
        names = conn.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^(gr|lg)_'").fetchall()
    return sum(any(mark in name for mark in marks) for (name,) in names)


def _drop(product: DataProduct) -> None:
    """What is left in the warehouse, grants first."""
    driver = registry.get_driver("postgres")
    left = Grant.objects.filter(port__product=product, removed_at=None).select_related("port")
    assert product.instance_id is not None  # it was made
    steps = [Step("grant", each.instance_id, _opened(each.port), _silent) for each in left]
    specs = _specs(list(product.output_ports.order_by("pk").values_list("name", flat=True)))
    steps += [Step(name, product.instance_id, specs[name], _silent) for name in reversed(specs)]
    for step in steps:
        driver.ensure_absent(step, effect_key="", fence=LAST_FENCE)


def _opened(port: OutputPort) -> dict[str, Any]:
    return {"schema": port.location["schema"], "tables": sorted(port.location["tables"].values())}


def _silent(level: str, source: str, text: str) -> None:
    """A measurement leaves no lines."""


def _forget() -> None:
    """Take the rows away again; what grants are left in the warehouse goes with their schema."""
    product = DataProduct.objects.filter(slug=PLACE)
    grants = Grant.objects.filter(port__product__in=product)
    instances = list(grants.values_list("instance_id", flat=True))
    requests = list(grants.values_list("request_id", flat=True))
    made = list(product.values_list("instance_id", flat=True))
    for each in product:
        _drop(each)
    grants.delete()
    Request.objects.filter(pk__in=requests).delete()
    DecisionRule.objects.filter(name=PLACE).delete()
    product.delete()
    Effect.objects.filter(instance__in=[*instances, *made]).delete()
    Operation.objects.filter(instance__in=[*instances, *made]).delete()
    Instance.objects.filter(pk__in=[*instances, *made]).delete()
    User.objects.filter(username__startswith=PLACE).delete()
    Team.objects.filter(slug=PLACE).delete()
    Domain.objects.filter(path=PLACE).delete()
