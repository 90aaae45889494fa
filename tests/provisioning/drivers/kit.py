"""The driver kit: what every driver must pass, whatever its backend.

A module for one driver makes a `Case` per action and parametrises these functions with them.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from provisioning.drivers.protocol import Driver, Observed, StaleFence, Step, TemporaryError

Before = tuple[tuple[str, Mapping[str, Any]], ...]
DIED = 9


def quiet(level: str, source: str, text: str) -> None:
    """A log that keeps nothing."""


@dataclass(frozen=True)
class Case:
    """One action, its spec, and the steps that must have been done before it."""

    action: str
    spec: Mapping[str, Any]
    instance_id: UUID
    before: tuple[Step, ...] = ()

    @property
    def step(self) -> Step:
        return Step(self.action, self.instance_id, self.spec, quiet)


def prepare(driver: Driver, case: Case) -> None:
    for step in case.before:
        driver.ensure(step, effect_key="before", fence=1)


def twice_is_once(driver: Driver, case: Case, snapshot: Callable[[], Any]) -> None:
    prepare(driver, case)
    driver.ensure(case.step, effect_key="k", fence=2)
    once = snapshot()

    again = driver.ensure(case.step, effect_key="k", fence=2)

    assert again.exists
    assert snapshot() == once
    assert driver.observe(case.step).exists


def many_at_once_is_once(driver: Driver, case: Case, snapshot: Callable[[], Any]) -> None:
    prepare(driver, case)

    def attempt(_n: int) -> Observed | None:
        try:
            return driver.ensure(case.step, effect_key="k", fence=2)
        except TemporaryError:
            return None

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(4)))

    assert any(answer is not None and answer.exists for answer in answers)
    before = snapshot()
    driver.ensure(case.step, effect_key="k", fence=2)
    assert snapshot() == before


def stale_fence_changes_nothing(driver: Driver, case: Case, snapshot: Callable[[], Any]) -> None:
    prepare(driver, case)
    driver.ensure(case.step, effect_key="k", fence=5)
    before = snapshot()

    with pytest.raises(StaleFence):
        driver.ensure(case.step, effect_key="k", fence=4)
    with pytest.raises(StaleFence):
        driver.ensure_absent(case.step, effect_key="k", fence=4)

    assert snapshot() == before


def stale_fence_makes_nothing(driver: Driver, case: Case, snapshot: Callable[[], Any]) -> None:
    prepare(driver, case)
    driver.ensure_absent(case.step, effect_key="k", fence=5)
    before = snapshot()

    with pytest.raises(StaleFence):
        driver.ensure(case.step, effect_key="k", fence=4)

    assert snapshot() == before


def absent_twice_leaves_what_was(driver: Driver, case: Case, snapshot: Callable[[], Any]) -> None:
    prepare(driver, case)
    before = snapshot()
    driver.ensure(case.step, effect_key="k", fence=2)
    assert snapshot() != before

    first = driver.ensure_absent(case.step, effect_key="k", fence=3)
    second = driver.ensure_absent(case.step, effect_key="k", fence=3)

    assert not first.exists
    assert not second.exists
    assert snapshot() == before


def plan_changes_nothing_and_tells(driver: Driver, case: Case, snapshot: Callable[[], Any]) -> None:
    prepare(driver, case)
    before = snapshot()

    planned = driver.plan(case.step)

    assert planned
    assert {effect.change for effect in planned} == {"create"}
    assert snapshot() == before


def killed_then_repeated(
    driver: Driver, case: Case, snapshot: Callable[[], Any], program: str, verb: str
) -> None:
    """Die in `verb` at a border, try again under the next fence: as if it had run once."""
    prepare(driver, case)
    if verb == "ensure_absent":
        before = snapshot()
        driver.ensure(case.step, effect_key="k", fence=2)
        die(program)
        driver.ensure_absent(case.step, effect_key="k", fence=4)
        assert snapshot() == before
    else:
        die(program)
        answer = driver.ensure(case.step, effect_key="k", fence=4)
        assert answer.exists
        made = snapshot()
        driver.ensure(case.step, effect_key="k", fence=4)
        assert snapshot() == made


def die(program: str) -> None:
    """Run `program` in a process of its own; it must end at the planted border."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == DIED, done.stderr[-2000:]


def of_new_instance(case: Case) -> Case:
    """The same case for an instance that nobody knows yet."""
    return replace(case, instance_id=uuid4())
