"""Incidents, why data is stale, and verbs on incidents."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import graphene
from django.db.models import QuerySet
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import people_by_id
from accounts.graphql.types import Person
from catalog.products.graphql.batches import ports_by_id, products_by_id
from catalog.products.graphql.types import DataProduct, OutputPort
from catalog.products.models import DataProduct as DataProductModel
from catalog.quality import services
from catalog.quality.graphql.batches import checks_by_id
from catalog.quality.graphql.types import QualityCheck
from catalog.quality.models import Incident as IncidentModel
from catalog.quality.models import IncidentEvent as IncidentEventModel
from catalog.quality.selectors import surroundings
from catalog.quality.selectors.incidents import ORDER, Chosen, chosen_incidents
from catalog.quality.services import ReportData
from catalog.quality.states import Cause, EventKind, IncidentState, Severity
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum,
    enum_of,
    extend,
    first_of_each,
    many,
    one,
    one_row,
    page,
    page_from,
)
from core.graphql.mutations import attempt_on, payload
from core.ids import uuids_in
from core.paging import keyset_page

INCIDENT = (
    *("id", "product_id", "port_id", "quality_check_id", "assignee_id", "title", "detail"),
    *("cause", "severity"),
    *("state", "broke_at", "detected_at", "acknowledged_at", "resolved_at", "failures"),
    "reopened",
)
EVENT = ("id", "incident_id", "at", "kind", "actor", "person", "note")
EVENT_ORDER = ("id",)
Lists = dict[Any, list[dict[str, Any]]]

IncidentStateEnum = enum_of("IncidentState", IncidentState, "How far an incident is.")
SeverityEnum = enum_of("IncidentSeverity", Severity, "How bad it is.")
CauseEnum = enum_of("IncidentCause", Cause, "What tells that something is wrong.")
EventKindEnum = enum_of("IncidentEventKind", EventKind, "What happened to an incident.")
ChoiceEnum = enum(
    "IncidentChoice",
    [
        ("UNRESOLVED", "unresolved"),
        *((each.name, each.value) for each in IncidentState),
        ("ALL", "all"),
    ],
    "Which incidents are listed.",
    {
        "unresolved": "Open and acknowledged ones",
        **{each.value: str(each.label) for each in IncidentState},
        "all": "All of them",
    },
)


def incidents_by_product(
    actor: Actor,
    ids: Collection[UUID],
    *,
    first: int,
    after: str | None = None,
    state: Any = None,
) -> Lists:
    """Incidents of products that were seen before, the latest first."""
    chosen = Chosen(state=state.value if state else "unresolved")
    return first_of_each(
        chosen_incidents(actor, chosen).filter(product__in=ids),
        by="product_id",
        order=ORDER,
        columns=INCIDENT,
        first=first,
        after=after,
    )


def events_by_incident(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """The timeline, the oldest first."""
    return first_of_each(
        IncidentEventModel.objects.filter(incident__in=ids),
        by="incident_id",
        order=EVENT_ORDER,
        columns=EVENT,
        first=first,
        after=after,
    )


def staleness_by_product(actor: Actor, ids: Collection[UUID]) -> dict[Any, dict[str, Any]]:
    """Whether the data of products is stale, with the row that its causes are read by."""
    return {
        pk: {
            "id": pk,
            "is_stale": each.is_stale,
            "late_since": each.root.late_since,
            "unmeasured_since": each.root.unmeasured_since,
            "causes": [
                {
                    "product_id": cause.id if cause.is_visible else None,
                    "distance": cause.distance,
                    "written_at": cause.written_at if cause.is_visible else None,
                    "late_since": cause.late_since,
                }
                for cause in each.causes
            ],
        }
        for pk, each in surroundings(actor, ids).items()
    }


class IncidentEvent(RowsType):
    """One line of the timeline."""

    at = graphene.DateTime(required=True, description="When it happened.")
    kind = EventKindEnum(required=True, description="What happened.")
    actor = graphene.String(description="User name; null: the portal itself.")
    person = graphene.String(description="User name of whom it was assigned to.")
    note = graphene.String(required=True, description="What was found or done.")

    @staticmethod
    def resolve_actor(row: Row, info: Any) -> str | None:
        return row.values["actor"] or None

    @staticmethod
    def resolve_person(row: Row, info: Any) -> str | None:
        return row.values["person"] or None


IncidentEventConnection = connection(IncidentEvent)


class Incident(RowsType):
    """Something that is wrong with the data of a product, or was."""

    id = graphene.ID(required=True, description="As REST has it.")
    title = graphene.String(required=True, description="What is wrong, in a few words.")
    detail = graphene.String(required=True, description="What was known when it was noticed.")
    state = IncidentStateEnum(required=True, description="How far it is.")
    severity = SeverityEnum(required=True, description="How bad it is.")
    cause = CauseEnum(required=True, description="What told of it.")
    product = one(DataProduct, products_by_id, key="product_id", description="What it is of.")
    port = one(OutputPort, ports_by_id, key="port_id", description="Null: the whole product.")
    check = one(
        QualityCheck, checks_by_id, key="quality_check_id", description="Null: no rule told of it."
    )
    assignee = one(Person, people_by_id, key="assignee_id", description="Who looks after it.")
    broke_at = graphene.DateTime(required=True, description="Of the first bad result.")
    detected_at = graphene.DateTime(required=True, description="When the portal knew.")
    acknowledged_at = graphene.DateTime(description="When somebody took it up.")
    resolved_at = graphene.DateTime(description="When it was over.")
    failures = graphene.Int(required=True, description="Bad results since it broke.")
    reopened = graphene.Int(required=True, description="How often it came back.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")
    events = page(
        IncidentEventConnection,
        events_by_incident,
        order=EVENT_ORDER,
        description="Its timeline, the oldest first.",
    )

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("quality:incident", kwargs={"pk": row.values["id"]})


IncidentConnection = connection(Incident)


class LateCause(RowsType):
    """A product upstream whose data is late."""

    product = one(
        DataProduct, products_by_id, key="product_id", description="Null: it may not be seen."
    )
    distance = graphene.Int(required=True, description="Steps upstream.")
    written_at = graphene.DateTime(description="When a run last wrote it.")
    late_since = graphene.DateTime(required=True, description="When its promise was broken.")


def causes_by_product(actor: Actor, ids: Collection[UUID]) -> Lists:
    """The nearest late products upstream of each."""
    found: Lists = defaultdict(list)
    for pk, row in staleness_by_product(actor, ids).items():
        found[pk] = row["causes"]
    return found


class Staleness(RowsType):
    """Whether the data of a product is up to date, and why not."""

    is_stale = graphene.Boolean(
        required=True,
        description="It is late, not measured in time, or made from what is late.",
    )
    late_since = graphene.DateTime(description="When its promise of freshness was broken.")
    unmeasured_since = graphene.DateTime(
        description="When the first result about it was older than its schedule allows."
    )
    causes = many(
        LateCause, causes_by_product, description="The nearest late products upstream, at most 3."
    )


class Query(graphene.ObjectType):
    incidents = graphene.Field(
        IncidentConnection,
        required=True,
        description="Incidents of products that the caller may see, the latest first.",
        first=graphene.Int(required=True, description="1 to 200."),
        after=graphene.String(description="A cursor of the page before."),
        state=ChoiceEnum(description="Left out: unresolved."),
        team=graphene.String(description="Slug of the owner."),
        domain=graphene.String(description="Path; those below it too."),
        product=graphene.String(description="fqn"),
        mine=graphene.Boolean(description="Of the caller's teams."),
    )
    incident = graphene.Field(
        Incident, id=graphene.ID(required=True, description="Of it."), description="One of them."
    )

    @staticmethod
    def resolve_incidents(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        state: Any = None,
        mine: bool | None = None,
        **given: str | None,
    ) -> Page:
        texts = {name: text or "" for name, text in given.items()}
        state = state.value if state else "unresolved"
        chosen = Chosen(state=state, mine=bool(mine), **texts)
        rows = chosen_incidents(info.context.actor, chosen).values(*INCIDENT)
        return page_from(keyset_page(rows, order=ORDER, size=first, cursor=after), rows)

    @staticmethod
    def resolve_incident(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        return _row(info.context.actor, id)


ReportIncident = payload("ReportIncidentPayload", "incident", Incident)
AcknowledgeIncident = payload("AcknowledgeIncidentPayload", "incident", Incident)
AssignIncident = payload("AssignIncidentPayload", "incident", Incident)
NoteOnIncident = payload("NoteOnIncidentPayload", "incident", Incident)
ResolveIncident = payload("ResolveIncidentPayload", "incident", Incident)


class Mutation(graphene.ObjectType):
    report_incident = graphene.Field(
        ReportIncident,
        required=True,
        description="Open an incident that no rule tells of; whoever reads the product is told.",
        product=graphene.String(required=True, description="fqn"),
        title=graphene.String(required=True, description="What is wrong, in a few words."),
        detail=graphene.String(description="Which rows, since when, what to use instead."),
        severity=SeverityEnum(description="Left out: MAJOR."),
        port=graphene.String(description="Name and major version, `orders@1`."),
        broke_at=graphene.DateTime(description="Left out: now."),
    )
    acknowledge_incident = graphene.Field(
        AcknowledgeIncident,
        required=True,
        description="Somebody looks after it.",
        id=graphene.ID(required=True, description="Of the incident."),
    )
    assign_incident = graphene.Field(
        AssignIncident,
        required=True,
        description="A person of the team that owns the product looks after it, or nobody.",
        id=graphene.ID(required=True, description="Of the incident."),
        person=graphene.String(description="User name."),
    )
    note_on_incident = graphene.Field(
        NoteOnIncident,
        required=True,
        description="Add to the timeline what was found or done.",
        id=graphene.ID(required=True, description="Of the incident."),
        note=graphene.String(required=True, description="It."),
    )
    resolve_incident = graphene.Field(
        ResolveIncident,
        required=True,
        description="End it and say what was done; a check that fails on opens it again.",
        id=graphene.ID(required=True, description="Of the incident."),
        note=graphene.String(required=True, description="What was done."),
    )

    @staticmethod
    def resolve_report_incident(
        root: None,
        info: Any,
        product: str,
        title: str,
        severity: Any = None,
        broke_at: dt.datetime | None = None,
        **given: str,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        level = severity.value if severity else Severity.MAJOR
        data = ReportData(title, severity=level, broke_at=broke_at, **given)

        def verb(found: DataProductModel) -> Row | None:
            made = services.report_incident(data, product=found, actor=actor)
            return _row(actor, str(made.pk))

        visible = DataProductModel.objects.visible_to(actor).select_related("owner", "domain")
        return attempt_on("incident", visible.filter(fqn=product), verb)

    @staticmethod
    def resolve_acknowledge_incident(root: None, info: Any, id: str) -> Mapping[str, Any]:  # noqa: A002
        return _attempt(info.context.actor, id, services.acknowledge_incident)

    @staticmethod
    def resolve_assign_incident(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        person: str = "",
    ) -> Mapping[str, Any]:
        return _attempt(info.context.actor, id, services.assign_incident, username=person)

    @staticmethod
    def resolve_note_on_incident(root: None, info: Any, id: str, note: str) -> Mapping[str, Any]:  # noqa: A002
        return _attempt(info.context.actor, id, services.note_on_incident, note=note)

    @staticmethod
    def resolve_resolve_incident(root: None, info: Any, id: str, note: str) -> Mapping[str, Any]:  # noqa: A002
        return _attempt(info.context.actor, id, services.resolve_incident, note=note)


def register() -> None:
    """Add incidents and staleness to products."""
    extend(
        "DataProduct",
        "incidents",
        page(
            IncidentConnection,
            incidents_by_product,
            order=ORDER,
            description="What is wrong with its data, or was, the latest first.",
            state=ChoiceEnum(description="Left out: unresolved."),
        ),
    )
    extend(
        "DataProduct",
        "staleness",
        one(
            Staleness,
            staleness_by_product,
            key="id",
            description="Whether its data is up to date, and which product upstream is why not.",
        ),
    )


def _attempt(
    actor: Actor, given: str, service: Callable[..., IncidentModel], **texts: str
) -> Mapping[str, Any]:
    def verb(found: IncidentModel) -> Row | None:
        service(incident=found, actor=actor, **texts)
        return _row(actor, given)

    return attempt_on("incident", _named(actor, given), verb)


def _named(actor: Actor, given: str) -> QuerySet[IncidentModel]:
    visible = IncidentModel.objects.visible_to(actor).for_rows()
    return visible.filter(pk__in=uuids_in(given))


def _row(actor: Actor, given: str) -> Row | None:
    """The incident of this id, if `actor` may see it."""
    visible = IncidentModel.objects.visible_to(actor).filter(pk__in=uuids_in(given))
    return one_row(visible.values(*INCIDENT).first())
