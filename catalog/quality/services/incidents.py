"""What people do about incidents: report, take, hand over, note, end; and what they are told of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Membership, User
from catalog.products import services as products
from catalog.products.models import DataProduct, OutputPort
from catalog.products.policies import require_product_change
from catalog.products.states import LISTED
from catalog.quality.models import Incident, QualitySettings
from catalog.quality.models.incidents import MAX_HOPS
from catalog.quality.policies import require_incident_handling
from catalog.quality.services.incidents_following import follow_scores
from catalog.quality.services.incidents_writing import (
    Breakage,
    open_incidents,
    resolve_incidents,
    write_events,
)
from catalog.quality.states import UNRESOLVED, Cause, EventKind, IncidentState, Severity
from core import audit
from core.clock import db_now
from core.errors import Invalid, InvalidTransition
from core.problems import Problem

MAX_NOTE = 2_000  # characters
MAX_TITLE = 200
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # that an incident may have begun


@dataclass(frozen=True)
class ReportData:
    """What somebody reports: `broke_at` None is now."""

    title: str
    detail: str = ""
    severity: str = Severity.MAJOR
    port: str = ""  # its name and major version, `orders@1`; "" is the whole product
    broke_at: dt.datetime | None = None


@dataclass(frozen=True)
class SettingsData:
    """What owners want to be told about; threshold in percent, None is no threshold."""

    score_threshold: float | None
    downstream_hops: int
    watches_anomalies: bool
    watches_promises: bool = True


@transaction.atomic
def report_incident(data: ReportData, *, product: DataProduct, actor: Actor) -> Incident:
    """Open an incident by hand.

    Raises:
        NotAllowed: the actor does not handle incidents of the product.
        InvalidTransition: the product is not published, so nobody relies on it.
        Invalid: with a pointer for each thing to mend.
    """
    require_incident_handling(actor, product)
    products.lock_products([product.pk])
    if product.status not in LISTED:
        raise InvalidTransition("Incidents are of published products.", state=product.status)
    problems = _text_problems(data)
    port = _port(product, data.port) if data.port and not problems else None
    now = db_now()
    broke_at = _aware(data.broke_at) or now
    problems = problems or _report_problems(data, port, broke_at, now)
    if problems:
        raise Invalid("The incident cannot be opened like that.", problems)
    found = Breakage(
        product_id=product.pk,
        cause=Cause.MANUAL,
        severity=data.severity,
        title=data.title.strip(),
        detail=data.detail.strip(),
        broke_at=broke_at,
        port_id=port.pk if port else None,
    )
    return open_incidents([found], by=actor.name)[0]


@transaction.atomic
def acknowledge_incident(*, incident: Incident, actor: Actor) -> Incident:
    """Say that somebody looks after it; a member of the owner team who does is its assignee.

    Raises:
        NotAllowed: as `report_incident`.
        InvalidTransition: it is not open (any more).
    """
    require_incident_handling(actor, incident.product)
    taken = Incident.objects.filter(pk=incident.pk, state=IncidentState.OPEN).update(
        state=IncidentState.ACKNOWLEDGED, acknowledged_at=db_now()
    )
    if not taken:
        raise InvalidTransition(
            "Only an open incident can be acknowledged.", state=_state(incident)
        )
    write_events([incident], EventKind.ACKNOWLEDGED, by=actor.name)
    incident.refresh_from_db()
    is_member = incident.product.owner_id in actor.team_ids and not actor.is_service
    if incident.assignee_id is None and is_member:
        _assign(incident, User.objects.get(pk=actor.user_id or 0), actor)
    return incident


@transaction.atomic
def assign_incident(*, incident: Incident, username: str, actor: Actor) -> Incident:
    """Have a person of the owner team look after it; "" takes it from whoever does.

    Raises:
        NotAllowed: as `report_incident`.
        InvalidTransition: it is resolved.
        Invalid: there is no such person in the team.
    """
    require_incident_handling(actor, incident.product)
    name = username.replace("\0", "").strip()
    person = _person(incident, name) if name else None
    held = Incident.objects.filter(pk=incident.pk, state__in=UNRESOLVED)
    if not held.select_for_update(of=("self",)).exists():
        raise InvalidTransition("A resolved incident is nobody's task.", state=_state(incident))
    _assign(incident, person, actor)
    return incident


@transaction.atomic
def note_on_incident(*, incident: Incident, note: str, actor: Actor) -> Incident:
    """Add to the timeline what was found or done, also after the end.

    Raises: NotAllowed: as `report_incident`; Invalid: nothing, or too much, was written.
    """
    require_incident_handling(actor, incident.product)
    write_events([incident], EventKind.NOTE, by=actor.name, note=_note(note))
    return incident


@transaction.atomic
def resolve_incident(*, incident: Incident, note: str, actor: Actor) -> Incident:
    """End it and say what was done; a check that fails on opens it again.

    Raises:
        NotAllowed: as `report_incident`.
        Invalid: nothing, or too much, was written.
        InvalidTransition: it is resolved already.
    """
    require_incident_handling(actor, incident.product)
    if not resolve_incidents([incident], note=_note(note), by=actor.name):
        raise InvalidTransition("It is resolved already.", state=_state(incident))
    incident.refresh_from_db()
    return incident


@transaction.atomic
def configure_quality(data: SettingsData, *, product: DataProduct, actor: Actor) -> QualitySettings:
    """Set what is an incident of a product and how far it is shown; holds at once for its score.

    Raises: NotAllowed: the actor is not of the owner team; Invalid: a number is out of range.
    """
    require_product_change(actor, product)
    problems = _settings_problems(data)
    if problems:
        raise Invalid("The settings cannot be kept like that.", problems)
    products.lock_products([product.pk])
    kept, _ = QualitySettings.objects.update_or_create(
        product=product,
        defaults={
            "score_threshold": data.score_threshold,
            "downstream_hops": data.downstream_hops,
            "watches_anomalies": data.watches_anomalies,
            "watches_promises": data.watches_promises,
        },
    )
    audit.record(
        actor=actor.name,
        verb="quality.configured",
        kind="product",
        object_id=product.fqn,
        score_threshold=data.score_threshold,
        downstream_hops=data.downstream_hops,
        watches_anomalies=data.watches_anomalies,
        watches_promises=data.watches_promises,
    )
    follow_scores([product.pk])
    return kept


def _assign(incident: Incident, person: User | None, actor: Actor) -> None:
    Incident.objects.filter(pk=incident.pk).update(assignee=person)
    incident.assignee = person
    name = person.username if person else ""
    write_events([incident], EventKind.ASSIGNED, by=actor.name, person=name)


def _person(incident: Incident, username: str) -> User:
    """Raises: Invalid: the owner team has no such person; who else there is, is not told."""
    team = incident.product.owner
    members = Membership.objects.filter(team=team, user__is_active=True)
    found = members.filter(user__username=username).select_related("user").first()
    if found is None:
        message = f"Name a person of {team.name}, which owns the product."
        raise Invalid(
            "It cannot be assigned like that.", [Problem("/person", "not-of-the-team", message)]
        )
    return found.user


def _port(product: DataProduct, name: str) -> OutputPort | None:
    return OutputPort.objects.filter(product=product, fqn=f"{product.fqn}/{name}").first()


def _note(text: str) -> str:
    note = text.strip()
    if not note:
        problem = Problem("/note", "note-missing", "Say what was found or done; others read it.")
        raise Invalid("Nothing was changed.", [problem])
    if "\0" in note:
        raise Invalid("Nothing was changed.", [_unsafe("note")])
    if len(note) > MAX_NOTE:
        problem = Problem("/note", "too-long", f"At most {MAX_NOTE:,} characters.")
        raise Invalid("Nothing was changed.", [problem])
    return note


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    """A moment without a time zone is one of UTC."""
    is_naive = moment is not None and moment.tzinfo is None
    return moment.replace(tzinfo=dt.UTC) if moment is not None and is_naive else moment


def _text_problems(data: ReportData) -> list[Problem]:
    texts = {"title": data.title, "detail": data.detail, "port": data.port}
    return [_unsafe(name) for name, text in texts.items() if "\0" in text]


def _unsafe(name: str) -> Problem:
    return Problem(f"/{name}", "unsafe-text", "Remove the character NUL.")


def _report_problems(
    data: ReportData, port: OutputPort | None, broke_at: dt.datetime, now: dt.datetime
) -> list[Problem]:
    found = []
    if not data.title.strip():
        found.append(Problem("/title", "missing", "Say in a few words what is wrong."))
    if len(data.title) > MAX_TITLE:
        found.append(Problem("/title", "too-long", f"At most {MAX_TITLE} characters."))
    if len(data.detail) > MAX_NOTE:
        found.append(Problem("/detail", "too-long", f"At most {MAX_NOTE:,} characters."))
    if data.severity not in Severity.values:
        text = f"Choose one of {', '.join(Severity.values)}."
        found.append(Problem("/severity", "unknown-choice", text))
    if data.port and port is None:
        text = "Name a port of this product with its major version, as orders@1."
        found.append(Problem("/port", "unknown-port", text))
    if not EARLIEST <= broke_at <= now:
        code = "in-the-future" if broke_at > now else "out-of-range"
        text = f"Say when it began: between {EARLIEST.year} and now."
        found.append(Problem("/broke_at", code, text))
    return found


def _settings_problems(data: SettingsData) -> list[Problem]:
    found = []
    threshold = data.score_threshold
    if threshold is not None and not 0 <= threshold <= 100:
        text = "A score from 0 to 100, or nothing."
        found.append(Problem("/score_threshold", "out-of-range", text))
    if not 0 <= data.downstream_hops <= MAX_HOPS:
        text = f"0 to {MAX_HOPS} steps downstream."
        found.append(Problem("/downstream_hops", "out-of-range", text))
    return found


def _state(incident: Incident) -> str:
    return str(Incident.objects.values_list("state", flat=True).get(pk=incident.pk))
