"""Whether targets answer: asked on save, by people, and by a schedule."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from core import audit
from core.errors import DomainError, NotFound
from core.rounds import Round
from provisioning.drivers import policies
from provisioning.drivers.models import Target
from provisioning.drivers.places import Opened, TargetKind
from provisioning.drivers.protocol import DriverError
from provisioning.drivers.registry import target_kinds
from provisioning.drivers.targets import open_target

EVERY = dt.timedelta(minutes=10)
EVERY_WHEN_DOWN = dt.timedelta(minutes=1)
AT_ONCE = 20  # targets of one round of the schedule

log = structlog.get_logger(__name__)
_round = Round("targets")
_probes = threading.BoundedSemaphore(4)  # hanging targets must leave threads for pages


@dataclass(frozen=True)
class Health:
    ok: bool
    message: str


class TooManyChecks(DomainError):
    """Other targets are being asked, and they take their time."""

    code = "too-many-checks"
    status = 429


def probed(kind: TargetKind, place: Opened) -> Health:
    """What the driver finds at the place; takes up to some ten seconds.

    Raises:
        TooManyChecks: this process is asking four targets already.
    """
    if not _probes.acquire(timeout=1):
        raise TooManyChecks("The portal is asking other targets just now; try again in a moment.")
    try:
        return Health(True, kind.probe(place)[:500])
    except DriverError as error:
        return Health(False, str(error)[:500])
    finally:
        _probes.release()


def check_target(*, target: Target, actor: Actor) -> Target:
    """Ask the target now, and keep what it says.

    Raises:
        NotAllowed: `actor` is no owner of its team and no platform engineer.
        NotFound: it was retired meanwhile.
        TooManyChecks: try again in a moment.
    """
    policies.require_check(actor, target)
    keep_health(target, _asked(target), by=actor.name)
    target.refresh_from_db()
    if target.retired_at is not None:
        raise NotFound()
    return target


def check_due() -> None:
    """Begin to ask up to `AT_ONCE` targets that are due, in a thread: some may hang."""
    if _round.is_going_on:
        return
    with transaction.atomic():
        due = Target.objects.filter(check_after__lte=Now()).select_for_update(skip_locked=True)
        ids = list(due.order_by("check_after").values_list("pk", flat=True)[:AT_ONCE])
        Target.objects.filter(pk__in=ids).update(check_after=Now() + EVERY)
    if ids:
        _round.begin(partial(check_all, ids))


def check_all(ids: Sequence[UUID]) -> None:
    """Ask these targets, one after the other."""
    for target in Target.objects.filter(pk__in=ids).select_related("owner"):
        try:
            keep_health(target, _asked(target), by=audit.SYSTEM)
        except Exception:  # a driver's fault in one probe must not end the round
            log.exception("target.check-failed", target=target.slug)


@transaction.atomic
def keep_health(target: Target, health: Health, *, by: str) -> None:
    """Write what was found, unless the target was changed or retired since it was asked.

    A turn for the better or worse is put on record, and so is every check by people.
    """
    turned = target.healthy is not None and target.healthy != health.ok
    every = EVERY if health.ok else EVERY_WHEN_DOWN
    changes = {"healthy": health.ok, "health": health.message, "checked_by": by}
    asked = Target.objects.filter(pk=target.pk, updated_at=target.updated_at)
    kept = asked.update(**changes, checked_at=Now(), check_after=Now() + every)
    if kept and (turned or by != audit.SYSTEM):
        audit.record(
            actor=by,
            verb="target.checked",
            kind="target",
            object_id=target.slug,
            ok=health.ok,
            message=health.message,
        )


def _asked(target: Target) -> Health:
    kind = target_kinds().get(target.driver)
    if kind is None:
        return Health(False, f"There is no driver “{target.driver}” here.")
    try:
        place = open_target(target)
    except DriverError as error:
        return Health(False, str(error))
    return probed(kind, place)
