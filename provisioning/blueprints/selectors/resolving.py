"""From typed parameters to what they mean here: domain, team, name, who decides, contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.products.models import DataProduct
from catalog.products.names import slugified
from core.errors import Invalid
from core.problems import Problem
from provisioning.blueprints.formats.conditions import applying, narrowed
from provisioning.blueprints.formats.defaults import with_defaults
from provisioning.blueprints.formats.document import DERIVED, DOMAIN_KIND, PORT_KIND, BlueprintDoc
from provisioning.blueprints.formats.parameters import check_parameters
from provisioning.blueprints.selectors import founding, limits, naming
from provisioning.blueprints.selectors.choices import pick_problems
from provisioning.blueprints.selectors.contracting import (
    RequestedContract,
    changed_columns,
    column_problems,
    from_columns,
    from_text,
    retention_problems,
)
from provisioning.blueprints.selectors.deciding import Deciders, deciders_of, product_team
from provisioning.blueprints.selectors.existing import Existing

REFUSED = "Some of this has to be mended first."


@dataclass(frozen=True)
class Resolved:
    """Parameters that keep every rule, with what they name."""

    parameters: Mapping[str, Any]  # defaults filled in
    slug: str
    place: str  # what objects in targets are called after
    domain: Domain
    team: Team
    deciders: tuple[Team, ...]  # who decides, one after the other; empty: nobody has to
    reason: str  # why those teams, or why nobody
    contract: RequestedContract | None = None  # of kinds that the catalogue knows
    product: DataProduct | None = None  # to which a port is added
    expires_on: dt.date | None = None
    asker: str = ""  # user name
    is_top: bool = False  # of a domain that lies below no other

    @property
    def decider(self) -> Team | None:
        return self.deciders[0] if self.deciders else None

    @property
    def fqn(self) -> str:
        if self.product is not None:
            return f"{self.product.fqn}/{self.slug}@1"
        if self.is_top:
            return self.slug
        return f"{self.domain.path}.{self.slug}"


def resolve(
    blueprint: BlueprintDoc,
    parameters: Mapping[str, Any],
    *,
    instance_id: UUID,
    actor: Actor,
    before: Existing | None = None,
) -> Resolved:
    """Judge parameters by the schema, then by the rules of the portal.

    Args:
        before: what is to be changed; its names stay.

    Raises:
        Invalid: pointers are those of the parameters; all findings of one round are told at once.
    """
    given = with_defaults(blueprint.parameters, with_fixed(blueprint, parameters, before))
    applies = applying(blueprint.parameters, given)
    problems = check_parameters(narrowed(blueprint.parameters, applies), given)
    faulty = {each.pointer.split("/")[1] for each in problems if each.pointer}
    problems += _fixed_problems(blueprint, parameters, before)
    sound = {name: value for name, value in given.items() if name not in faulty}
    problems += pick_problems(blueprint.parameters, sound, actor)
    place = _place(blueprint, sound, faulty, actor, before, problems)
    deciders = Deciders((), "")
    if place.domain is not None:
        deciders = deciders_of(blueprint, place.domain, actor, problems, is_top=place.is_top)
    slug = _slug(blueprint, sound, place, instance_id, actor, before, problems)
    expires_on = limits.expiry(blueprint, sound, problems)
    if place.domain and place.team:
        limits.quota_problems(blueprint, place.team, place.domain, instance_id, problems)
    contract = _contract(blueprint, sound, slug, place, instance_id, before, problems)
    if problems or place.team is None or place.domain is None:
        raise Invalid(REFUSED, problems)
    return Resolved(
        parameters=given,
        slug=slug,
        place=before.place if before else slug,
        domain=place.domain,
        team=place.team,
        deciders=deciders.teams,
        reason=deciders.reason,
        contract=contract,
        product=place.product,
        expires_on=expires_on,
        asker=actor.name,
        is_top=place.is_top,
    )


def with_fixed(
    blueprint: BlueprintDoc, parameters: Mapping[str, Any], before: Existing | None
) -> dict[str, Any]:
    """The parameters with those that name the thing as they are; they do not change."""
    if before is None:
        return dict(parameters)
    kept = {k: v for k, v in before.parameters.items() if k in blueprint.fixed}
    named = {"domain": before.domain.path, "team": before.team.slug}
    kept |= {name: value for name, value in named.items() if name in blueprint.properties}
    return {**parameters, **kept}


@dataclass(frozen=True)
class Place:
    """Where the thing belongs; None where that is wrong, which is told then."""

    domain: Domain | None
    team: Team | None
    product: DataProduct | None = None
    is_top: bool = False


def _fixed_problems(
    blueprint: BlueprintDoc, parameters: Mapping[str, Any], before: Existing | None
) -> list[Problem]:
    """What somebody wants to have otherwise though it cannot change."""
    if before is None:
        return []
    now, recorded = with_fixed(blueprint, parameters, before), before.resource.parameters
    message = "This stays as it was made; ask for a new one to have it otherwise."
    return [
        Problem(f"/{name}", "fixed", message)
        for name in sorted(blueprint.fixed & set(parameters))
        if parameters[name] not in (now.get(name), recorded.get(name))
    ]


def _place(
    blueprint: BlueprintDoc,
    sound: Mapping[str, Any],
    faulty: set[str],
    actor: Actor,
    before: Existing | None,
    problems: list[Problem],
) -> Place:
    if blueprint.makes == PORT_KIND:
        product = product_team(sound, actor, problems)
        return Place(product.domain, product.owner, product) if product else Place(None, None)
    if before is not None:
        return Place(before.domain, before.team, is_top=founding.is_top(before.instance))
    team = None if "team" in faulty else naming.team_of(sound, actor, problems)
    if "domain" in faulty:
        return Place(None, team)
    if "domain" in blueprint.properties:
        path = sound.get("domain")
        if path or blueprint.makes != DOMAIN_KIND:
            return Place(naming.domain_of(path, actor, problems) if path else None, team)
    home = naming.home_of(team, problems) if team else None
    return Place(home, team, is_top=blueprint.makes == DOMAIN_KIND)


def _slug(
    blueprint: BlueprintDoc,
    sound: Mapping[str, Any],
    place: Place,
    instance_id: UUID,
    actor: Actor,
    before: Existing | None,
    problems: list[Problem],
) -> str:
    if before is not None:
        return before.slug
    if blueprint.makes == PORT_KIND:
        return naming.port_slug(sound, place.product, problems)
    if "name" not in sound:
        return ""
    found = naming.name_problems(sound["name"], "/name")
    slug = slugified(sound["name"])
    if not found and place.domain is not None:
        if blueprint.makes == DOMAIN_KIND:
            above = "" if place.is_top else place.domain.path
            found = founding.problems_of(sound, slug, above, instance_id)
        elif blueprint.makes in DERIVED:
            found = naming.taken_problems(slug, place.domain, instance_id, actor)
        else:
            found = naming.taken_by_kind(blueprint.makes, slug, place.domain, instance_id)
    problems.extend(found)
    return slug


def _contract(
    blueprint: BlueprintDoc,
    sound: Mapping[str, Any],
    slug: str,
    place: Place,
    instance_id: UUID,
    before: Existing | None,
    problems: list[Problem],
) -> RequestedContract | None:
    if blueprint.makes not in DERIVED:
        return None
    if "columns" in sound:
        problems.extend(column_problems(sound["columns"]))
        problems.extend(retention_problems(sound))
    if place.team is None or place.domain is None:
        return None
    where: dict[str, Any] = {
        "slug": before.place if before else slug,
        "domain": place.domain,
        "team": place.team,
        "instance_id": instance_id,
    }
    try:
        if "contract" in sound:
            return from_text(sound["contract"], team=place.team)
        if problems or "columns" not in sound:
            return None
        described = {"name": slug, "purpose": place.product.purpose if place.product else ""}
        if before is not None:
            return changed_columns(
                {**described, **sound},
                **where,
                is_published=before.is_published,
                recorded=before.resource.parameters.get("columns"),
            )
        return from_columns({**described, **sound}, **where)
    except Invalid as error:
        problems.extend(error.problems)
        return None
