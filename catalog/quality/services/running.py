"""When checks are run: put off by their schedule, or asked for now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from accounts.actors import Actor
from catalog.products.models import DataProduct, OutputPort
from catalog.products.policies import require_product_change
from catalog.quality.models import QualityCheck
from catalog.quality.models.checks import QualityCheckQuerySet
from catalog.quality.schedules import next_due
from core import audit
from core.clock import db_now
from core.errors import Invalid
from core.problems import Problem

AT_WORK = dt.timedelta(minutes=5)  # a run has ended by then, one way or the other
AGAIN_AFTER = dt.timedelta(seconds=10)  # a result so young is what a new run would find


@transaction.atomic
def postpone(*, check_ids: Sequence[int]) -> None:
    """Mark checks as taken: due again by their schedule, whatever becomes of the run."""
    now = db_now()
    taken = QualityCheck.objects.filter(pk__in=check_ids)
    for schedule, every_s in taken.order_by().values_list("schedule", "every_s").distinct():
        taken.filter(schedule=schedule, every_s=every_s).update(
            due_at=next_due(schedule, every_s, now), taken_at=now
        )


def release(*, check_ids: Sequence[int]) -> None:
    """A run of checks has ended: they may be asked for again."""
    QualityCheck.objects.filter(pk__in=check_ids).update(taken_at=None)


def rows_changed(*, port: OutputPort) -> None:
    """The rows of a port are others now: whatever its checks said, they are due at once."""
    checks = QualityCheck.objects.filter(port=port, active=True, runnable=True)
    checks.update(due_at=db_now(), taken_at=None)


@transaction.atomic
def run_now(*, product: DataProduct, actor: Actor) -> int:
    """Have all checks of a product run that the portal can run; returns how many those are.

    Those that are at work, or gave a result within ten seconds, are not run once more.

    Raises:
        NotAllowed: the actor is not in the owner team.
    """
    require_product_change(actor, product)
    checks = QualityCheck.objects.filter(port__product=product, active=True, runnable=True)
    if _make_due(checks):
        audit.record(
            actor=actor.name, verb="quality.requested", kind="product", object_id=product.fqn
        )
    return checks.count()


@transaction.atomic
def run_check_now(*, check: QualityCheck, actor: Actor) -> bool:
    """Have one check run; False when it is at work, or gave a result within ten seconds.

    Raises:
        NotAllowed: the actor is not in the owner team.
        Invalid: code `check-not-runnable`: the portal does not run it; the message says why.
    """
    product = check.port.product
    require_product_change(actor, product)
    if not (check.active and check.runnable):
        why = check.note or "Another tool sends its results."
        text = f"The portal does not run this check. {why}"
        raise Invalid(text, [Problem("", "check-not-runnable", text)])
    is_new = _make_due(QualityCheck.objects.filter(pk=check.pk))
    if is_new:
        audit.record(
            actor=actor.name,
            verb="quality.requested",
            kind="product",
            object_id=product.fqn,
            check=check.pk,
        )
    return bool(is_new)


def _make_due(checks: QualityCheckQuerySet) -> int:
    now = db_now()
    free = Q(taken_at=None) | Q(taken_at__lte=now - AT_WORK)
    old = Q(measured_at=None) | Q(measured_at__lte=now - AGAIN_AFTER)
    waiting = Q(due_at=None) | Q(due_at__gt=now)
    return checks.filter(free, old, waiting).update(due_at=now)
