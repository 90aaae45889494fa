"""The crash matrix over drivers whose targets are servers of teams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from provisioning.jobs.states import OperationState
from tests.chaos.checker import violations
from tests.chaos.conftest import Ground, new_instance
from tests.chaos.far import Far, started
from tests.chaos.far_plans import FAR_PLANS
from tests.chaos.forge import Forge
from tests.chaos.points import INSIDE, Points
from tests.chaos.test_checker import found, run
from tests.chaos.test_crash_matrix import (
    BEGINNINGS,
    deprovision,
    dies_at,
    ended_as,
    first_and_last_of,
    matrix,
    provision,
)
from tests.chaos.test_stalls import sleeps
from tests.provisioning.drivers.repositories import has_git

OFTEN = 5  # passes of one point at most
PLANS = [
    pytest.param(plan, id=str(plan), marks=pytest.mark.skipif(not has_git(), reason="no git here"))
    if str(plan) == "git-server"
    else pytest.param(plan, id=str(plan))
    for plan in FAR_PLANS
]


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    with started(tmp_path_factory.mktemp("far")) as found:
        yield found


@pytest.fixture(scope="module")
def far_forge(django_db_setup, warehouse_url, far) -> Iterator[Forge]:
    environment = {
        "WAREHOUSE_URL": warehouse_url,
        "CELERY_BROKER_URL": "",
        "OUTBOUND_HTTP": "1",
        "OUTBOUND_INNER_HOSTS": ",".join(far.hosts),
        "GIT_FOLDER": str(far.folder / "git"),
    }
    with Forge("tests.chaos.loaded", **environment) as forge:
        yield forge


@pytest.fixture
def far_ground(ground: Ground, far: Far, far_forge: Forge, settings) -> Ground:
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = far.hosts
    settings.GIT_FOLDER = far.folder / "git"
    far.begin(ground.team)
    return replace(ground, far=far, forge=far_forge)


def telling_of(points: Points) -> list[str]:
    """An effect that nobody wrote down, and one that nobody heard the answer to."""
    done = [label for label in points.most if label.endswith((".ensure", ".ensure_absent"))]
    inside = [label for label in points.most if label.partition(":")[2] in INSIDE]
    chosen = [label for label in (*done[-1:], *inside[-1:]) if label.startswith("after:")]
    return [f"{label}#{points.most[label]}" for label in chosen]


def all_of(points: Points) -> list[str]:
    """The borders at their first and last time, and every step of a driver's own."""
    inside = [
        f"{label}#{n}"
        for label, most in points.most.items()
        if label.partition(":")[2] in INSIDE
        for n in spread(most)
    ]
    return list(dict.fromkeys([*first_and_last_of(points), *inside]))


def spread(most: int) -> list[int]:
    """1 to `most`; of more than `OFTEN` the first, the last and evenly between them.

    A step at S3 is some dozens of requests, and each place takes seconds.
    """
    if most <= OFTEN:
        return list(range(1, most + 1))
    return [1 + round(n * (most - 1) / (OFTEN - 1)) for n in range(OFTEN)]


@pytest.mark.parametrize("begin", BEGINNINGS, ids=lambda begin: begin.__name__)
@pytest.mark.parametrize("plan", PLANS)
def test_a_worker_may_die_with_an_effect_that_nobody_wrote_down(far_ground, plan, begin):
    assert matrix(far_ground, plan, begin, telling_of) == 2


FORGETFUL = [plan for plan in FAR_PLANS if str(plan) not in ("git-server", "slow-broker")]


@pytest.mark.parametrize("plan", FORGETFUL, ids=str)
def test_a_driver_that_forgets_what_it_did_is_found(far_ground, plan):
    calm = provision(far_ground, plan, new_instance())
    far_ground.run_to_the_end()
    operation = provision(far_ground, plan, new_instance())
    bug = f"{plan.driver}_forgets"

    dies_at(far_ground, f"after:{plan.driver}.ensure#1", bug=bug)
    run(far_ground, bug)

    as_calm = ended_as(far_ground, operation, "") == ended_as(far_ground, calm, "")
    assert violations(far_ground.evidence(calm, operation)) or not as_calm


@pytest.mark.chaos
@pytest.mark.parametrize("plan", PLANS)
def test_a_driver_that_removes_nothing_is_found(far_ground, plan):
    operation = deprovision(far_ground, plan, new_instance())

    run(far_ground, "removal_unverified")

    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert found(far_ground, operation) == {"nothing_is_left_over"}


@pytest.mark.chaos
@pytest.mark.parametrize("begin", BEGINNINGS, ids=lambda begin: begin.__name__)
@pytest.mark.parametrize("plan", PLANS)
def test_a_worker_may_die_at_every_border(far_ground, plan, begin):
    assert matrix(far_ground, plan, begin, all_of) >= 25


@pytest.mark.chaos
@pytest.mark.parametrize("begin", BEGINNINGS, ids=lambda begin: begin.__name__)
@pytest.mark.parametrize("plan", PLANS)
def test_who_wakes_after_its_lease_changes_nothing(far_ground, plan, begin):
    assert sleeps(far_ground, plan, begin) >= 5
