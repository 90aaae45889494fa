"""What a worker process does with its one slot: claim, run, again."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from uuid import UUID

from provisioning.jobs.services.leases import claim, claim_next
from provisioning.jobs.services.runner import Stop, run

_slot = threading.Lock()  # one operation at a time in a process, whoever brought it


def owner_name() -> str:
    """Who holds the leases of this process; the random part tells a reused pid apart."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def run_one(operation_id: UUID, owner: str, *, should_stop: Stop = lambda: False) -> bool:
    """Run this operation if it is due, nobody's, and the slot is free."""
    return _run(owner, operation_id, should_stop)


def run_next(owner: str, *, should_stop: Stop = lambda: False) -> bool:
    """Run the operation that has been due longest; False when there is none or no free slot."""
    return _run(owner, None, should_stop)


def run_due(*, limit: int = 1000) -> int:
    """Run what is due, in this process, until nothing is; returns how often something ran."""
    owner = owner_name()
    return next((n for n in range(limit) if not run_next(owner)), limit)


def _run(owner: str, operation_id: UUID | None, should_stop: Stop) -> bool:
    if not _slot.acquire(blocking=False):
        return False
    try:
        lease = claim_next(owner) if operation_id is None else claim(operation_id, owner)
        if lease is None:
            return False
        run(lease, should_stop=should_stop)
        return True
    finally:
        _slot.release()
