"""C10: a worker sleeps past its lease; another one ends the job; the first one wakes."""

from __future__ import annotations

import os
import signal

import pytest

from tests.chaos.checker import violations
from tests.chaos.conftest import Ground, new_instance
from tests.chaos.plans import PLANS, Plan
from tests.chaos.test_crash_matrix import (
    BEGINNINGS,
    Begin,
    compensate,
    deprovision,
    passed_by,
    provision,
)

# where no transaction is open: who sleeps in one keeps the row, and is thrown out by the server
OUTSIDE = ("intend", "record", "turn", "begin-undoing", ".observe", ".ensure", ".ensure_absent")


def falls_asleep_at(ground: Ground, place: str) -> int:
    """Workers come until one stops at `place`."""
    for _ in range(10):
        pid = ground.forge.start(at=place, act="stop")
        if ground.forge.wait(pid) == -signal.SIGSTOP:
            return pid
        ground.make_due()
    raise AssertionError(f"nobody came by {place}")


def sleeps(ground: Ground, plan: Plan, begin: Begin) -> int:
    """A worker falls asleep at each place outside transactions, past its lease; how many."""
    points, _ = passed_by(ground, plan, begin)
    places = [label for label in points.most if label.endswith(OUTSIDE)]
    operations = []
    for place in places:
        operation = begin(ground, plan, new_instance())
        pid = falls_asleep_at(ground, f"{place}#1")
        ground.run_to_the_end()
        operation.refresh_from_db()
        assert operation.state == BEGINNINGS[begin], f"{place}: {operation.error_text}"
        os.kill(pid, signal.SIGCONT)
        assert ground.forge.wait(pid) == 0, place
        operations.append(operation)
    assert violations(ground.evidence(*operations)) == []
    return len(places)


@pytest.mark.parametrize("begin", [provision, deprovision, compensate], ids=lambda b: b.__name__)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.driver)
def test_who_wakes_after_its_lease_changes_nothing(ground, plan, begin):
    assert sleeps(ground, plan, begin) >= 6
