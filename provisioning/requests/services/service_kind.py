"""Requests of kind `service`: something that a blueprint makes, changes or retires."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse

from accounts.actors import Actor, actor_of
from accounts.models import Team
from catalog.products.models import DataProduct
from core.errors import InvalidTransition
from core.subqueries import among
from provisioning.blueprints import services as blueprints
from provisioning.blueprints.extensions import users_of
from provisioning.blueprints.models import BlueprintVersion, Resource
from provisioning.blueprints.selectors import (
    Existing,
    existing,
    removal_steps,
    resolve,
    steps_of,
)
from provisioning.blueprints.selectors.limits import hold_quota
from provisioning.blueprints.selectors.planning import dropped_steps
from provisioning.blueprints.states import Action
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation
from provisioning.jobs.states import OperationKind, OperationState
from provisioning.requests.data import in_turn
from provisioning.requests.extensions import Fact, Link
from provisioning.requests.models import Request
from provisioning.requests.services.submitting import submit
from provisioning.requests.states import OPEN, RequestKind, RequestState

RETIRE = str(Action.RETIRE)


class ServiceKind:
    """A new instance of what a blueprint makes, or a change of one."""

    name: ClassVar[str] = RequestKind.SERVICE
    icon: ClassVar[str] = "services"

    def facts(self, request: Request) -> Sequence[Fact]:
        """The parameters that a decider asks about first."""
        given = request.parameters
        number = request.subject["version"]
        columns = given.get("columns")
        described = _counted(columns) if columns else ""
        if given.get("contract"):
            described = "as in the contract"
        named = request.subject.get("product") or request.subject.get("name", "")
        facts = [
            Fact("Product" if "product" in request.subject else "Name", str(named), "code"),
            Fact("Class", str(given.get("classification", "")), "stamp"),
            Fact("Kind", str(given.get("archetype", "")).capitalize()),
            Fact("Columns", described),
            *self._days(request),
            Fact("Service", f"{request.subject['blueprint']}, version {number}"),
        ]
        return [fact for fact in facts if fact.value]

    def approve_label(self, request: Request) -> str:
        """The words on the button."""
        return "Approve"

    def links(self, request: Request) -> Sequence[Link]:
        """The product, once it is in the catalogue; else the resource, once it is there."""
        fqn = _products([request]).get(request.instance_id)
        found = []
        if fqn is not None:
            found.append(Link(fqn, reverse("products:product", kwargs={"fqn": fqn})))
        if request.state != RequestState.SUCCEEDED or request.subject.get("action") == RETIRE:
            return found
        resource = Resource.objects.filter(pk=request.instance_id).first()
        if resource is not None:
            page = reverse("jobs:resource", kwargs={"instance_id": resource.pk})
            found.append(Link("Resource", page))
            found += [Link(each["label"], each["url"]) for each in resource.results if each["url"]]
        return found

    def again(self, request: Request, actor: Actor) -> str:
        """The blueprint's form; of a change, the page of what was to be changed."""
        if "action" in request.subject:
            return reverse("jobs:resource", kwargs={"instance_id": request.instance_id})
        slug = request.subject["blueprint"]
        blueprints.start_over(
            slug=slug, parameters=request.parameters, purpose=request.purpose, actor=actor
        )
        return reverse("blueprints:request-new", kwargs={"slug": slug})

    def amend_url(self, request: Request) -> str:
        """Withdrawing and starting over keeps the values."""
        return ""

    def references(self, requests: Sequence[Request]) -> list[dict[str, str | None]]:
        """The product of each by its present name, and the instance. One SQL statement."""
        names = _products(requests)
        return [
            {"product": names.get(each.instance_id), "instance": str(each.instance_id)}
            for each in requests
        ]

    def approved(self, request: Request, actor: Actor) -> Operation:
        """Start the work, with the requester's rights as they are now."""
        version = _version(request)
        requester = actor if actor.user_id == request.requester_id else actor_of(request.requester)
        action = request.subject.get("action")
        if action is None:
            return _make(request, version, requester)
        resource = blueprints.resource_of(request.instance_id)
        if resource is None or resource.instance.observed_state == "absent":
            raise InvalidTransition("It is not there any more, so it cannot be changed.")
        before = existing(resource)
        if action == RETIRE:
            return _retire(request, before, requester)
        return _change(request, version, before, requester)

    def closed(self, request: Request) -> None:
        """Nothing was made, so nothing is left."""

    def finished(self, request: Request, operation: Operation) -> None:
        """Put on record what is there now; what did not succeed leaves the record as it was."""
        if operation.state != OperationState.SUCCEEDED or request.subject.get("action") == RETIRE:
            return
        blueprints.record_made(
            operation=operation, version=_version(request), parameters=request.parameters
        )

    def _days(self, request: Request) -> list[Fact]:
        days = request.parameters.get("retention_days")
        return [Fact("Retention", f"{days:,} days")] if isinstance(days, int) else []


def _products(requests: Sequence[Request]) -> dict[UUID | None, str]:
    """Present names of the products that were made, by the instance of the request."""
    made = {RequestState.RUNNING, RequestState.SUCCEEDED}
    asked = [each.instance_id for each in requests if each.state in made]
    if not asked:
        return {}
    rows = DataProduct.objects.filter(among("instance_id", asked))
    return dict(rows.values_list("instance_id", "fqn"))


def _make(request: Request, version: BlueprintVersion, requester: Actor) -> Operation:
    blueprint = version.content
    hold_quota(blueprint)
    resolved = resolve(
        blueprint, request.parameters, instance_id=request.instance_id, actor=requester
    )
    return blueprints.start_making(
        version=version,
        resolved=resolved,
        steps=steps_of(blueprint, resolved, request.instance_id),
        instance_id=request.instance_id,
        title=request.title,
        actor=requester,
    )


def _change(
    request: Request, version: BlueprintVersion, before: Existing, requester: Actor
) -> Operation:
    blueprint = version.content
    resolved = resolve(
        blueprint,
        request.parameters,
        instance_id=request.instance_id,
        actor=requester,
        before=before,
    )
    steps = steps_of(blueprint, resolved, request.instance_id)
    return jobs.accept(
        instance_id=request.instance_id,
        kind=OperationKind.UPDATE,
        title=request.title,
        steps=[*steps, *dropped_steps(before, steps)],
        actor=requester,
        team=before.team,
        deadline_s=blueprint.deadline_s,
        result=blueprints.result_of(version, resolved),
    )


def _retire(request: Request, before: Existing, requester: Actor) -> Operation:
    users = users_of(before.instance)
    if users:
        raise InvalidTransition(f"It is used by now: {' '.join(users)}")
    return jobs.accept(
        instance_id=request.instance_id,
        kind=OperationKind.DEPROVISION,
        title=request.title,
        steps=removal_steps(before),
        actor=requester,
        team=before.team,
        deadline_s=before.resource.version.content.deadline_s,
    )


class Desk:
    """Takes requests from the forms of blueprints."""

    def submit(
        self,
        *,
        kind: str,
        title: str,
        actor: Actor,
        team: Team | None,
        deciders: Sequence[Team],
        purpose: str,
        parameters: Mapping[str, Any],
        subject: Mapping[str, Any],
        instance_id: UUID,
        reason: str,
        start: Callable[[], Operation] | None = None,
    ) -> Request:
        """File it; where nobody has to decide, `start` begins the work."""
        return submit(
            kind=kind,
            title=title,
            actor=actor,
            team=team,
            route=in_turn(deciders, reason),
            purpose=purpose,
            parameters=parameters,
            subject=subject,
            instance_id=instance_id,
            start=start,
        )

    def is_open(self, *, instance_id: UUID) -> bool:
        """Whether a request for that instance waits or is at work."""
        return Request.objects.filter(instance_id=instance_id, state__in=OPEN).exists()

    def filed(self, *, instance_id: UUID, actor: Actor) -> Request | None:
        """The actor's last request for that instance, if there is one."""
        mine = Request.objects.filter(instance_id=instance_id, requester_id=actor.user_id)
        return mine.order_by("-number").first()


def _version(request: Request) -> BlueprintVersion:
    versions = BlueprintVersion.objects.select_related("blueprint")
    return versions.get(
        blueprint__slug=request.subject["blueprint"], number=request.subject["version"]
    )


def _counted(columns: Sequence[Any]) -> str:
    return "1 column" if len(columns) == 1 else f"{len(columns)} columns"
