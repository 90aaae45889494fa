"""Reads over targets: one for all interfaces."""

from __future__ import annotations

from typing import Any

from accounts.actors import Actor
from core.errors import NotFound
from provisioning.drivers.extensions import Uses, target_users
from provisioning.drivers.models import Target, TargetQuerySet
from provisioning.drivers.registry import target_kinds

SHOWN_USES = 50


def target_by_slug(actor: Actor, slug: str) -> Target:
    """Raises: NotFound: there is none, or the actor may not see it."""
    found = Target.objects.visible_to(actor).called(slug).select_related("owner").first()
    if found is None:
        raise NotFound()
    return found


def targets_matching(actor: Actor, *, text: str = "", driver: str = "") -> TargetQuerySet:
    """Targets by slug, with their owners."""
    rows = Target.objects.visible_to(actor).matching(text.strip()[:200]).select_related("owner")
    return rows.filter(driver=driver) if driver else rows


def uses_of(target: Target, actor: Actor) -> Uses:
    """How many things use the target, and up to 50 of those that the actor may see."""
    found = [users.uses(actor, target.slug, SHOWN_USES) for users in target_users()]
    shown = tuple(use for uses in found for use in uses.shown)
    return Uses(sum(uses.count for uses in found), shown[:SHOWN_USES])


def target_card(target: Target) -> dict[str, Any]:
    """The public form of a target; of its secrets only the names."""
    kind = target_kinds().get(target.driver)
    return {
        "slug": target.slug,
        "name": target.name,
        "driver": target.driver,
        "team": target.owner.slug,
        "config": target.config,
        "secrets": sorted(kind.secrets["properties"]) if kind else [],
        "health": {
            "ok": target.healthy,
            "message": target.health,
            "checked_at": target.checked_at,
            "checked_by": target.checked_by,
        },
        "created_at": target.created_at,
        "updated_at": target.updated_at,
        "url": target.get_absolute_url(),
    }


def kind_cards() -> list[dict[str, Any]]:
    """What each driver wants to know of a target: two JSON Schemas."""
    return [
        {
            "driver": name,
            "label": kind.label,
            "summary": kind.summary,
            "config": kind.config,
            "secrets": kind.secrets,
        }
        for name, kind in target_kinds().items()
    ]
