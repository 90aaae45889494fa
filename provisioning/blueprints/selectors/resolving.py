"""From typed parameters to what they mean here: domain, team, name, contract."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor, paths_up
from accounts.models import Domain, Team
from accounts.policies import can_act_for_team
from catalog.products.models import DataProduct, FormerName
from catalog.products.names import MAX_SLUG, slugified
from core.errors import Invalid
from core.problems import Problem
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.blueprints.formats.names import name_problems
from provisioning.blueprints.formats.parameters import check_parameters
from provisioning.blueprints.selectors.choices import domain_choices
from provisioning.blueprints.selectors.contracting import (
    RequestedContract,
    column_problems,
    from_columns,
    from_text,
)

REFUSED = "Some of this has to be mended first."
SUGGESTIONS = 9


@dataclass(frozen=True)
class Resolved:
    """Parameters that keep every rule, with what they name."""

    parameters: Mapping[str, Any]  # defaults filled in
    slug: str
    domain: Domain
    team: Team
    contract: RequestedContract
    decider: Team | None  # None: nobody has to decide
    reason: str  # why that team, or why nobody

    @property
    def fqn(self) -> str:
        return f"{self.domain.path}.{self.slug}"


def resolve(
    blueprint: BlueprintDoc, parameters: Mapping[str, Any], *, instance_id: UUID, actor: Actor
) -> Resolved:
    """Judge parameters by the schema, then by the rules of the portal.

    Raises:
        Invalid: pointers are those of the parameters; all findings of one round are told at once.
    """
    given = _with_defaults(blueprint, parameters)
    problems = check_parameters(blueprint.parameters, given)
    faulty = {each.pointer.split("/")[1] for each in problems if each.pointer}
    team = _team(given, actor, problems, faulty)
    domain = None if "domain" in faulty else _domain(given["domain"], actor, problems)
    decider, reason = _decider(domain, actor, problems) if domain else (None, "")
    slug = "" if "name" in faulty else _slug(given["name"], domain, instance_id, actor, problems)
    pasted = None
    if "columns" in given and "columns" not in faulty:
        problems.extend(column_problems(given["columns"]))
    if team and "contract" in given and "contract" not in faulty:
        pasted = _pasted(given["contract"], team, problems)
    if problems or team is None or domain is None:
        raise Invalid(REFUSED, problems)
    contract = pasted or from_columns(
        given, slug=slug, domain=domain, team=team, instance_id=instance_id
    )
    return Resolved(given, slug, domain, team, contract, decider, reason)


def _with_defaults(blueprint: BlueprintDoc, parameters: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        name: node["default"] for name, node in blueprint.properties.items() if "default" in node
    }
    return {**defaults, **parameters}


def _team(
    given: Mapping[str, Any], actor: Actor, problems: list[Problem], faulty: set[str]
) -> Team | None:
    if "team" in faulty:
        return None
    slug = given.get("team")
    teams = Team.objects.filter(pk__in=actor.contributor_team_ids)
    found = list(teams.filter(slug=slug) if slug else teams[:2])
    if slug and not found and actor.is_admin:
        found = list(Team.objects.filter(slug=slug))
    if len(found) == 1 and can_act_for_team(actor, found[0].pk):
        return found[0]
    if slug:
        message = "This is not one of your teams; choose one of them."
    elif found:
        message = "You are in several teams; choose the one that will own it."
    else:
        message = "You are in no team that may own a product; ask the owner of your team."
    problems.append(Problem("/team", "owner-missing", message))
    return None


def _domain(path: str, actor: Actor, problems: list[Problem]) -> Domain | None:
    domain = Domain.objects.filter(path=path).first()
    if domain is None:
        near = difflib.get_close_matches(path, [each.path for each in domain_choices(actor, "")])
        hint = f" Did you mean {near[0]}?" if near else " Choose one from the list."
        problems.append(Problem("/domain", "unknown-domain", f"There is no such domain.{hint}"))
    return domain


def _decider(domain: Domain, actor: Actor, problems: list[Problem]) -> tuple[Team | None, str]:
    """The owner of the nearest domain on the path that has one, unless that is the actor."""
    if domain.pk in actor.owned_domain_ids:
        return None, f"You own {domain.name}, so nobody else has to decide."
    above = Domain.objects.filter(path__in=paths_up(domain.path), owner__isnull=False)
    nearest = max(above.select_related("owner"), key=lambda each: len(each.path), default=None)
    if nearest is None:
        message = "Nobody owns this domain yet, so nobody could decide; choose another."
        problems.append(Problem("/domain", "domain-without-owner", message))
        return None, ""
    return nearest.owner, f"Because the product belongs to {nearest.name}, which this team owns."


def _slug(
    name: str, domain: Domain | None, instance_id: UUID, actor: Actor, problems: list[Problem]
) -> str:
    found = name_problems(name, "/name")
    slug = slugified(name)
    if not found and domain is not None:
        found = _taken_problems(slug, domain, instance_id, actor)
    problems.extend(found)
    return slug


def _taken_problems(slug: str, domain: Domain, instance_id: UUID, actor: Actor) -> list[Problem]:
    """A product, a former name and a domain may not share an fqn (INTERFACE §2)."""
    slugs = [slug, *(f"{slug[: MAX_SLUG - 2]}-{n}" for n in range(2, SUGGESTIONS + 2))]
    fqns = [f"{domain.path}.{each}" for each in slugs]
    taken = {
        *DataProduct.objects.filter(fqn__in=fqns)
        .exclude(instance_id=instance_id)
        .values_list("fqn", flat=True),
        *FormerName.objects.filter(fqn__in=fqns).values_list("fqn", flat=True),
        *Domain.objects.filter(path__in=fqns).values_list("path", flat=True),
    }
    if fqns[0] not in taken:
        return []
    seen = DataProduct.objects.visible_to(actor).filter(fqn=fqns[0]).first()
    user = f"by “{seen.name}”" if seen else f"in {domain.name}"
    free = next((each for each, fqn in zip(slugs, fqns, strict=True) if fqn not in taken), "")
    hint = f" Try {free}." if free else ""
    return [Problem("/name", "name-taken", f"{slug} is already used {user}.{hint}")]


def _pasted(text: str, team: Team, problems: list[Problem]) -> RequestedContract | None:
    try:
        return from_text(text, team=team)
    except Invalid as error:
        problems.extend(error.problems)
        return None
