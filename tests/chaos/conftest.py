"""A warehouse, a forge of workers, and operations on a new instance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team
from core.ids import uuid7
from provisioning.drivers import registry
from provisioning.jobs.models import Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind
from tests.chaos import shelf
from tests.chaos.evidence import Answer, Evidence
from tests.chaos.far import Far
from tests.chaos.forge import Forge
from tests.chaos.shelf import TracedShelf
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.drivers.conftest import warehouse_url  # noqa: F401 - a shared fixture
from tests.provisioning.jobs.processes import database_url


@dataclass
class Ground:
    """Where a scenario happens."""

    team: Team
    actor: Actor
    forge: Forge
    target_url: str
    far: Far = field(default_factory=Far)

    def accept(
        self, kind: OperationKind, instance: UUID, steps: list[StepSpec], *, driver: str = "shelf"
    ) -> Operation:
        return accept(
            instance_id=instance,
            kind=kind,
            title=f"{kind} {instance}",
            steps=steps,
            actor=self.actor,
            new_instance=InstanceData(
                "thing", str(instance), "", self.team.domain, self.team, driver
            ),
        )

    def make_due(self) -> None:
        """Leases and waiting times are over."""
        past = Now() - dt.timedelta(seconds=1)
        open_ones = Operation.objects.active()
        open_ones.filter(lease_until__isnull=False).update(lease_until=past)
        open_ones.update(run_after=past)

    def run_to_the_end(self, most: int = 40, *, before_each: Callable[[], object] = bool) -> None:
        """Other workers, here, take over what is left."""
        for _ in range(most):
            self.make_due()
            before_each()
            if not run_due():
                return
        raise AssertionError("it does not end")

    def evidence(self, *operations: Operation) -> Evidence:
        answers = [Answer(str(each.pk), str(each.pk)) for each in operations]
        return Evidence(
            database_url(),
            self.target_url,
            answers,
            canaries=[shelf.CANARY, *self.far.canaries],
            things=self.far.things(),
            target_fences=self.far.fences(),
        )


def new_instance() -> UUID:
    return uuid7()


@pytest.fixture(scope="session")
def forge(django_db_setup, warehouse_url) -> Iterator[Forge]:  # noqa: F811
    with Forge(WAREHOUSE_URL=warehouse_url, CELERY_BROKER_URL="") as forge:
        yield forge


@pytest.fixture
def ground(transactional_db, settings, forge, warehouse_url) -> Iterator[Ground]:  # noqa: F811
    settings.CELERY_BROKER_URL = ""
    settings.WAREHOUSE_URL = warehouse_url
    shelf.prepare(warehouse_url)
    registry.register(TracedShelf(warehouse_url))
    team = TeamFactory()
    yield Ground(team, actor_for(member_of(team)), forge, warehouse_url)
    registry._drivers.pop("shelf", None)
