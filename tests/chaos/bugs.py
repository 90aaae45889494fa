"""Planted bugs: each makes one promise of the ledger untrue, in a worker of these tests only.

That there is no sweeper, and no index that lets one job at a time at an instance, is arranged by
the tests themselves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from core import outbox
from provisioning.drivers.protocol import Observed
from provisioning.jobs.models import Operation
from provisioning.jobs.services import moves, stepping, undoing
from provisioning.jobs.services.leases import Lease
from tests.chaos.points import DIED
from tests.chaos.shelf import TracedShelf


def fence_off() -> None:
    """The target takes whoever comes."""
    TracedShelf.raise_fence = lambda *_: None  # type: ignore[method-assign]


def lease_check_off() -> None:
    """Whoever once had the operation may write to it."""

    @contextmanager
    def held(lease: Lease) -> Iterator[Operation]:
        with transaction.atomic():
            yield Operation.objects.select_for_update(of=("self",)).get(pk=lease.operation_id)

    Lease.held = held  # type: ignore[method-assign]


def compensation_skipped() -> None:
    """What failed is not undone."""
    undoing.prepare = lambda _operation: None


def event_outside_the_transaction() -> None:
    """The event follows the commit; between the two, the worker dies."""

    def late(*_: Any, **__: Any) -> None:
        transaction.on_commit(lambda: os._exit(DIED))

    outbox.emit = late


def revoke_unverified() -> None:
    """The target says that it is gone, and nobody looks."""
    TracedShelf.ensure_absent = (  # type: ignore[method-assign]
        lambda shelf, step, *, effect_key, fence: Observed(False, fence)
    )


def secret_in_the_log() -> None:
    """Secrets of a step are written down."""
    record = stepping._record

    def telling(lease: Lease, step: Any, observed: Observed) -> None:
        record(lease, step, observed)
        with lease.held() as operation:
            moves.note(operation, str(dict(observed.secrets)))

    stepping._record = telling


WORKER: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        fence_off,
        lease_check_off,
        compensation_skipped,
        event_outside_the_transaction,
        revoke_unverified,
        secret_in_the_log,
    )
}
