"""What a worker process does with its one slot: claim, run, again."""

from __future__ import annotations

import os
import socket
import threading
import uuid

from provisioning.jobs.services.leases import claim_next
from provisioning.jobs.services.runner import Stop, run

_slot = threading.Lock()  # one operation at a time in a process, whoever brought it


def owner_name() -> str:
    """Who holds the leases of this process; the random part tells a reused pid apart."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def run_next(owner: str, *, should_stop: Stop = lambda: False) -> bool:
    """Claim and run one operation; False when nothing is due or the slot is not free."""
    if not _slot.acquire(blocking=False):
        return False
    try:
        lease = claim_next(owner)
        if lease is None:
            return False
        run(lease, should_stop=should_stop)
        return True
    finally:
        _slot.release()


def run_due(*, limit: int = 1000) -> int:
    """Run what is due, in this process, until nothing is; returns how often something ran."""
    owner = owner_name()
    return next((n for n in range(limit) if not run_next(owner)), limit)
