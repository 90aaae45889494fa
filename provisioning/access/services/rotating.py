"""Logins are renewed by schedule, old ones withdrawn, and it is seen which are in use."""

from __future__ import annotations

import datetime as dt
import time

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import system_actor
from core import outbox
from core.errors import ConcurrencyError
from provisioning.access.models import Credential
from provisioning.access.services.records import note
from provisioning.access.services.renewing import renew_login, withdraw_login
from provisioning.access.states import GrantState
from provisioning.drivers import registry
from provisioning.drivers.protocol import Activity, DriverError
from provisioning.jobs.selectors import at_rest
from provisioning.jobs.states import OperationKind

AT_ONCE = 100  # credentials a round of the sweeper
WARN_BEFORE = dt.timedelta(days=7)
TRY_AGAIN_AFTER = dt.timedelta(minutes=10)
LEFT_ALONE_S = 60.0  # a warehouse that does not answer: each try may take the sweeper seconds
SEEN_TO = dt.timedelta(minutes=1)  # how exactly it is kept when a login was last seen

_left_alone: dict[str, float] = {}  # driver: until when, by this process's clock


def rotate_due() -> int:
    """Renew what has come of age, and warn of what comes next; returns how many.

    The holder has a day to fetch the new one, and can make one at any time before.
    """
    _warn()
    due = _in_use().filter(_rested(), rotate_at__lte=Now())
    return sum(_rotate(each) for each in _named(due).order_by("rotate_at")[:AT_ONCE])


def withdraw_previous() -> int:
    """Take away what others have replaced, when its time is over; returns of how many people."""
    due = Credential.objects.filter(
        _rested(), grant__state=GrantState.ACTIVE, previous_until__lte=Now()
    )
    found = _named(due.defer("ciphertext")).order_by("previous_until")[:AT_ONCE]
    return sum(_withdraw(each) for each in found)


def note_connected() -> int:
    """Keep which logins are connected just now; returns of how many that is news."""
    names: set[str] = set()
    for name in registry.versions():
        driver = registry.get_driver(name)
        if isinstance(driver, Activity) and _left_alone.get(name, 0.0) <= time.monotonic():
            try:
                names.update(driver.connected())
            except DriverError:
                _left_alone[name] = time.monotonic() + LEFT_ALONE_S
    unseen = Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=Now() - SEEN_TO)
    seen = Credential.objects.filter(unseen, username__in=names, destroyed_at__isnull=True)
    return seen.update(last_seen_at=Now()) if names else 0


def _rested() -> Q:
    """On whose grant nothing is at work, and nothing of the kind has ended just now."""
    rotated = at_rest("grant__instance", OperationKind.ROTATE, TRY_AGAIN_AFTER)
    return rotated & at_rest("grant__instance", OperationKind.UPDATE, TRY_AGAIN_AFTER)


def _named(due: models.QuerySet[Credential]) -> models.QuerySet[Credential]:
    return due.select_related("holder", "grant__port__product", "grant__request__team")


def _in_use() -> models.QuerySet[Credential]:
    return Credential.objects.filter(
        destroyed_at__isnull=True, grant__state=GrantState.ACTIVE
    ).defer("ciphertext")


@transaction.atomic
def _warn() -> None:
    soon = _in_use().filter(warned_at__isnull=True, rotate_at__lte=Now() + WARN_BEFORE)
    waiting = soon.filter(rotate_at__gt=Now()).select_for_update(of=("self",), skip_locked=True)
    found = list(waiting.order_by("rotate_at")[:AT_ONCE])
    Credential.objects.filter(pk__in=[each.pk for each in found]).update(warned_at=Now())
    for each in found:
        outbox.emit("credential.rotating", key=each.pk, credential_id=str(each.pk))


def _rotate(credential: Credential) -> int:
    grant = credential.grant
    try:
        with transaction.atomic():
            operation = renew_login(grant, credential.holder, system_actor())
            said = {"username": credential.username, "operation": str(operation.pk)}
            note("credential.rotated", grant, **said)
    except ConcurrencyError:
        return 0  # somebody was quicker; the next round comes back
    return 1


def _withdraw(credential: Credential) -> int:
    grant = credential.grant
    try:
        with transaction.atomic():
            operation = withdraw_login(grant, credential.holder, system_actor())
            if operation is not None:
                note("credential.withdrawn", grant, operation=str(operation.pk))
    except ConcurrencyError:
        return 0  # somebody was quicker; the next round comes back
    return 1 if operation is not None else 0
