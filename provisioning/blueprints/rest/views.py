"""`blueprints`: the self-service catalogue, and publishing in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.models import Team
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, page_of
from core.problems import Problem
from core.rest import body_of, list_response
from provisioning.blueprints import services
from provisioning.blueprints.models import Blueprint, BlueprintQuerySet
from provisioning.blueprints.rest import shapes
from provisioning.blueprints.selectors import LeadTime, lead_times
from provisioning.blueprints.selectors.catalogue import versions_of
from provisioning.drivers.selectors import target_by_slug

OBJECT = {"type": "object"}
STRING = {"type": "string"}
NEW = {
    "type": "object",
    "required": ["document", "team"],
    "properties": {
        "document": {"oneOf": [STRING, OBJECT], "description": "YAML or JSON text, or an object"},
        "team": STRING,
        "mode": {"enum": ["validate", "register"], "default": "register"},
    },
}

BROKER = {"type": "object", "required": ["target"], "properties": {"target": STRING}}


class BlueprintList(APIView):
    """The self-service catalogue."""

    @extend_schema(
        operation_id="blueprints_list",
        parameters=[
            *PAGING,
        ],
        responses={200: page_of(shapes.BLUEPRINT)},
    )
    def get(self, request: Request) -> Response:
        """All services, by title."""
        measured = lead_times()
        return list_response(
            request,
            _visible(request).offered(),
            order=["title", "id"],
            shown=lambda each: _summary(each, measured.get(each.slug)),
        )

    @extend_schema(
        operation_id="blueprints_create",
        parameters=[KEY],
        request={"application/json": NEW},
        responses={200: shapes.PUBLISHED_OR_CHECKED, 201: shapes.PUBLISHED_OR_CHECKED},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Publish the next version: 201, or 200 when it is there already; 422 with lines."""
        body = body_of(request)
        text, team = _text(body), _team(body)
        if body.get("mode") == "validate":
            services.check_blueprint(text=text, owner=team)
            return Response({"valid": True})
        version, action = services.register_blueprint(
            text=text, owner=team, actor=actor_in(request)
        )
        place = reverse(
            "rest:rest-blueprint", kwargs={"name": version.blueprint.slug}, request=request
        )
        answer = {"name": version.blueprint.slug, "version": version.number, "action": action}
        status = 200 if action == "unchanged" else 201
        return Response(answer, status=status, headers={"Location": place})


class BrokerOffers(APIView):
    """What a service broker offers, as services."""

    @extend_schema(
        operation_id="blueprints_from_broker",
        parameters=[KEY],
        request={"application/json": BROKER},
        responses={200: shapes.FROM_BROKER},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Publish each plan of the broker behind a target; again, to follow its changes."""
        slug = body_of(request).get("target")
        if not isinstance(slug, str):
            problem = Problem("/target", "target-missing", "Name the target: its slug, a text.")
            raise Invalid("Nothing says which broker is meant.", [problem])
        target = target_by_slug(actor_in(request), slug)
        registered = services.register_offers(target=target, actor=actor_in(request))
        results = [
            {"name": version.blueprint.slug, "version": version.number, "action": action}
            for version, action in registered
        ]
        return Response({"results": results})


class BlueprintDetail(APIView):
    """One service: the JSON Schema of its form, and parameters that it accepts."""

    @extend_schema(operation_id="blueprints_retrieve", responses={200: shapes.BLUEPRINT_IN_FULL})
    def get(self, request: Request, name: str) -> Response:
        """`schema` is JSON Schema 2020-12; `example` keeps it."""
        blueprint = _found(request, name)
        assert blueprint.current is not None
        document = blueprint.current.content
        body = _summary(blueprint, lead_times().get(name)) | {
            "makes": document.makes,
            "schema": document.parameters,
            "example": document.example,
            "gets": [each["text"] for each in document.gets],
            "steps": [each.name for each in document.steps],
            "approval": document.approval,
            "cost": dict(document.cost) or None,
            "quota": dict(document.quota) or None,
            "withdrawn": blueprint.withdrawn_at is not None,
            "document": blueprint.current.text,
            "versions": [
                {
                    "version": each.number,
                    "created_at": each.created_at.isoformat(),
                    "created_by": each.created_by,
                    "made": each.made,  # type: ignore[attr-defined]
                }
                for each in versions_of(blueprint)
            ],
        }
        return Response(body)


class BlueprintWithdraw(APIView):
    """The end of an offer."""

    @extend_schema(
        parameters=[KEY],
        operation_id="blueprints_withdraw",
        request=None,
        responses={200: shapes.WITHDRAWN},
    )
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """Nobody can ask for it any more; what it made lives on."""
        found = services.withdraw_blueprint(
            blueprint=_found(request, name), actor=actor_in(request)
        )
        return Response({"name": found.slug, "withdrawn": True})


def _visible(request: Request) -> BlueprintQuerySet:
    return Blueprint.objects.visible_to(actor_in(request)).select_related("owner", "current")


def _found(request: Request, name: str) -> Blueprint:
    blueprint = _visible(request).filter(slug=name).first()
    if blueprint is None or blueprint.current is None:
        raise NotFound("There is no such blueprint.")
    return blueprint


def _text(body: Mapping[str, Any]) -> str:
    """The document as text; an object is taken as the JSON that it was."""
    document = body.get("document")
    if isinstance(document, dict):
        return json.dumps(document, indent=2, ensure_ascii=False)
    if not isinstance(document, str) or not document.strip():
        problem = Problem("/document", "missing", "Send the document as text or as an object.")
        raise Invalid("There is no document.", [problem])
    return document


def _team(body: Mapping[str, Any]) -> Team:
    team = Team.objects.filter(slug=str(body.get("team", ""))).first()
    if team is None:
        problem = Problem("/team", "owner-missing", "Name the team that will own it.")
        raise Invalid("There is no such team.", [problem])
    return team


def _summary(blueprint: Blueprint, lead: LeadTime | None) -> dict[str, Any]:
    return {
        "name": blueprint.slug,
        "title": blueprint.title,
        "summary": blueprint.summary,
        "version": blueprint.current.number if blueprint.current else None,
        "owner": blueprint.owner.slug,
        "lead_time_s": lead.median_s if lead else None,
        "url": blueprint.get_absolute_url(),
    }
