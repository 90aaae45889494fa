"""What stands in the way of taking a domain or a team away, and who is left in a team."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import CASCADE, Exists, ForeignObjectRel, Model, OuterRef, QuerySet
from django.db.models.expressions import NegatedExpression

from accounts.models import Domain, Membership, Team
from accounts.states import TeamRole


def unowned(team: str) -> NegatedExpression[Any]:
    """Whether nobody owns the team any more that the column `team` names: all of them have left."""
    owners = Membership.objects.filter(
        team=OuterRef(team), role=TeamRole.OWNER, user__is_active=True
    )
    return ~Exists(owners)


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
