"""Ninety days of incidents of the demo company: those that ended, and who looks after the rest."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from catalog.products.models import DataProduct
from catalog.quality.models import Incident, IncidentEvent, QualityCheck
from catalog.quality.services import (
    SettingsData,
    acknowledge_incident,
    assign_incident,
    configure_quality,
    note_on_incident,
    watch_promises,
)
from catalog.quality.states import Cause, EventKind, IncidentState, Severity
from portal.demo.company import SEED, incidents, products, teams
from portal.demo.people import Company, company

DAYS = 90
MOST = 3  # small ones of a product
GOLDEN_SCORE = 85.0  # percent; the threshold of products with this tag
PERFECT = 97  # percent; a product that scores more had none
ENDED = (
    "The job ran again after a lock in the source was released.",
    "The source sent the file twice; the second one was taken out.",
    "A new value came from the shops; the rule knows it now.",
    "Rows without a key were put aside and go back to their system.",
    "The late file was loaded by hand.",
)
FOUND = (
    "It is the load of last night; the days before are right.",
    "The source was asked. Until then, leave these rows out.",
    "Seen before: the time zone of one till.",
)
REST_NOTE = "Known. The source mends it with the release of next week."


@dataclass(frozen=True)
class Past:
    """One incident that ended; `detail` is what was known, `end` what was done."""

    product: DataProduct
    title: str
    detail: str
    end: str
    severity: str
    by: User
    broke_at: dt.datetime
    detected_at: dt.datetime
    acknowledged_at: dt.datetime
    resolved_at: dt.datetime
    check: QualityCheck | None = None


@transaction.atomic
def load_incidents() -> None:
    """Once; loading again adds nothing."""
    since = timezone.now() - dt.timedelta(days=1)
    if Incident.objects.filter(detected_at__lt=since).exists():
        return
    here = company()
    _write([*_announced(here), *_small_ones(here)])
    _choose(here)
    watch_promises()
    _look_after_the_rest(here)


def _choose(here: Company) -> None:
    """What owners watch: nobody plays the pipelines of the company, so few look at promises."""
    for product in DataProduct.objects.filter(fqn__in=products()).select_related("owner"):
        spec = products()[product.fqn]
        golden = "golden" in spec.tags
        data = SettingsData(
            score_threshold=GOLDEN_SCORE if golden else None,
            downstream_hops=2 if golden else 1,
            watches_anomalies=golden,
            watches_promises=spec.is_late,
        )
        configure_quality(data, product=product, actor=here.owner(spec.team))


def _announced(here: Company) -> Iterator[Past]:
    """Those that their owners explained to everybody, of the product where they began."""
    now = timezone.now()
    for given in incidents():
        fqn = next(iter(given["products"]))
        broke_at = now - dt.timedelta(days=given["from"], hours=2)
        yield Past(
            product=DataProduct.objects.get(fqn=fqn),
            title=given["title"],
            detail="",
            end=given["body"].replace("**", ""),
            severity=Severity.CRITICAL,
            by=here.users[given["by"]],
            broke_at=broke_at,
            detected_at=broke_at + dt.timedelta(hours=7),
            acknowledged_at=broke_at + dt.timedelta(hours=8),
            resolved_at=now - dt.timedelta(days=given["to"], hours=-5),
        )


def _small_ones(here: Company) -> Iterator[Past]:
    """What rules found and teams mended, the same every time (fixed seed)."""
    known: dict[UUID, list[QualityCheck]] = defaultdict(list)
    active = QualityCheck.objects.filter(active=True, port__product__fqn__in=products())
    for check in active.select_related("port").order_by("pk"):
        known[check.port.product_id].append(check)
    for product in DataProduct.objects.filter(fqn__in=products()).order_by("fqn"):
        spec, checks = products()[product.fqn], known[product.pk]
        if spec.score is None or spec.score > PERFECT:
            continue
        chance = random.Random(f"{SEED}/incidents/{product.fqn}")  # noqa: S311 - made up
        oldest = min(DAYS, spec.age or DAYS)
        for _ in range(chance.randint(0, MOST) if checks and oldest > 5 else 0):
            yield _small_one(here, product, checks, chance, oldest)


def _small_one(
    here: Company,
    product: DataProduct,
    checks: Sequence[QualityCheck],
    chance: random.Random,
    oldest: int,
) -> Past:
    check = chance.choice(checks)
    ago = dt.timedelta(days=chance.uniform(4, oldest))
    broke_at = timezone.now() - ago
    detected_at = broke_at + dt.timedelta(minutes=chance.choice([5, 20, 60, 300, 1_300]))
    acknowledged_at = detected_at + dt.timedelta(minutes=chance.randint(3, 240))
    return Past(
        product=product,
        title=check.name,
        detail=f"{chance.randint(12, 4_000):,} of 120,000 rows break it.",
        end=chance.choice(ENDED),
        severity=chance.choice([Severity.MAJOR, Severity.MAJOR, Severity.CRITICAL]),
        by=here.users[here.owner(products()[product.fqn].team).name],
        broke_at=broke_at,
        detected_at=detected_at,
        acknowledged_at=acknowledged_at,
        resolved_at=acknowledged_at + dt.timedelta(minutes=chance.randint(20, 2_800)),
        check=check,
    )


def _write(told: Sequence[Past]) -> None:
    made = Incident.objects.bulk_create(_incident(each) for each in told)
    IncidentEvent.objects.bulk_create(
        event
        for incident, past in zip(made, told, strict=True)
        for event in _timeline(incident, past)
    )


def _incident(past: Past) -> Incident:
    return Incident(
        product=past.product,
        port_id=past.check.port_id if past.check else None,
        quality_check=past.check,
        cause=Cause.CHECK if past.check else Cause.MANUAL,
        severity=past.severity,
        state=IncidentState.RESOLVED,
        title=past.title,
        detail=past.detail,
        assignee=past.by,
        broke_at=past.broke_at,
        detected_at=past.detected_at,
        acknowledged_at=past.acknowledged_at,
        resolved_at=past.resolved_at,
    )


def _timeline(incident: Incident, past: Past) -> Iterator[IncidentEvent]:
    name, opened_by = past.by.username, "" if past.check else past.by.username
    lines = (
        (past.detected_at, EventKind.OPENED, opened_by, "", ""),
        (past.acknowledged_at, EventKind.ACKNOWLEDGED, name, "", ""),
        (past.acknowledged_at, EventKind.ASSIGNED, name, name, ""),
        (past.resolved_at, EventKind.RESOLVED, name, "", past.end),
    )
    for at, kind, actor, person, note in lines:
        yield IncidentEvent(
            incident=incident, at=at, kind=kind, actor=actor, person=person, note=note
        )


def _look_after_the_rest(here: Company) -> None:
    """Of what is open now, teams have taken up every second one."""
    rows = Incident.objects.filter(state=IncidentState.OPEN).for_rows().order_by("product__fqn")
    for at, incident in enumerate(rows):
        team = incident.product.owner.slug
        if at % 2 or team not in teams():
            continue
        owner = here.owner(team)
        acknowledge_incident(incident=incident, actor=owner)
        members = teams()[team].members
        helper = next((name for name, role in members.items() if role == "contributor"), "")
        if helper and at % 4 == 0:
            assign_incident(incident=incident, username=helper, actor=owner)
        note = REST_NOTE if at % 4 else FOUND[at % len(FOUND)]
        note_on_incident(incident=incident, note=note, actor=owner)
