"""The way to the broker: a message wakes a worker, and losing it has no meaning."""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings

WAKE = "jobs.wake"
PAUSE_S = 15.0  # after a failure this process does not try again for so long

log = structlog.get_logger(__name__)


class _Fuse:
    """Keeps a dead broker from costing every request its connect timeout."""

    def __init__(self) -> None:
        self._closed_at = 0.0  # monotonic seconds

    @property
    def blown(self) -> bool:
        return time.monotonic() < self._closed_at

    def blow(self) -> None:
        self._closed_at = time.monotonic() + PAUSE_S


_fuse = _Fuse()


def wake(operation_id: UUID) -> bool:
    """Send one message, best effort; True when the broker has taken it."""
    if not settings.CELERY_BROKER_URL or _fuse.blown:
        return False
    try:
        current_app.send_task(
            WAKE, args=[str(operation_id)], ignore_result=True, retry=False, expires=60
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, sweepers and pulling workers go on
        _fuse.blow()
        log.warning("broker.unreachable", error=f"{type(error).__name__}: {error}"[:300])
        return False
    return True
