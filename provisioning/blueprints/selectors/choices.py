"""What pickers offer: short lists made by the server, never everything."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, Value, When

from accounts.actors import Actor
from accounts.models import Domain, Team

SHOWN = 20


def domain_choices(actor: Actor, typed: str) -> list[Domain]:
    """Up to 20 domains whose path or name holds what was typed; the actor's own come first."""
    own = Q(pk__in=actor.owned_domain_ids) | Q(path__in=actor.home_paths)
    found = Domain.objects.filter(Q(path__icontains=typed) | Q(name__icontains=typed))
    rank = Case(When(own, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(found.annotate(rank=rank).order_by("rank", "path")[:SHOWN])


def team_choices(actor: Actor) -> list[dict[str, str]]:
    """The teams for which the actor may create things, as options of a select."""
    teams = Team.objects.filter(pk__in=actor.contributor_team_ids).order_by("name")
    options = [{"value": team.slug, "label": team.name} for team in teams[:200]]
    if len(options) > 1:
        options.insert(0, {"value": "", "label": "Choose a team"})
    return options
