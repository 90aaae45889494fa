"""What the pages of a form have in common: whose form it is, and where its parts are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse

from accounts.actors import Actor
from provisioning.blueprints import policies, services
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.blueprints.models import Blueprint, BlueprintVersion, Draft, Resource
from provisioning.blueprints.selectors import Existing, existing
from provisioning.blueprints.services.requesting import current_version, title_of, version_for
from provisioning.blueprints.states import Action
from provisioning.jobs.models import Instance

PATH = ("Choose a service", "Describe it", "Review", "Live")
CHANGE_PATH = ("Resource", "Change it", "Review", "Live")


@dataclass(frozen=True)
class Sheet:
    """One form: of a blueprint, for something new or for a change of `before`."""

    blueprint: Blueprint
    version: BlueprintVersion
    actor: Actor
    before: Existing | None = None
    action: str = ""  # update, upgrade; empty: new

    @property
    def document(self) -> BlueprintDoc:
        return self.version.content

    @property
    def resource(self) -> Resource | None:
        return self.before.resource if self.before else None

    @property
    def fixed(self) -> frozenset[str]:
        """Fields that a change does not ask for."""
        return self.document.fixed if self.before else frozenset()

    @property
    def title(self) -> str:
        if self.resource is None:
            return self.blueprint.title
        return title_of(self.resource, Action(self.action), self.version)

    @property
    def form_url(self) -> str:
        return self._url("request-new", "change")

    @property
    def review_url(self) -> str:
        return self._url("review", "change-review")

    @property
    def options_url(self) -> str:
        return reverse("blueprints:options", kwargs={"slug": self.blueprint.slug})

    @property
    def back_url(self) -> str:
        """Where one goes without sending anything."""
        if self.before is not None:
            return self.before.instance.get_absolute_url()
        return reverse("blueprints:services")

    @property
    def draft(self) -> Draft | None:
        return services.draft_of(**self._key())

    def save(self, values: dict[str, Any]) -> Draft:
        """Keep what was typed."""
        return services.save_draft(**self._key(), values=values)

    def forget(self) -> None:
        services.drop_draft(**self._key())

    def submit(self, purpose: str, instance_id: UUID) -> Any:
        """Send the draft."""
        return services.submit_draft(**self._key(), purpose=purpose, instance_id=instance_id)

    def path(self, now: int) -> list[dict[str, str]]:
        """The wizard's path with its `now`-th step current; earlier ones are links."""
        urls = [self.back_url, self.form_url, "", ""]
        return [
            {
                "name": name,
                "state": "done" if at < now else "now" if at == now else "wait",
                "url": urls[at] if at < now else "",
            }
            for at, name in enumerate(CHANGE_PATH if self.before else PATH)
        ]

    def crumbs(self, page: str = "") -> list[dict[str, Any]]:
        """Where the form stands, and the page of it."""
        if self.before is not None:
            found = [
                {"label": "Resources", "url": reverse("jobs:resources")},
                {"label": self.before.instance.name, "url": self.back_url},
            ]
            last = {"label": "Upgrade" if self.action == Action.UPGRADE else "Change"}
        else:
            found = [
                {"label": "Services", "url": reverse("blueprints:services")},
                {"label": self.blueprint.title, "url": self.blueprint.get_absolute_url()},
            ]
            last = {"label": "Ask for it"}
        if not page:
            return [*found, last]
        return [*found, {**last, "url": self.form_url}, {"label": page}]

    def _url(self, new: str, change: str) -> str:
        if self.before is None:
            return reverse(f"blueprints:{new}", kwargs={"slug": self.blueprint.slug})
        kwargs = {"instance_id": self.before.instance.pk, "action": self.action}
        return reverse(f"blueprints:{change}", kwargs=kwargs)

    def _key(self) -> dict[str, Any]:
        return {
            "blueprint": self.blueprint,
            "actor": self.actor,
            "resource": self.resource,
            "action": self.action,
        }


def blueprint_for(request: HttpRequest, slug: str) -> tuple[Blueprint, BlueprintVersion, Actor]:
    """The blueprint that the address names, for the one who asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    blueprints = Blueprint.objects.visible_to(actor).select_related("owner", "current")
    blueprint = blueprints.filter(slug=slug).first()
    if blueprint is None or blueprint.current is None:
        raise Http404
    return blueprint, current_version(blueprint), actor


def new_sheet(request: HttpRequest, slug: str) -> Sheet:
    """The form for something new; there is none when the blueprint is withdrawn."""
    blueprint, version, actor = blueprint_for(request, slug)
    if blueprint.withdrawn_at is not None:
        raise Http404
    return Sheet(blueprint, version, actor)


def change_sheet(request: HttpRequest, instance_id: UUID, action: str) -> Sheet:
    """The form for a change of what is there.

    Raises:
        NotAllowed: it can be seen, and belongs to another team.
        InvalidTransition: an upgrade, and there is nothing newer.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    resource = resource_for(actor, instance_id)
    policies.require_change(actor, resource.instance)
    version = version_for(resource, Action(action))
    return Sheet(resource.version.blueprint, version, actor, existing(resource), action)


def resource_for(actor: Actor, instance_id: UUID) -> Resource:
    """The record of an instance that the actor may see."""
    visible = Instance.objects.visible_to(actor).filter(pk=instance_id).exists()
    resource = services.resource_of(instance_id) if visible else None
    if resource is None:
        raise Http404
    return resource
