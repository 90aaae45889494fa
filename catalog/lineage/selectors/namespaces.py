"""Namespaces of datasets: whose they are, and which ones a team may claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from accounts.actors import Actor
from accounts.models import Team
from catalog.lineage.models import Dataset, NamespaceClaim

MAX_OPEN = 50  # of one team
MAX_TEAMS = 10

# A loose scan of the index: one step for each namespace, however many datasets it has.
SENT = """
WITH RECURSIVE sent(namespace) AS (
    (SELECT namespace FROM lineage_dataset WHERE posted_by_id = %(team)s
     ORDER BY namespace LIMIT 1)
    UNION ALL
    SELECT (SELECT namespace FROM lineage_dataset
        WHERE posted_by_id = %(team)s AND namespace > sent.namespace ORDER BY namespace LIMIT 1)
    FROM sent WHERE sent.namespace IS NOT NULL
)
SELECT namespace FROM sent WHERE namespace IS NOT NULL LIMIT %(most)s
"""


@dataclass(frozen=True)
class OpenNamespace:
    """A namespace that nobody claimed, and a team that has datasets there."""

    namespace: str
    team: Team


def open_namespaces(actor: Actor) -> list[OpenNamespace]:
    """Where teams that the actor owns offer or have sent datasets, and nobody claimed.

    Up to `MAX_OPEN` of each of `MAX_TEAMS` teams. Cost: two SQL statements a team, and two.
    """
    teams = Team.objects.filter(pk__in=actor.owner_team_ids).order_by("name", "pk")[:MAX_TEAMS]
    found = [OpenNamespace(each, team) for team in teams for each in _namespaces_of(team)]
    names = {each.namespace for each in found}
    claims = NamespaceClaim.objects.filter(namespace__in=names).values_list("namespace", flat=True)
    claimed = set(claims) if names else set()
    return [each for each in found if each.namespace not in claimed]


def _namespaces_of(team: Team) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(SENT, {"team": team.pk, "most": MAX_OPEN})
        sent: Iterable[str] = [namespace for (namespace,) in cursor.fetchall()]
    offered = Dataset.objects.filter(port__product__owner=team).order_by("namespace")
    names = offered.values_list("namespace", flat=True).distinct()[:MAX_OPEN]
    return sorted({*sent, *names})[:MAX_OPEN]
