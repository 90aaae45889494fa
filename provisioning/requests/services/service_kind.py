"""Requests of kind `service`: something that a blueprint makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse

from accounts.actors import Actor, actor_of
from accounts.models import Team
from catalog.products.models import DataProduct
from provisioning.blueprints.models import BlueprintVersion
from provisioning.blueprints.selectors import resolve
from provisioning.blueprints.selectors.planning import steps_of
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation
from provisioning.jobs.states import OperationKind
from provisioning.requests.extensions import Fact, Link
from provisioning.requests.models import Request
from provisioning.requests.services.submitting import submit
from provisioning.requests.states import RequestKind, RequestState

INSTANCE_KIND = "data-product"


class ServiceKind:
    """A new instance of what a blueprint makes."""

    name: ClassVar[str] = RequestKind.SERVICE
    icon: ClassVar[str] = "services"

    def facts(self, request: Request) -> Sequence[Fact]:
        """The parameters that a decider asks about first."""
        given = request.parameters
        number = request.subject["version"]
        columns = given.get("columns")
        described = _counted(columns) if columns else "as in the contract"
        facts = [
            Fact("Product", str(request.subject.get("product", "")), "code"),
            Fact("Class", str(given.get("classification", "")), "stamp"),
            Fact("Kind", str(given.get("archetype", "")).capitalize()),
            Fact("Columns", described),
            Fact("Service", f"{request.subject['blueprint']}, version {number}"),
        ]
        if given.get("retention_days"):
            facts.insert(4, Fact("Retention", f"{given['retention_days']:,} days"))
        return [fact for fact in facts if fact.value]

    def approve_label(self, request: Request) -> str:
        """The words on the button."""
        return "Approve"

    def links(self, request: Request) -> Sequence[Link]:
        """The product, once it is in the catalogue."""
        fqn = self._product(request)
        if fqn is None:
            return []
        return [Link(fqn, reverse("products:product", kwargs={"fqn": fqn}))]

    def references(self, request: Request) -> dict[str, str | None]:
        """The product by its present name."""
        return {"product": self._product(request)}

    def approved(self, request: Request, actor: Actor) -> Operation:
        """Start making it, with the requester's rights as they are now."""
        version = BlueprintVersion.objects.get(
            blueprint__slug=request.subject["blueprint"], number=request.subject["version"]
        )
        blueprint = version.content
        requester = actor if actor.user_id == request.requester_id else actor_of(request.requester)
        resolved = resolve(
            blueprint, request.parameters, instance_id=request.instance_id, actor=requester
        )
        steps = steps_of(blueprint, resolved, request.instance_id)
        return jobs.accept(
            instance_id=request.instance_id,
            kind=OperationKind.PROVISION,
            title=request.title,
            steps=steps,
            actor=requester,
            team=resolved.team,
            new_instance=jobs.InstanceData(
                kind=INSTANCE_KIND,
                name=resolved.fqn,
                plan=f"{blueprint.name}@{version.number}",
                domain=resolved.domain,
                owner=resolved.team,
                driver=_target_driver(steps),
            ),
            result={"product": resolved.fqn},
        )

    def closed(self, request: Request) -> None:
        """Nothing was made, so nothing is left."""

    def finished(self, request: Request, operation: Operation) -> None:
        """The product tells for itself."""

    def _product(self, request: Request) -> str | None:
        if request.state not in {RequestState.RUNNING, RequestState.SUCCEEDED}:
            return None
        found = DataProduct.objects.filter(instance_id=request.instance_id)
        return found.values_list("fqn", flat=True).first()


class Desk:
    """Takes requests from the forms of blueprints."""

    def submit(
        self,
        *,
        kind: str,
        title: str,
        actor: Actor,
        team: Team | None,
        decider: Team | None,
        purpose: str,
        parameters: Mapping[str, Any],
        subject: Mapping[str, Any],
        instance_id: UUID,
        reason: str,
    ) -> Request:
        """File it."""
        return submit(
            kind=kind,
            title=title,
            actor=actor,
            team=team,
            decider=decider,
            purpose=purpose,
            parameters=parameters,
            subject=subject,
            instance_id=instance_id,
            reason=reason,
        )

    def filed(self, *, instance_id: UUID, actor: Actor) -> Request | None:
        """The actor's request for that instance, if it was sent before."""
        return Request.objects.filter(instance_id=instance_id, requester_id=actor.user_id).first()


def _counted(columns: Sequence[Any]) -> str:
    return "1 column" if len(columns) == 1 else f"{len(columns)} columns"


def _target_driver(steps: Sequence[jobs.StepSpec]) -> str:
    """The driver that works in the target; the catalogue itself is none."""
    return next((each.driver for each in steps if each.driver != "catalog"), "catalog")
