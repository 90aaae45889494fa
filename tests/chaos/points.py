"""Places at which a worker of these tests dies or falls asleep: the borders of every call that
leaves a mark in the ledger or in a target. Production code knows nothing of them.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from dulwich.refs import DiskRefsContainer

from core import audit, outbox
from core.outbound import Client
from provisioning.drivers import registry
from provisioning.jobs import extensions
from provisioning.jobs.services import moves, resting, runner, stepping, undoing, work
from provisioning.jobs.services.leases import Lease

DIED = 9
CALLS: dict[str, tuple[Any, str]] = {
    "claim": (work, "claim_next"),
    "intend": (stepping, "_intend"),
    "record": (stepping, "_record"),
    "forget": (stepping, "_forget_effects"),
    "verify": (stepping, "_verified"),
    "rest": (resting, "rest"),
    "rest-pending": (resting, "rest_pending"),
    "begin-undoing": (runner, "_begin_undoing"),
    "prepare-undoing": (undoing, "prepare"),
    "finish": (runner, "finish"),
    "finish-with-step": (stepping, "finish"),
    "move": (moves, "move"),
    "audit": (audit, "record"),
    "outbox": (outbox, "emit"),
    "tell": (extensions, "tell_finished"),
    "turn": (runner, "_advance"),  # a whole turn of the runner, with its commits
    "release": (Lease, "release"),
    "request": (Client, "call"),  # of any driver that acts over HTTP
    "rename": (Path, "rename"),  # by which a repository comes and goes
    "new-ref": (DiskRefsContainer, "add_if_new"),
    "moved-ref": (DiskRefsContainer, "set_if_equals"),
}
INSIDE = ("request", "rename", "new-ref", "moved-ref")  # of a driver's verb
VERBS = ("observe", "ensure", "ensure_absent")


class Points:
    """Counts what was passed, and acts at one place."""

    def __init__(self, at: str = "", act: str = "die") -> None:
        """`at` is `<before|after>:<call>#<n>`; `act` is die, stop (until SIGCONT) or go on."""
        self.at = at
        self.act = act
        self.passed: Counter[str] = Counter()
        self.most: Counter[str] = Counter()  # passes of one worker, at most

    def begin(self) -> None:
        """Another worker starts: it counts from zero."""
        self.passed.clear()

    def reach(self, label: str) -> None:
        self.passed[label] += 1
        self.most[label] = max(self.most[label], self.passed[label])
        if f"{label}#{self.passed[label]}" != self.at:
            return
        if self.act == "die":
            os._exit(DIED)
        os.kill(os.getpid(), signal.SIGSTOP)

    def install(self) -> Callable[[], None]:
        """Wrap every boundary call; the answer takes the wrappers off again."""
        places = dict(CALLS)
        for name in registry.versions():
            for verb in VERBS:
                places[f"{name}.{verb}"] = (registry.get_driver(name), verb)
        undo = [self._wrap(label, *place) for label, place in places.items()]

        def restore() -> None:
            for each in undo:
                each()

        return restore

    def _wrap(self, label: str, owner: Any, name: str) -> Callable[[], None]:
        call = getattr(owner, name)
        own = name in vars(owner)

        @wraps(call)
        def marked(*arguments: Any, **named: Any) -> Any:
            self.reach(f"before:{label}")
            answer = call(*arguments, **named)
            self.reach(f"after:{label}")
            return answer

        setattr(owner, name, marked)
        return lambda: setattr(owner, name, call) if own else delattr(owner, name)
