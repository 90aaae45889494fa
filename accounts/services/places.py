"""Verbs on domains and teams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.actors import Actor
from accounts.field_schemas import read_field_schema
from accounts.models import Domain, Membership, Team, User
from accounts.policies import require_domain_change, require_places
from accounts.selectors import inhabitants
from accounts.states import TeamRole
from core import audit, outbox
from core.errors import Conflict, Invalid, NotFound
from core.problems import Problem

MAX_PURPOSE = 4_000  # characters


@transaction.atomic
def set_domain_details(*, domain: Domain, actor: Actor, purpose: str, field_schema: str) -> Domain:
    """Say what a domain is for and which fields of its own its products have.

    Args:
        field_schema: JSON text of a JSON Schema 2020-12 of an object; "" for no own fields.

    Raises:
        NotAllowed: `actor` is no owner of the domain or of one above it.
        Invalid: the purpose is too long, or the schema is none; each problem says where.
    """
    require_domain_change(actor, domain)
    schema, problems = read_field_schema(field_schema)
    purpose = purpose.replace("\r\n", "\n").strip()
    if len(purpose) > MAX_PURPOSE:
        message = f"Use {MAX_PURPOSE:,} characters at most."
        problems.append(Problem("/purpose", "too-long", message))
    if "\0" in purpose:
        message = "Remove the character NUL."
        problems.append(Problem("/purpose", "value-not-storable", message))
    if problems:
        raise Invalid("The domain cannot be described like that.", problems)
    changed = [
        name
        for name, value in (("purpose", purpose), ("field_schema", schema))
        if getattr(domain, name) != value
    ]
    if changed:
        domain.purpose, domain.field_schema = purpose, schema
        domain.save(update_fields=changed)
        _tell_domain(domain, actor, "domain.changed", fields=changed)
    return domain


@transaction.atomic
def describe_domain(*, domain: Domain, name: str, purpose: str, actor: Actor) -> Domain:
    """Call a domain otherwise, or say otherwise what it is for; its address stays.

    Raises:
        NotAllowed: the actor is no owner of the domain or of one above it.
    """
    require_domain_change(actor, domain)
    wanted = {"name": name, "purpose": purpose}
    changed = [field for field, value in wanted.items() if getattr(domain, field) != value]
    if changed:
        domain.name, domain.purpose = name, purpose
        domain.save(update_fields=changed)
        _tell_domain(domain, actor, "domain.changed", fields=changed)
    return domain


@dataclass(frozen=True)
class NewTeam:
    """A team that comes with a domain, and the person who owns it first."""

    slug: str
    name: str
    first_owner: User


@transaction.atomic
def create_domain(
    *,
    path: str,
    name: str,
    purpose: str,
    owner: Team | NewTeam,
    actor: Actor,
    instance_id: UUID | None = None,
) -> Domain:
    """A domain below the one that its path names, owned by a team that is there or comes with it.

    Args:
        instance_id: of what makes it and may take it away again.

    Raises:
        NotAllowed: the actor is no administrator; others ask for a domain by a service.
        NotFound: there is no domain above it.
        Conflict: the path, or the slug of the new team, is taken.
    """
    require_places(actor)
    above = path.rpartition(".")[0]
    parent = Domain.objects.filter(path=above).first()
    if above and parent is None:
        raise NotFound(f"There is no domain {above} (any more).")
    values = {"name": name, "purpose": purpose, "parent": parent, "instance_id": instance_id}
    try:
        with transaction.atomic():
            domain = Domain.objects.create(path=path, **values)
            team = _create_team(owner, domain, actor) if isinstance(owner, NewTeam) else owner
    except IntegrityError as error:
        raise Conflict(f"The name {path}, or that of its team, is taken.") from error
    domain.owner = team
    domain.save(update_fields=["owner"])
    _tell_domain(domain, actor, "domain.created", owner=team.slug)
    return domain


def _create_team(new: NewTeam, domain: Domain, actor: Actor) -> Team:
    team = Team.objects.create(
        slug=new.slug, name=new.name, domain=domain, instance_id=domain.instance_id
    )
    Membership.objects.create(user=new.first_owner, team=team, role=TeamRole.OWNER)
    _tell_team(team, actor, "team.created", owner=new.first_owner.username)
    return team


@transaction.atomic
def remove_domain(*, domain: Domain, actor: Actor) -> None:
    """Take away an empty domain, with the team that was made with it.

    Raises:
        NotAllowed: the actor is no administrator.
        Conflict: something is in it; the message says what.
    """
    require_places(actor)
    domain = Domain.objects.select_for_update().get(pk=domain.pk)  # nothing comes in meanwhile
    teams = Team.objects.filter(instance_id=domain.instance_id, domain=domain)
    made = list(teams.select_for_update()) if domain.instance_id else []
    found = inhabitants(domain)
    if found:
        message = f"{domain.name} is not empty, so it stays: it has {', '.join(found)}."
        raise Conflict(message, domain=domain.path)
    Domain.objects.filter(pk=domain.pk).update(owner=None)
    for team in made:
        _tell_team(team, actor, "team.removed")
        team.delete()
    _tell_domain(domain, actor, "domain.removed")
    domain.delete()


def _tell_domain(domain: Domain, actor: Actor, verb: str, **detail: Any) -> None:
    outbox.emit("domain.changed", key=domain.path, domain_id=domain.pk)
    audit.record(actor=actor.name, verb=verb, kind="domain", object_id=domain.path, **detail)


def _tell_team(team: Team, actor: Actor, verb: str, **detail: str) -> None:
    outbox.emit("team.changed", key=team.slug, team_id=team.pk)
    audit.record(actor=actor.name, verb=verb, kind="team", object_id=team.slug, **detail)
