"""Reads: who is left in a team, its programs, and what stands in the way of taking it away."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import (
    CASCADE,
    Count,
    Exists,
    ForeignObjectRel,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.expressions import NegatedExpression

from accounts.actors import Actor
from accounts.models import ApiToken, Domain, Membership, Team, User
from accounts.states import TeamRole
from core.documents import unsafe_character
from core.errors import NotFound
from core.problems import Problem


def unowned(team: str) -> NegatedExpression[Any]:
    """Whether nobody owns the team any more that the column `team` names: all of them have left."""
    owners = Membership.objects.filter(
        team=OuterRef(team), role=TeamRole.OWNER, user__is_active=True
    )
    return ~Exists(owners)


def accounts_visible_to(actor: Actor) -> QuerySet[User]:
    """Service accounts of the teams that the actor is in; administrators see all."""
    rows = User.objects.filter(service_of__isnull=False).select_related("service_of")
    return rows if actor.is_admin else rows.filter(service_of__in=actor.team_ids)


def accounts_for_lists(actor: Actor) -> QuerySet[User]:
    """The same with `live_tokens` and `last_used_at` of each."""
    live = Q(api_tokens__in=ApiToken.objects.live())
    return accounts_visible_to(actor).annotate(
        live_tokens=Count("api_tokens", filter=live),
        last_used_at=Max("api_tokens__last_used_at"),
    )


def account_by_name(actor: Actor, name: str) -> User:
    """The service account of this name that still acts, with what lists show.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    rows = accounts_for_lists(actor).filter(username=name, is_active=True)
    found = rows.first() if "\0" not in name else None
    if found is None:
        raise NotFound()
    return found


def names_problems(text: str, pointer: str = "/name", *, longest: int = 120) -> Iterator[Problem]:
    """What is wrong with a line of text that people read."""
    if not text.strip():
        yield Problem(pointer, "required", "Say what it is for.")
    elif len(text.strip()) > longest:
        yield Problem(pointer, "too-long", f"Use {longest} characters at most.")
    elif unsafe_character(text) is not None:
        yield Problem(pointer, "unsafe-character", "Remove control and invisible characters.")


def inhabitants(domain: Domain) -> list[str]:
    """What is in the domain, a word each, but for the team that was made with it.

    Every table of every room that points at it is asked: one statement each.
    """
    own = _teams_made_with(domain)
    found = list(_what_names(domain, but={Team: own}))
    for team in own:
        found += _what_names(team, but={Domain: Domain.objects.filter(pk=domain.pk)})
        if team.memberships.count() > 1 or team.memberships.exclude(role=TeamRole.OWNER).exists():
            found.append("members")
    return sorted(set(found))


def _teams_made_with(domain: Domain) -> QuerySet[Team]:
    if domain.instance_id is None:
        return Team.objects.none()
    return Team.objects.filter(instance_id=domain.instance_id, domain=domain)


def _what_names(
    row: Model, but: dict[type[Model], QuerySet[Team] | QuerySet[Domain]]
) -> Iterator[str]:
    for relation in _relations(type(row)):
        model = relation.related_model
        if model._meta.label == "accounts.Membership":
            continue  # counted by `inhabitants`
        if _goes_along(relation):
            continue
        rows = model._base_manager.filter(**{relation.field.name: row})
        if model in but:
            rows = rows.exclude(pk__in=but[model].values("pk"))
        if rows.exists():
            yield str(model._meta.verbose_name_plural)


def _goes_along(relation: ForeignObjectRel) -> bool:
    """What only says how a domain is to be reckoned with; it goes with it and hinders nobody."""
    return relation.model is Domain and relation.hidden and relation.on_delete is CASCADE


def _relations(model: type[Model]) -> Collection[ForeignObjectRel]:
    fields = model._meta.get_fields(include_hidden=True)
    return [each for each in fields if isinstance(each, ForeignObjectRel) and not each.many_to_many]
