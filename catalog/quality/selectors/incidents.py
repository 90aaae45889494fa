"""Lists of incidents, what lies behind one, and how soon teams notice and mend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import (
    Aggregate,
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.utils import timezone

from accounts.actors import Actor, in_domain
from catalog.products.models import DataProduct, DataProductQuerySet
from catalog.quality.models import CheckResult, Incident, IncidentQuerySet
from catalog.quality.states import UNRESOLVED, IncidentState, Severity
from core.errors import NotFound

LOOKED_BACK = dt.timedelta(days=90)  # for medians
ORDER = ("-detected_at", "-id")
MAX_TEAMS = 20
RESULTS_SHOWN = 20
GRAVITY = Case(  # the gravest first
    When(severity=Severity.CRITICAL, then=Value(0)),
    When(severity=Severity.MAJOR, then=Value(1)),
    default=Value(2),
)
ACTIVE, ALL = "unresolved", "all"  # beside the states themselves
CHOICES = (ACTIVE, *IncidentState.values, ALL)


@dataclass(frozen=True)
class Chosen:
    """Filters of the list; "" is none. `state` is one of `CHOICES`."""

    state: str = ACTIVE
    team: str = ""  # slug of the owner
    domain: str = ""  # path; those below it too
    product: str = ""  # fqn
    mine: bool = False  # of products that a team of the actor owns


@dataclass(frozen=True)
class TeamTimes:
    """How a team fared in 90 days; the times are medians, None where there was nothing."""

    slug: str
    name: str
    incidents: int
    unresolved: int
    to_detect: dt.timedelta | None  # from the first bad result
    to_repair: dt.timedelta | None  # from when it was noticed


class Median(Aggregate):
    """The middle one of durations."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def gravest_open(*, pk: Combinable | None = None, fqn: Combinable | None = None) -> Subquery:
    """Severity of the gravest open incident of a product that the statement around it has found,
    by its id or its fqn.
    """
    which = {"product": pk} if pk is not None else {"product__fqn": fqn}
    open_ones = Incident.objects.unresolved().filter(**which)
    return Subquery(open_ones.order_by(GRAVITY).values("severity")[:1])


def chosen_incidents(actor: Actor, chosen: Chosen) -> IncidentQuerySet:
    """Incidents that the actor may see, as the filters say; in no order."""
    found = Incident.objects.visible_to(actor).order_by()
    if "\0" in chosen.team + chosen.domain + chosen.product:
        return found.none()
    if chosen.state == ACTIVE:
        found = found.unresolved()
    elif chosen.state != ALL:
        found = found.filter(state=chosen.state)
    if chosen.team:
        found = found.filter(product__owner__slug=chosen.team)
    if chosen.domain:
        path = chosen.domain
        below = Q(product__domain__path=path) | Q(product__domain__path__startswith=f"{path}.")
        found = found.filter(below)
    if chosen.product:
        found = found.filter(product__fqn=chosen.product)
    return found.of_teams_of(actor) if chosen.mine else found


def incident_by_id(actor: Actor, pk: UUID) -> Incident:
    """Raises: NotFound: there is none, or the actor may not see its product."""
    found = Incident.objects.visible_to(actor).for_rows().select_related("quality_check")
    incident = found.filter(pk=pk).first()
    if incident is None:
        raise NotFound()
    return incident


def results_behind(incident: Incident) -> list[CheckResult]:
    """What its check said since shortly before it broke, the newest first, at most 20."""
    if incident.quality_check_id is None:
        return []
    ending = incident.resolved_at or timezone.now()
    rows = CheckResult.objects.filter(
        check_run=incident.quality_check_id,
        at__gte=incident.broke_at - dt.timedelta(days=2),
        at__lte=ending,
    )
    return list(rows.order_by("-at")[:RESULTS_SHOWN])


def open_of_teams(actor: Actor, *, limit: int) -> list[Incident]:
    """What waits for the teams of the actor, the latest first. At most one statement."""
    if not actor.contributor_team_ids:
        return []
    own = Incident.objects.unresolved().filter(product__owner__in=actor.contributor_team_ids)
    return list(own.for_rows().order_by(*ORDER)[:limit])


def times_of_team(actor: Actor, slug: str) -> list[TeamTimes]:
    """Of one team, in what the actor may see; empty without incidents. One statement."""
    return _times(DataProduct.objects.visible_to(actor).filter(owner__slug=slug))


def times_in_domain(actor: Actor, path: str) -> list[TeamTimes]:
    """Of the teams with products in a domain and those below it, the most troubled first."""
    return _times(DataProduct.objects.visible_to(actor).filter(in_domain(path)))


def _times(products: DataProductQuerySet) -> list[TeamTimes]:
    since = timezone.now() - LOOKED_BACK
    rows = Incident.objects.filter(product__in=products.order_by().values("pk"))
    rows = rows.filter(detected_at__gt=since).order_by()
    found = rows.values_list("product__owner__slug", "product__owner__name").annotate(
        incidents=Count("pk"),
        unresolved=Count("pk", filter=Q(state__in=UNRESOLVED)),
        to_detect=Median(_span("detected_at", "broke_at")),
        to_repair=Median(
            _span("resolved_at", "detected_at"), filter=Q(state=IncidentState.RESOLVED)
        ),
    )
    ranked = found.order_by("-incidents", "product__owner__slug")
    return [TeamTimes(*row) for row in ranked[:MAX_TEAMS]]


def _span(later: str, earlier: str) -> Combinable:
    return ExpressionWrapper(F(later) - F(earlier), output_field=DurationField())


def members_of(incident: Incident) -> Sequence[str]:
    """User names of who may look after it: the people of the owner team."""
    members = incident.product.owner.memberships.filter(user__is_active=True)
    return list(members.order_by("user__username").values_list("user__username", flat=True)[:100])
