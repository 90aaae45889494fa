"""A worker dies at every border, one after the other; the next one brings the job to its end."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from provisioning.jobs.models import Operation
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.chaos.checker import violations
from tests.chaos.conftest import Ground, new_instance
from tests.chaos.plans import PLANS, Plan
from tests.chaos.points import DIED, INSIDE, Points
from tests.chaos.shelf import TracedShelf

Begin = Callable[[Ground, Plan, UUID], Operation]
Choose = Callable[[Points], list[str]]


def provision(ground: Ground, plan: Plan, instance: UUID) -> Operation:
    steps = plan.steps(instance, ground.team)
    return ground.accept(OperationKind.PROVISION, instance, steps, driver=plan.driver)


def update(ground: Ground, plan: Plan, instance: UUID) -> Operation:
    provision(ground, plan, instance)
    ground.run_to_the_end()
    return ground.accept(OperationKind.UPDATE, instance, plan.changed(instance, ground.team))


def deprovision(ground: Ground, plan: Plan, instance: UUID) -> Operation:
    provision(ground, plan, instance)
    ground.run_to_the_end()
    steps = plan.steps(instance, ground.team)[::-1]
    return ground.accept(OperationKind.DEPROVISION, instance, steps)


def compensate(ground: Ground, plan: Plan, instance: UUID) -> Operation:
    steps = [*plan.steps(instance, ground.team), plan.refused(instance, ground.team)]
    return ground.accept(OperationKind.PROVISION, instance, steps, driver=plan.driver)


BEGINNINGS: dict[Begin, OperationState] = {
    provision: OperationState.SUCCEEDED,
    update: OperationState.SUCCEEDED,
    deprovision: OperationState.SUCCEEDED,
    compensate: OperationState.FAILED,
}


def passed_by(ground: Ground, plan: Plan, begin: Begin) -> tuple[Points, Operation]:
    """The borders of an undisturbed run, and how often each is passed."""
    operation = begin(ground, plan, new_instance())
    points = Points()
    restore = points.install()
    try:
        ground.run_to_the_end(before_each=points.begin)
    finally:
        restore()
    operation.refresh_from_db()
    assert operation.state == BEGINNINGS[begin], operation.error_text
    return points, operation


def dies_at(ground: Ground, place: str, *, bug: str = "") -> None:
    """Workers come until one dies at `place`; each looks once at what is due."""
    for _ in range(10):
        code = ground.forge.run(at=place, bug=bug)
        if code == DIED:
            return
        assert code == 0
        ground.make_due()
    raise AssertionError(f"nobody came by {place}")


def first_of(points: Points) -> list[str]:
    """Each border at its first time."""
    return [f"{label}#1" for label in points.most]


def first_and_last_of(points: Points) -> list[str]:
    last = [f"{label}#{n}" for label, n in points.most.items() if n > 1]
    return [*first_of(points), *last]


def matrix(ground: Ground, plan: Plan, begin: Begin, choose: Choose) -> int:
    points, calm = passed_by(ground, plan, begin)
    died = {place: dead_and_ended(ground, plan, begin, place) for place in choose(points)}
    assert violations(ground.evidence(calm, *died.values())) == []
    for place, operation in died.items():
        assert ended_as(ground, operation, place) == ended_as(ground, calm, place), place
    return len(died)


def dead_and_ended(ground: Ground, plan: Plan, begin: Begin, place: str) -> Operation:
    """An operation at which a worker died, and that others brought to its end."""
    operation = begin(ground, plan, new_instance())
    dies_at(ground, place)
    ground.run_to_the_end()
    operation.refresh_from_db()
    assert operation.state == BEGINNINGS[begin], f"{place}: {operation.error_text}"
    return operation


def ended_as(ground: Ground, operation: Operation, place: str) -> object:
    """What far targets have of it; who died in a request may have to ask some of them again."""
    asked_again = any(each in place for each in INSIDE)
    return ground.far.holdings(with_repeats=not asked_again).get(operation.instance_id)


@pytest.mark.parametrize("begin", BEGINNINGS, ids=lambda begin: begin.__name__)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.driver)
def test_a_worker_may_die_at_every_border(ground, plan, begin):
    assert matrix(ground, plan, begin, first_of) >= 20


@pytest.mark.chaos
@pytest.mark.parametrize("begin", BEGINNINGS, ids=lambda begin: begin.__name__)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.driver)
def test_a_worker_may_die_at_the_last_pass_of_every_border_too(ground, plan, begin):
    assert matrix(ground, plan, begin, first_and_last_of) >= 30


def test_three_deaths_at_one_job_are_undone_and_say_so(ground):
    """C15: the job itself is suspected."""
    operation = provision(ground, PLANS[2], new_instance())
    for _ in range(3):
        assert ground.forge.run(at="after:shelf.ensure#1") == DIED
        ground.make_due()

    run_due()

    operation.refresh_from_db()
    assert (operation.state, operation.error_code) == (OperationState.FAILED, "crashed")
    assert violations(ground.evidence(operation)) == []


def test_workers_of_two_releases_take_each_what_was_accepted_for_them(ground, monkeypatch):
    """A rolling deploy: the new release may not touch what was planned for the old driver."""
    old = provision(ground, PLANS[2], new_instance())
    monkeypatch.setattr(TracedShelf, "version", "2")
    new = provision(ground, PLANS[2], new_instance())

    for version in ("2", "2", "2"):
        assert ground.forge.run(version=version) == 0
        ground.make_due()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (OperationState.QUEUED, OperationState.SUCCEEDED)

    for version in ("1", "1", "1"):
        assert ground.forge.run(version=version) == 0
        ground.make_due()
    old.refresh_from_db()
    assert old.state == OperationState.SUCCEEDED
    assert violations(ground.evidence(old, new)) == []
