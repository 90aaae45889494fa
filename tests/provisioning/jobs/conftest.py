"""A driver for a small target, and operations on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from accounts.actors import Actor
from accounts.models import Team
from core.ids import uuid7
from provisioning.drivers import registry
from provisioning.jobs import extensions
from provisioning.jobs.models import Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.states import OperationKind
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.drivers.conftest import warehouse_url  # noqa: F401 - a shared fixture
from tests.provisioning.jobs.shelf import Shelf, spec

Accept = Callable[..., Operation]


@pytest.fixture
def shelf(settings) -> Iterator[Shelf]:
    settings.CELERY_BROKER_URL = ""
    driver = Shelf()
    registry.register(driver)
    yield driver
    registry._drivers.pop("shelf", None)


@pytest.fixture
def team(transactional_db) -> Team:
    return TeamFactory()


@pytest.fixture
def owner(team: Team) -> Actor:
    return actor_for(member_of(team))


@pytest.fixture
def accepted(shelf: Shelf, team: Team, owner: Actor) -> Accept:
    """`accepted("a", "b")`: an operation that puts a and b on the shelf."""

    def make(
        *names: str,
        kind: OperationKind = OperationKind.PROVISION,
        instance_id: UUID | None = None,
        action: str = "put",
        **changes: object,
    ) -> Operation:
        return accept(
            instance_id=instance_id or uuid7(),
            kind=kind,
            title=f"Put {', '.join(names)}",
            steps=[StepSpec(f"Put {name}", "shelf", action, spec(name)) for name in names],
            actor=owner,
            new_instance=InstanceData("thing", "things", "", team.domain, team, "shelf"),
            **changes,
        )

    return make


@pytest.fixture
def endings() -> Iterator[list[Operation]]:
    """Operations in the order in which they were told to have ended."""
    told: list[Operation] = []
    extensions._finished.append(told.append)
    yield told
    extensions._finished.remove(told.append)


@pytest.fixture
def broker_url() -> str:
    """The broker of `CELERY_BROKER_URL`."""
    url = os.environ.get("CELERY_BROKER_URL", "")
    if not url.startswith("redis"):
        pytest.skip("CELERY_BROKER_URL names no broker")
    return url
