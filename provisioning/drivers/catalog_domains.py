"""Action `domain` of the catalogue: a business domain, if need be with the team that owns it."""

from __future__ import annotations

from django.db.models import Q

from accounts import services
from accounts.actors import system_actor
from accounts.models import Domain, Team, User
from catalog.products.names import slugified
from catalog.products.selectors import name_problems
from core.errors import Invalid
from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
)

UNDONE = "It is removed while nothing is in it."


def plan(step: Step) -> list[PlannedEffect]:
    """The domain, and the team that comes with it."""
    change = Change.UPDATE if _own(step) else Change.CREATE
    owner = step.spec.get("owner")
    called = f"{step.spec['path']}, owned by {owner}" if owner else step.spec["path"]
    found = [PlannedEffect("domain", called, change, UNDONE)]
    if not owner and change == Change.CREATE:
        team = f"{step.spec.get('new_team')}, owned by {step.spec.get('asker')}"
        found.append(PlannedEffect("team", team, change, "It goes with its domain."))
    return found


def observe(step: Step) -> Observed:
    """The domain that this instance made."""
    domain = _own(step)
    return _observed(domain, Change.KEEP) if domain else Observed(exists=False)


def ensure(step: Step) -> Observed:
    """Make the domain, or describe it as the step says; whose it is by now stays."""
    domain = _own(step)
    if domain is not None:
        return _observed(_described(step, domain), Change.UPDATE)
    path = step.spec["path"]
    problems = list(name_problems(path.rpartition(".")[2], path, None, "/path"))
    if problems:
        raise Invalid("The name cannot be used.", problems)
    domain = services.create_domain(
        path=path,
        name=step.spec["name"],
        purpose=step.spec.get("purpose") or "",
        owner=_owner(step),
        actor=system_actor(),
        instance_id=step.instance_id,
    )
    step.log("info", "catalog", f"Domain {path} is in place, owned by {domain.owner}.")
    return _observed(domain, Change.CREATE)


def remove(step: Step) -> None:
    """Take away what this instance made, unless somebody has put something into it."""
    domain = _own(step)
    if domain is not None:
        services.remove_domain(domain=domain, actor=system_actor())
        step.log("info", "catalog", f"Domain {domain.path} is taken away.")


def _described(step: Step, domain: Domain) -> Domain:
    return services.describe_domain(
        domain=domain,
        name=step.spec["name"],
        purpose=step.spec.get("purpose") or "",
        actor=system_actor(),
    )


def _owner(step: Step) -> Team | services.NewTeam:
    """The team that is named, else the new one with the asker as its first owner."""
    slug, name = step.spec.get("owner"), step.spec.get("new_team")
    if slug:
        team = Team.objects.filter(slug=slug).first()
        if team is None:
            raise PermanentError(f"There is no team {slug} (any more).")
        return team
    people = User.objects.filter(is_active=True, service_of__isnull=True)
    asker = people.filter(username=step.spec.get("asker")).first()
    if not name or not slugified(name):
        raise PermanentError("Name the team that owns the domain, or a new one.")
    if asker is None:
        raise PermanentError("The person who asked has left, so the new team would have no owner.")
    return services.NewTeam(slugified(name), name, asker)


def _own(step: Step) -> Domain | None:
    """By instance: the domain of this path may have been made by somebody else."""
    made = Q(instance_id=step.instance_id, path=step.spec["path"])
    return Domain.objects.filter(made).select_related("owner").first()


def _observed(domain: Domain, change: Change) -> Observed:
    team = domain.owner.slug if domain.owner else ""
    made_with_it = Team.objects.filter(instance_id=domain.instance_id)
    effects = (
        EffectRecord("domain", domain.path, {"change": change, "owner": team}),
        *(EffectRecord("team", each.slug, {"change": change}) for each in made_with_it),
    )
    attributes = {"domain": domain.path, "team": team}
    return Observed(True, summary=domain.path, effects=effects, attributes=attributes)
