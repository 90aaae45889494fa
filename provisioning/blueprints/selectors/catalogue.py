"""How the blueprints have done so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q

from accounts.actors import Actor
from accounts.models import Team
from accounts.policies import can_decide_for_team
from provisioning.blueprints.formats.builtin import builtin_documents, needed_targets
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.blueprints.models import Blueprint, BlueprintVersion, Resource
from provisioning.jobs.models import Instance

MOST = 100  # rows of a list on a page

# Median seconds from accepted to done, per blueprint, over the last 90 days.
LEAD_TIMES = """
SELECT split_part(i.plan, '@', 1) AS blueprint,
       count(*) AS ended,
       count(*) FILTER (WHERE o.state = 'succeeded') AS succeeded,
       percentile_cont(0.5) WITHIN GROUP (
           ORDER BY extract(epoch FROM o.finished_at - o.created_at)
       ) FILTER (WHERE o.state = 'succeeded') AS median_s
FROM jobs_operation o JOIN jobs_instance i ON i.id = o.instance_id
WHERE o.kind = 'provision' AND o.finished_at > now() - interval '90 days' AND i.plan <> ''
GROUP BY 1
"""


@dataclass(frozen=True)
class LeadTime:
    """What was measured of one blueprint."""

    ended: int
    succeeded: int
    median_s: float | None  # None until one has succeeded

    @property
    def words(self) -> str:
        """`median of 11; 11 of 12 succeeded`."""
        all_of = "all" if self.succeeded == self.ended else f"{self.succeeded:,} of {self.ended:,}"
        return f"median of {self.succeeded:,}; {all_of} succeeded"


def lead_times() -> dict[str, LeadTime]:
    """`{blueprint slug: LeadTime}` of those used in the last 90 days; one SQL statement."""
    with connection.cursor() as cursor:
        cursor.execute(LEAD_TIMES)
        return {
            slug: LeadTime(ended, succeeded, median_s)
            for slug, ended, succeeded, median_s in cursor.fetchall()
        }


@dataclass(frozen=True)
class WaitingCard:
    """A built-in service that is offered as soon as its targets are registered."""

    document: BlueprintDoc
    owner: Team  # of the other built-in services
    needs: Sequence[tuple[str, str]]  # kind and slug of targets
    may_register: bool


def waiting_cards(known: Sequence[Blueprint], actor: Actor) -> list[WaitingCard]:
    """Built-in services that are not among the known blueprints, withdrawn ones included.

    Nothing where no built-in service is: then nobody offers them.
    """
    documents = builtin_documents()
    owner = next((each.owner for each in known if each.slug in documents), None)
    if owner is None:
        return []
    slugs = {each.slug for each in known}
    may = can_decide_for_team(actor, owner.pk)
    return [
        WaitingCard(document, owner, needed_targets(document), may)
        for name, document in documents.items()
        if name not in slugs
    ]


def versions_of(blueprint: Blueprint) -> list[BlueprintVersion]:
    """The newest hundred versions, each with `made`: how many things follow it. One statement."""
    living = Count("resources", filter=~Q(resources__instance__observed_state="absent"))
    found = blueprint.versions.annotate(made=living).order_by("-number").select_related("blueprint")
    return list(found[:MOST])


def made_from(
    blueprint: Blueprint, actor: Actor, number: int | None = None
) -> tuple[list[Resource], int]:
    """Living things made from the blueprint (or one version of it) that the actor may see, and how
    many more there are; the oldest version first. Two statements.
    """
    rows = Resource.objects.filter(version__blueprint=blueprint)
    rows = rows.exclude(instance__observed_state="absent")
    if number is not None:
        rows = rows.filter(version__number=number)
    seen = rows.filter(instance__in=Instance.objects.visible_to(actor)).select_related(
        "instance__owner", "instance__domain", "version"
    )
    shown = list(seen.order_by("version__number", "instance__name", "pk")[:MOST])
    return shown, rows.count() - len(shown)
