"""The driver kit: one suite that every driver passes, whatever its backend.

A module for one driver makes a `Case` per action and parametrises these functions with them:
`RULES` on a target that works, `killed_then_repeated` at each border, `faulty_target_is_told` on
each of `FAULTS` (and those of its protocol), and names of `HOSTILE_NAMES` wherever it takes names.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from provisioning.drivers.protocol import (
    Driver,
    DriverError,
    Observed,
    StaleFence,
    Step,
    TemporaryError,
)
from tests.core.outbound.servers import Handler, raw

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


RULES: tuple[Callable[..., None], ...] = (
    twice_is_once,
    many_at_once_is_once,
    stale_fence_changes_nothing,
    stale_fence_makes_nothing,
    absent_twice_leaves_what_was,
    plan_changes_nothing_and_tells,
)

HOSTILE_NAMES = (
    "orders",
    'a"b',
    "a'b; DROP SCHEMA public CASCADE; --",
    "../../etc/passwd",
    "a\\b",
    "a\nb\r\nX-Injected: 1",
    "${jndi:ldap://x} {{7*7}} %s %(x)s",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe",
    "Ünïcödé 数据 \N{PILE OF POO}",
    "x" * 200,
    "null",
    " ",
    "<script>alert(1)</script>",
)


def _hang(connection: socket.socket, _request: bytes) -> None:
    connection.recv(1)  # until the driver hangs up


FAULTS: Mapping[str, Handler | None] = {  # what a listener does; None: nobody listens
    "down": None,
    "slow": _hang,
    "hangs up": raw(b""),
    "garbage": raw(b"\x00\xff\xfe garbage \r\n" * 40),
}


def faulty_target_is_told(
    driver: Driver, case: Case, error: type[DriverError] = TemporaryError
) -> None:
    """No verb takes a fault for an answer, and each ends in time with the right kind of error."""
    calls: tuple[Callable[[], object], ...] = (
        lambda: driver.observe(case.step),
        lambda: driver.plan(case.step),
        lambda: driver.ensure(case.step, effect_key="k", fence=2),
        lambda: driver.ensure_absent(of_new_instance(case).step, effect_key="k", fence=2),
    )
    began = time.monotonic()
    with ThreadPoolExecutor(len(calls)) as pool:
        errors = list(pool.map(_error_of, calls))
    assert [type(found) for found in errors] == [error] * len(calls), errors
    assert time.monotonic() - began < 15  # well below the lease


def _error_of(call: Callable[[], object]) -> DriverError | None:
    try:
        call()
    except DriverError as error:
        return error
    return None


def killed_then_repeated(
    driver: Driver,
    case: Case,
    snapshot: Callable[[], Any],
    program: str | Callable[[], None],
    verb: str,
) -> None:
    """Die in `verb` at a border, try again under the next fence: as if it had run once.

    `program` does the verb under fence 3 in a process of its own, and that ends at the border.
    """
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


def die(program: str | Callable[[], None]) -> None:
    """Run `program` in a process of its own; it must end at the planted border."""
    if callable(program):
        program()
        return
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
