"""Names, domains and teams of what is asked for: known, free, and the asker's own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.models import Domain, Team
from accounts.policies import can_act_for_team
from catalog.products.models import DataProduct, FormerName
from catalog.products.names import MAX_SLUG
from core.problems import Problem
from provisioning.blueprints.formats.names import name_problems
from provisioning.blueprints.selectors.choices import domain_choices
from provisioning.jobs.models import Instance

SUGGESTIONS = 9

__all__ = [
    "domain_of",
    "home_of",
    "name_problems",
    "port_slug",
    "taken_by_kind",
    "taken_problems",
    "team_of",
]


def team_of(given: Mapping[str, Any], actor: Actor, problems: list[Problem]) -> Team | None:
    """The named team, or the actor's only one; what is wrong with it is told."""
    slug = given.get("team")
    teams = Team.objects.filter(pk__in=actor.contributor_team_ids).select_related("domain")
    found = list(teams.filter(slug=slug) if slug else teams[:2])
    if slug and not found and actor.is_admin:
        found = list(Team.objects.filter(slug=slug).select_related("domain"))
    if len(found) == 1 and can_act_for_team(actor, found[0].pk):
        return found[0]
    if slug:
        message = "This is not one of your teams; choose one of them."
    elif found:
        message = "You are in several teams; choose the one that will own it."
    else:
        message = "You are in no team that may own this; ask the owner of your team."
    problems.append(Problem("/team", "owner-missing", message))
    return None


def domain_of(path: str, actor: Actor, problems: list[Problem]) -> Domain | None:
    """The domain of this path, or what was perhaps meant."""
    domain = Domain.objects.filter(path=path).first()
    if domain is None:
        near = difflib.get_close_matches(path, [each.path for each in domain_choices(actor, "")])
        hint = f" Did you mean {near[0]}?" if near else " Choose one from the list."
        problems.append(Problem("/domain", "unknown-domain", f"There is no such domain.{hint}"))
    return domain


def home_of(team: Team, problems: list[Problem]) -> Domain | None:
    """The domain of the team, where the form does not ask for one."""
    if team.domain is None:
        message = f"{team.name} belongs to no domain, so this would belong to none."
        problems.append(Problem("/team", "domain-missing", message))
    return team.domain


def taken_problems(slug: str, domain: Domain, instance_id: UUID, actor: Actor) -> list[Problem]:
    """A product, a former name and a domain may not share an fqn (INTERFACE §2)."""
    slugs = [slug, *(f"{slug[: MAX_SLUG - 2]}-{n}" for n in range(2, SUGGESTIONS + 2))]
    fqns = [f"{domain.path}.{each}" for each in slugs]
    products = DataProduct.objects.filter(fqn__in=fqns).exclude(instance_id=instance_id)
    taken = set(
        products.order_by()
        .values_list("fqn")
        .union(
            FormerName.objects.filter(fqn__in=fqns).order_by().values_list("fqn"),
            Domain.objects.filter(path__in=fqns).order_by().values_list("path"),
        )
        .values_list("fqn", flat=True)
    )
    if fqns[0] not in taken:
        return []
    seen = DataProduct.objects.visible_to(actor).filter(fqn=fqns[0]).first()
    user = f"by “{seen.name}”" if seen else f"in {domain.name}"
    free = next((each for each, fqn in zip(slugs, fqns, strict=True) if fqn not in taken), "")
    hint = f" Try {free}." if free else ""
    return [Problem("/name", "name-taken", f"{slug} is already used {user}.{hint}")]


def taken_by_kind(kind: str, slug: str, domain: Domain, instance_id: UUID) -> list[Problem]:
    """Two living things of one kind in one domain may not share a name."""
    name = f"{domain.path}.{slug}"
    others = Instance.objects.alive().filter(kind=kind, name=name).exclude(pk=instance_id)
    if not others.exists():
        return []
    message = f"{domain.name} has a {kind} called {slug} already; choose another name."
    return [Problem("/name", "name-taken", message)]


def port_slug(
    given: Mapping[str, Any], product: DataProduct | None, problems: list[Problem]
) -> str:
    """The name of a further port of a product."""
    slug = str(given.get("port", ""))
    if product is not None and product.output_ports.filter(name=slug).exists():
        message = f"{product.name} has an output port {slug} already; choose another name."
        problems.append(Problem("/port", "name-taken", message))
    return slug
