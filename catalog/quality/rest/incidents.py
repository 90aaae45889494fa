"""REST: incidents, what people do about them, and what is to be one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.selectors import product_by_fqn
from catalog.quality import services
from catalog.quality.models import Incident
from catalog.quality.models.incidents import MAX_HOPS
from catalog.quality.rest import shapes
from catalog.quality.selectors.incidents import (
    ACTIVE,
    CHOICES,
    ORDER,
    Chosen,
    chosen_incidents,
    incident_by_id,
)
from catalog.quality.selectors.settings import settings_of
from catalog.quality.services import ReportData, SettingsData
from catalog.quality.states import Severity
from core.errors import Invalid
from core.idempotency import idempotent
from core.openapi import KEY, PAGES, page_of
from core.paging import keyset_page
from core.problems import Problem
from core.rest import body_of, choice_in, page_response, page_size, text_in

TEXT = {"type": "string"}
NOTE = {"type": "object", "required": ["note"], "properties": {"note": TEXT}}
PERSON = {
    "type": "object",
    "properties": {"person": {**TEXT, "description": "user name; left out or empty: nobody"}},
}
REPORT = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "title": TEXT,
        "detail": TEXT,
        "severity": {"enum": list(Severity.values)},
        "port": {**TEXT, "description": "name and major version, `orders@1`; empty: all of it"},
        "broke_at": {"type": "string", "format": "date-time", "description": "left out: now"},
    },
}
SETTINGS = {
    "type": "object",
    "properties": {
        "score_threshold": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
        "downstream_hops": {"type": "integer", "minimum": 0, "maximum": MAX_HOPS},
        "watches_promises": {"type": "boolean"},
        "watches_anomalies": {"type": "boolean"},
    },
}
MAX_EVENTS = 200


class Incidents(APIView):
    """What is wrong with data, or was."""

    @extend_schema(
        operation_id="incidents",
        parameters=[
            OpenApiParameter("state", str, enum=CHOICES, description=f"left out: {ACTIVE}"),
            OpenApiParameter("team", str, description="slug of the owner"),
            OpenApiParameter("domain", str, description="path; those below it too"),
            OpenApiParameter("product", str, description="fqn"),
            OpenApiParameter("mine", str, enum=("true",), description="of the caller's teams"),
            *PAGES,
        ],
        responses={200: page_of(shapes.INCIDENT)},
    )
    def get(self, request: Request) -> Response:
        """Those of products that the caller may see, the latest first."""
        query = request.query_params
        chosen = Chosen(
            state=choice_in(query, "state", CHOICES) or ACTIVE,
            team=_text(query, "team"),
            domain=_text(query, "domain"),
            product=_text(query, "product"),
            mine=bool(choice_in(query, "mine", ("true",))),
        )
        rows = chosen_incidents(actor_in(request), chosen).for_rows()
        cursor = query.get("cursor")
        page = keyset_page(rows, order=ORDER, size=page_size(request), cursor=cursor)
        return page_response(request, page, [as_json(each) for each in page.rows])


class IncidentItem(APIView):
    """One incident."""

    @extend_schema(operation_id="incident", responses={200: shapes.INCIDENT_IN_FULL})
    def get(self, request: Request, pk: UUID) -> Response:
        """With its timeline."""
        return Response(_whole(request, pk))


class IncidentAcknowledge(APIView):
    """Somebody looks after it."""

    @extend_schema(
        operation_id="incident_acknowledge",
        parameters=[KEY],
        request=None,
        responses={200: shapes.INCIDENT_IN_FULL},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """A person of the owner team who does it becomes its assignee, if there is none."""
        return _done(request, pk, services.acknowledge_incident)


class IncidentAssign(APIView):
    """Who looks after it."""

    @extend_schema(
        operation_id="incident_assign",
        parameters=[KEY],
        request={"application/json": PERSON},
        responses={200: shapes.INCIDENT_IN_FULL},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """A person of the team that owns the product, or nobody."""
        person = text_in(body_of(request), "person")
        return _done(request, pk, services.assign_incident, username=person)


class IncidentNotes(APIView):
    """What was found or done."""

    @extend_schema(
        operation_id="incident_note",
        parameters=[KEY],
        request={"application/json": NOTE},
        responses={200: shapes.INCIDENT_IN_FULL},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """A further line of the timeline, also after the end."""
        note = text_in(body_of(request), "note")
        return _done(request, pk, services.note_on_incident, note=note)


class IncidentResolve(APIView):
    """The end of it."""

    @extend_schema(
        operation_id="incident_resolve",
        parameters=[KEY],
        request={"application/json": NOTE},
        responses={200: shapes.INCIDENT_IN_FULL},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """The note says what was done; a check that fails on opens it again."""
        note = text_in(body_of(request), "note")
        return _done(request, pk, services.resolve_incident, note=note)


class ProductIncidents(APIView):
    """Incidents of a product that no rule tells of."""

    @extend_schema(
        operation_id="incident_report",
        parameters=[KEY],
        request={"application/json": REPORT},
        responses={201: shapes.INCIDENT_IN_FULL},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """Report one by hand; whoever reads the product is told."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        body = body_of(request)
        texts = {name: text_in(body, name) for name in ("title", "detail", "port")}
        severity = text_in(body, "severity") or Severity.MAJOR
        data = ReportData(severity=severity, broke_at=_moment(body), **texts)
        found = services.report_incident(data, product=product, actor=actor)
        where = request.build_absolute_uri(f"/api/v1/incidents/{found.pk}")
        return Response(_whole(request, found.pk), status=201, headers={"Location": where})


class ProductQualitySettings(APIView):
    """What is an incident of a product, and how far downstream it is shown."""

    @extend_schema(operation_id="quality_settings", responses={200: shapes.SETTINGS})
    def get(self, request: Request, fqn: str) -> Response:
        """As the owners set it, or as usual."""
        product = product_by_fqn(actor_in(request), fqn)
        return Response(settings_of([product.pk])[product.pk])

    @extend_schema(
        operation_id="quality_settings_change",
        parameters=[KEY],
        request={"application/json": SETTINGS},
        responses={200: shapes.SETTINGS},
    )
    @idempotent
    def patch(self, request: Request, fqn: str) -> Response:
        """Change what is sent; the rest stays."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        data = _changed(settings_of([product.pk])[product.pk], body_of(request))
        services.configure_quality(data, product=product, actor=actor)
        return Response(settings_of([product.pk])[product.pk])


def as_json(incident: Incident) -> dict[str, Any]:
    """One incident as lists tell it; its rows are read by `for_rows`."""
    return {
        "id": str(incident.pk),
        "title": incident.title,
        "detail": incident.detail,
        "state": incident.state,
        "severity": incident.severity,
        "cause": incident.cause,
        "product": incident.product.fqn,
        "team": incident.product.owner.slug,
        "port": incident.port.fqn if incident.port else None,
        "assignee": incident.assignee.username if incident.assignee else None,
        "broke_at": incident.broke_at,
        "detected_at": incident.detected_at,
        "acknowledged_at": incident.acknowledged_at,
        "resolved_at": incident.resolved_at,
        "failures": incident.failures,
        "reopened": incident.reopened,
        "url": incident.get_absolute_url(),
    }


def _whole(request: Request, pk: UUID) -> dict[str, Any]:
    incident = incident_by_id(actor_in(request), pk)
    check = incident.quality_check
    events = incident.events.all()[:MAX_EVENTS]
    return as_json(incident) | {
        "check": None if check is None else {"key": check.key, "name": check.name},
        "events": [
            {
                "at": each.at,
                "kind": each.kind,
                "actor": each.actor or None,
                "person": each.person or None,
                "note": each.note,
            }
            for each in events
        ],
    }


def _done(request: Request, pk: UUID, verb: Callable[..., Incident], **given: str) -> Response:
    actor = actor_in(request)
    verb(incident=incident_by_id(actor, pk), actor=actor, **given)
    return Response(_whole(request, pk))


def _text(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "").replace("\0", "").strip()


def _moment(body: Mapping[str, Any]) -> dt.datetime | None:
    """Raises: Invalid: it is no moment, or says no time zone."""
    text = text_in(body, "broke_at")
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if text and (found is None or found.tzinfo is None):
        problem = Problem("/broke_at", "not-a-moment", "Send it as 2026-11-27T08:30:00Z.")
        raise Invalid("The incident cannot be opened like that.", [problem])
    return found


def _changed(kept: Mapping[str, Any], body: Mapping[str, Any]) -> SettingsData:
    """Raises: Invalid: a value is of another kind."""
    given = {**kept, **body}
    threshold, hops = given["score_threshold"], given["downstream_hops"]
    problems = []
    if threshold is not None and not _is_number(threshold):
        problems.append(Problem("/score_threshold", "wrong-type", "Send a number or null."))
    if isinstance(hops, bool) or not isinstance(hops, int):
        problems.append(Problem("/downstream_hops", "wrong-type", f"Send 0 to {MAX_HOPS}."))
    problems += [
        Problem(f"/{name}", "wrong-type", "Send true or false.")
        for name in ("watches_promises", "watches_anomalies")
        if not isinstance(given[name], bool)
    ]
    if problems:
        raise Invalid("The settings cannot be kept like that.", problems)
    return SettingsData(**{name: given[name] for name in kept})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
