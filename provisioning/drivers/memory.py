"""What the portal remembers of things whose target keeps no fence: one row per resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from provisioning.drivers.models import DriverFence
from provisioning.drivers.protocol import Json, StaleFence


def recalled(resource: str) -> Json:
    """What was last written down of `resource`; empty when nothing ever was."""
    row = DriverFence.objects.filter(resource=resource).first()
    known: Mapping[str, Any] = row.known if row else {}
    return known


def recalled_of(beginning: str, **said: str) -> list[Json]:
    """What is known of all resources that begin so, and of which that was written down."""
    rows = DriverFence.objects.filter(resource__startswith=beginning, known__contains=said)
    return list(rows.values_list("known", flat=True))


def raise_fence(resource: str, fence: int) -> Json:
    """Let no worker of an older fence go on; returns what is known of the resource.

    To be called in a transaction when what follows has to be kept or dropped with it.

    Raises:
        StaleFence: a newer worker has been here.
    """
    with transaction.atomic():
        DriverFence.objects.get_or_create(resource=resource, defaults={"fence": fence})
        row = DriverFence.objects.select_for_update().get(resource=resource)
        if row.fence > fence:
            raise _taken_over()
        if row.fence < fence:
            DriverFence.objects.filter(pk=row.pk).update(fence=fence)
    known: Mapping[str, Any] = row.known
    return known


def remember(resource: str, fence: int, known: Json) -> None:
    """Write down what is known now; it stands before a call is made, and after it was answered.

    Raises:
        StaleFence: a newer worker has been here.
    """
    rows = DriverFence.objects.filter(resource=resource, fence=fence)
    if not rows.update(known=dict(known)):
        raise _taken_over()


def _taken_over() -> StaleFence:
    return StaleFence("A newer worker has taken over; nothing was changed.")
