"""A driver as the runner uses it: what is pending is asked again, with the progress it gave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from django.db import connection

from provisioning.drivers.protocol import Driver, Observed, Pending, PlannedEffect, Step

MOST_LOOKS = 50
Found = TypeVar("Found")


class Patient:
    """Verbs end; `looks` counts how often the target had not finished."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.looks: list[Pending] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver, name)

    def observe(self, step: Step) -> Observed:
        return _and_hung_up(self.driver.observe, step)

    def plan(self, step: Step) -> list[PlannedEffect]:
        return _and_hung_up(self.driver.plan, step)

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        return self._until_done(self.driver.ensure, step, effect_key, fence)

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        return self._until_done(self.driver.ensure_absent, step, effect_key, fence)

    def _until_done(
        self, verb: Callable[..., Observed], step: Step, effect_key: str, fence: int
    ) -> Observed:
        for _ in range(MOST_LOOKS):
            try:
                return _and_hung_up(verb, step, effect_key=effect_key, fence=fence)
            except Pending as pending:
                self.looks.append(pending)
                step = replace(step, progress=pending.progress)
        raise AssertionError("It is never done.")


def _and_hung_up(verb: Callable[..., Found], *arguments: Any, **more: Any) -> Found:
    """What `verb` says; a thread of its own leaves no database connection behind."""
    try:
        return verb(*arguments, **more)
    finally:
        if threading.current_thread() is not threading.main_thread():
            connection.close()
