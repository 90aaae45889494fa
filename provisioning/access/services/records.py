"""What the verbs on a grant have in common: its lock, its step, and what is written beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from catalog.products.services import lock_products, record_readers
from core import audit, outbox
from provisioning.access.models import Grant
from provisioning.access.selectors import GrantTarget, readers
from provisioning.jobs.models import Instance, Operation, OperationStep
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import StepDirection

DRIVER = "postgres"
TOLD = frozenset(  # to those outside who follow what happens
    f"grant.{verb}" for verb in ("activated", "failed", "extended", "revoked", "expired", "removed")
)


def lock_grant(grant: Grant) -> None:
    """Lock in the order of a worker that ends an operation: operation, instance, then the grant."""
    active = Operation.objects.active().filter(instance_id=grant.instance_id)
    list(active.select_for_update(of=("self",)).values_list("pk"))
    Instance.objects.select_for_update().only("pk").get(pk=grant.instance_id)


def lock_grants(grants: Iterable[Grant]) -> None:
    """The same for several, before any of their products is locked: a worker locks that last."""
    for grant in sorted(grants, key=lambda each: each.pk):
        lock_grant(grant)


def grant_step(target: GrantTarget, until: dt.datetime) -> StepSpec:
    """The step that has a grant's role read the tables, and all its logins end at that moment."""
    return StepSpec(
        name="Grant role",
        driver=DRIVER,
        action="grant",
        spec={
            "schema": target.schema,
            "tables": list(target.tables),
            "until": until.isoformat(),
            **({"narrow": dict(target.narrow)} if target.narrow else {}),
            **({"target": target.place} if target.place else {}),
        },
    )


def last_grant_spec(grant: Grant) -> Mapping[str, Any]:
    """What the grant's role may read, as the last operation on it said."""
    steps = OperationStep.objects.filter(
        operation__instance=grant.instance_id, direction=StepDirection.FORWARD, action="grant"
    )
    spec: Mapping[str, Any] = steps.latest("pk").spec
    return spec


def last_target(grant: Grant) -> GrantTarget:
    """The same, as what a grant opens."""
    spec = last_grant_spec(grant)
    place, narrow = spec.get("target", ""), spec.get("narrow", {})
    return GrantTarget(spec["schema"], tuple(spec["tables"]), place, narrow)


def note(verb: str, grant: Grant, *, actor: str = audit.SYSTEM, **detail: Any) -> None:
    """An audit event about `grant`, and one for the feed; `detail` never holds a secret."""
    audit.record(
        actor=actor, verb=verb, kind="grant", object_id=grant.pk, port=grant.port.fqn, **detail
    )
    if verb in TOLD:
        outbox.emit("grant.changed", key=grant.pk, grant_id=str(grant.pk), verb=verb, by=actor)


def update_readers(product_id: UUID) -> None:
    """Tell the catalogue who reads the product now; the lock puts parallel changes in a row."""
    lock_products([product_id])
    teams, users, consumers = readers(product_id)
    record_readers(
        product_id=product_id,
        team_ids=sorted(teams),
        user_ids=sorted(users),
        consumer_count=consumers,
    )
