"""Reads over logins, and what of a resource people log in to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership, User
from accounts.states import TeamRole
from provisioning.drivers import registry
from provisioning.drivers.protocol import Json
from provisioning.jobs.models import Instance, Operation
from provisioning.logins.models import Login, LoginQuerySet

MOST = 200  # people of one resource that a page names
HOLDER = "user:"


@dataclass(frozen=True)
class Workplace:
    """A step of a resource whose result people work in."""

    driver: str
    made: Json  # the step's spec

    @property
    def action(self) -> str:
        return registry.workplaces()[self.driver].action

    def spec_for(self, holder_id: int) -> Mapping[str, Any]:
        """Of the step that makes a person's login."""
        spec = registry.workplaces()[self.driver].spec(self.made, f"{HOLDER}{holder_id}")
        assert spec is not None
        return spec


def workplace_of(instance: Instance) -> Workplace | None:
    """What of a resource people log in to; None: nobody does, or it is (being) taken away."""
    if instance.observed_state != "present" or instance.deletion_requested_at is not None:
        return None
    known = registry.workplaces()
    made = [each for each in instance.desired_spec.get("steps", []) if each["driver"] in known]
    for step in made:
        place = known[step["driver"]]
        if step["action"] == place.made_by and place.spec(step["spec"], HOLDER) is not None:
            return Workplace(step["driver"], step["spec"])
    return None


def logins_of(instance: Instance) -> list[Login]:
    """Whoever has a login to it, or gets one; the latest first. One SQL statement."""
    return list(instance.logins.live().for_lists()[:MOST])


def operation_on(instance: Instance) -> Operation | None:
    """What is at work on the resource just now."""
    return Operation.objects.active().filter(instance=instance).first()


def of_leavers() -> LoginQuerySet:
    """Live ones whose holders do not contribute to the owner, or to the company, any more."""
    roles = [TeamRole.OWNER, TeamRole.CONTRIBUTOR]
    member = Membership.objects.filter(
        user=OuterRef("holder"), team=OuterRef("instance__owner"), role__in=roles
    )
    program = User.objects.filter(pk=OuterRef("holder"), service_of=OuterRef("instance__owner"))
    gone = Q(holder__is_active=False) | ~(Q(Exists(member)) | Q(Exists(program)))
    return Login.objects.live().filter(gone)
