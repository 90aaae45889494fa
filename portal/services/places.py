"""Search rows of domains and teams.

`accounts` lies below the search and cannot write them; the portal does, after the events
`domain.changed` and `team.changed`, and at the end of whatever makes many of them (the demo, an
import).
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import Domain, Team
from catalog.search import services as search
from catalog.search.models import SearchEntry
from catalog.search.services import EntryData
from core.models import OutboxEvent


def follow_domain(event: OutboxEvent) -> None:
    """Write the row of the domain that changed."""
    pk = event.payload["domain_id"]
    rows = Domain.objects.filter(pk=pk).select_related("owner")
    _write("domain", pk, [_domain(each) for each in rows])


def follow_team(event: OutboxEvent) -> None:
    """Write the row of the team that changed."""
    pk = event.payload["team_id"]
    rows = Team.objects.filter(pk=pk).select_related("domain", "parent")
    _write("team", pk, [_team(each) for each in rows])


def _write(kind: str, pk: int, entries: list[EntryData]) -> None:
    """The row; taken away where the thing is gone."""
    if entries:
        search.index_many(entries)
    else:
        search.remove(kind=kind, object_id=str(pk))


@transaction.atomic
def reindex_places() -> None:
    """Write the rows of all domains and teams, and take away those of what is gone.

    Cost: a handful of statements, plus one for each 500 rows.
    """
    domains = list(Domain.objects.select_related("owner"))
    teams = list(Team.objects.select_related("domain", "parent"))
    search.index_many([*map(_domain, domains), *map(_team, teams)])
    _remove_gone("domain", [str(each.pk) for each in domains])
    _remove_gone("team", [str(each.pk) for each in teams])


def _remove_gone(kind: str, ids: list[str]) -> None:
    gone = SearchEntry.objects.filter(kind=kind).exclude(object_id__in=ids)
    search.remove_many(kind, list(gone.values_list("object_id", flat=True)))


def _domain(domain: Domain) -> EntryData:
    owner = domain.owner
    return EntryData(
        kind="domain",
        object_id=str(domain.pk),
        fqn=domain.path,
        name=domain.name,
        url=domain.get_absolute_url(),
        updated_at=timezone.now(),
        domain_path=domain.path,
        domain_name=domain.name,
        owner_team_id=owner.pk if owner else None,
        owner_slug=owner.slug if owner else "",
        owner_name=owner.name if owner else "",
        summary=domain.purpose,
        words=[owner.name] if owner else [],
    )


def _team(team: Team) -> EntryData:
    return EntryData(
        kind="team",
        object_id=str(team.pk),
        fqn=team.slug,
        name=team.name,
        url=team.get_absolute_url(),
        updated_at=timezone.now(),
        domain_path=team.domain.path if team.domain else "",
        domain_name=team.domain.name if team.domain else "",
        owner_team_id=team.pk,
        owner_slug=team.slug,
        owner_name=team.name,
        summary=f"{team.get_kind_display()} team",
        words=[team.contact, team.domain.name if team.domain else ""],
    )
