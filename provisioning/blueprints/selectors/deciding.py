"""Who decides on a request, by the approval rule of its blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.actors import Actor, paths_up
from accounts.models import Domain, Team
from accounts.policies import can_act_for_team
from accounts.states import TeamKind
from catalog.products.models import DataProduct
from catalog.products.states import ProductStatus
from core.problems import Problem
from provisioning.blueprints.formats.document import BlueprintDoc


@dataclass(frozen=True)
class Deciders:
    """The teams that decide, one after the other, and why those."""

    teams: tuple[Team, ...]
    reason: str


def deciders_of(
    blueprint: BlueprintDoc,
    domain: Domain,
    actor: Actor,
    problems: list[Problem],
    *,
    is_top: bool = False,
) -> Deciders:
    """Nobody decides where the asker could; what cannot be decided by anybody is told.

    Args:
        is_top: it is a domain below no other, so `domain` does not own it.
    """
    by_owner, team_slug = blueprint.deciders
    if not by_owner and not team_slug:
        return Deciders((), "This service needs no approval.")
    teams: list[Team] = []
    reasons: list[str] = []
    if by_owner:
        team, reason = (
            _platform(blueprint, actor, problems)
            if is_top
            else _owner(domain, actor, problems, _what(blueprint))
        )
        teams += [team] if team else []
        reasons += [reason]
    if team_slug:
        team = Team.objects.filter(slug=team_slug).first()
        if team is None:
            message = f"The team {team_slug}, which decides on this service, is not there any more."
            problems.append(Problem("", "decider-missing", message))
        elif team.pk in actor.owner_team_ids:
            reasons.append(f"You decide for {team.name}.")
        elif team not in teams:
            teams.append(team)
            reasons.append(f"{team.name} decides on every request for this service.")
    return Deciders(tuple(teams), " ".join(each for each in reasons if each))


def _what(blueprint: BlueprintDoc) -> str:
    """`the product`, `the sandbox`."""
    return f"the {blueprint.makes.removeprefix('data-').replace('-', ' ')}"


def _owner(
    domain: Domain, actor: Actor, problems: list[Problem], what: str
) -> tuple[Team | None, str]:
    """The owner of the nearest domain on the path that has one, unless that is the actor."""
    if domain.pk in actor.owned_domain_ids:
        return None, f"You own {domain.name}, so nobody else has to decide."
    above = Domain.objects.filter(path__in=paths_up(domain.path), owner__isnull=False)
    nearest = max(above.select_related("owner"), key=lambda each: len(each.path), default=None)
    if nearest is None:
        message = "Nobody owns this domain yet, so nobody could decide; choose another."
        problems.append(Problem("/domain", "domain-without-owner", message))
        return None, ""
    return nearest.owner, f"Because {what} belongs to {nearest.name}, which this team owns."


def _platform(
    blueprint: BlueprintDoc, actor: Actor, problems: list[Problem]
) -> tuple[Team | None, str]:
    """The platform team that offers the service; others offer no domains beside all others."""
    offering = Team.objects.filter(blueprints__slug=blueprint.name, kind=TeamKind.PLATFORM)
    team = offering.first()
    if team is None:
        message = "Choose the domain above; only a platform team's service makes top domains."
        problems.append(Problem("/domain", "domain-missing", message))
        return None, ""
    if team.pk in actor.owner_team_ids:
        return None, f"You decide for {team.name}."
    return team, f"Because it lies below no other domain; {team.name} decides on those."


def product_team(
    given: Mapping[str, Any], actor: Actor, problems: list[Problem]
) -> DataProduct | None:
    """The product that gets something, when the actor acts for its owner."""
    visible = DataProduct.objects.visible_to(actor).select_related("domain", "owner")
    product = visible.filter(fqn=str(given.get("product", ""))).first()
    if product is None:
        return None  # told by its picker
    if product.status == ProductStatus.RETIRED:
        problems.append(Problem("/product", "retired", "This product is retired; choose another."))
    elif not can_act_for_team(actor, product.owner_id):
        message = f"Only {product.owner.name} may add to this product; ask one of its owners."
        problems.append(Problem("/product", "not-yours", message))
    else:
        return product
    return None
